"""The one door. Every change of a case, by a person, by the clock, by page or command, comes through here."""

from escalation.service.door import Command, Receipt, act, raise_escalation, time_out

__all__ = ["Command", "Receipt", "act", "raise_escalation", "time_out"]
