"""The one door. Every change of a case, by a person, by the clock, by page or command, comes through here."""

from escalation.service.door import Command, Receipt, act, raise_escalation
from escalation.service.moving import move_to_edition
from escalation.service.silence import time_out

__all__ = ["Command", "Receipt", "act", "move_to_edition", "raise_escalation", "time_out"]
