"""All tables of all rooms, for migrations and for nothing else."""

from __future__ import annotations

from escalation.agreements import tables as agreements
from escalation.cases import tables as cases
from escalation.closures import tables as closures
from escalation.cover import tables as cover
from escalation.database.base import Table
from escalation.deadlines import tables as deadlines
from escalation.federation import tables as federation
from escalation.ledger import tables as ledger
from escalation.notices import tables as notices
from escalation.passkeys import tables as passkeys
from escalation.people import tables as people
from escalation.privacy import tables as privacy
from escalation.procedures import tables as procedures
from escalation.reads import tables as reads
from escalation.scheduler import tables as scheduler
from escalation.signin import tables as signin
from escalation.tasks import tables as tasks

ROOMS = (
    agreements,
    cases,
    closures,
    cover,
    deadlines,
    federation,
    ledger,
    notices,
    passkeys,
    people,
    privacy,
    procedures,
    reads,
    scheduler,
    signin,
    tasks,
)
METADATA = Table.metadata
