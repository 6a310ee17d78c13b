"""What tests of the engine share beside the desk."""

from __future__ import annotations

import pytest

from escalation.procedures.shelf import install
from tests.support.desk import Desk
from tests.support.shipped import Run, Under
from workflows.loader import library


@pytest.fixture
def under(desk: Desk) -> Under:
    """Give the partnership another shipped procedure."""

    def use(name: str) -> Run:
        procedure = library()[name]
        with desk.office.changing() as work:
            install(work.db, procedure, work.now)
            work.db.exec_driver_sql(f"UPDATE partnerships SET procedure_digest = '{procedure.digest}'")
        return Run(desk, procedure)

    return use
