"""Installs definitions and hands them out by digest. A digest never means anything else later."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, select

from escalation.database.writing import insert_once
from escalation.procedures.tables import InstalledProcedure
from workflows.definition import Procedure
from workflows.errors import DefinitionError
from workflows.loader import load_text

# How a procedure or a record that cannot be read shows: not installed, not sound, not JSON, not complete.
UNREADABLE = (DefinitionError, LookupError, ValueError, TypeError)


class Shelf:
    """Compiled procedures by digest, read from the database once each."""

    def __init__(self) -> None:
        self._compiled: dict[str, Procedure] = {}

    def get(self, db: Connection, digest: str) -> Procedure:
        """The procedure of that digest. KeyError where it was never installed."""
        if digest not in self._compiled:
            text = db.scalar(select(InstalledProcedure.text).where(InstalledProcedure.digest == digest))
            if text is None:
                raise KeyError(digest)
            self._compiled[digest] = load_text(text)
        return self._compiled[digest]


def install(db: Connection, procedure: Procedure, now: datetime) -> None:
    """Keep a definition, whole. Installing the same one again changes nothing."""
    row = {
        "digest": procedure.digest,
        "procedure_id": procedure.id,
        "title": procedure.title,
        "edition": procedure.edition,
        "text": procedure.text,
        "installed_at": now,
    }
    insert_once(db, InstalledProcedure, row)
