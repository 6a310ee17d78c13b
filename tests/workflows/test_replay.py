"""A recorded step leads back to what happened by it, in every procedure there is."""

from __future__ import annotations

import pytest

from workflows.definition import CLOSED
from workflows.loader import library
from workflows.replay import arrival, happened

PROCEDURES = sorted(library())


@pytest.mark.parametrize("name", PROCEDURES)
def test_every_move_is_found_again_from_its_action_and_its_states(name: str) -> None:
    procedure = library()[name]
    for move in procedure.transitions:
        if move.source != CLOSED or move.action != "follow_up":
            assert happened(procedure, move.action, move.source, move.dest or move.source) == move.happens


def test_a_step_the_procedure_does_not_have_is_none() -> None:
    standard = library()["standard"]
    assert happened(standard, "respond", "practitioners.waiting", "managers.waiting") is None
    assert happened(standard, "dance", "practitioners.waiting", "practitioners.waiting") is None


def test_what_the_office_does_beside_the_procedure_is_known() -> None:
    standard = library()["standard"]
    assert happened(standard, "redate", "managers.waiting", "managers.waiting") == ()
    assert arrival("managers.waiting") == ("entered managers.waiting", "managers opened")
    assert arrival("managers.answered") == ("entered managers.answered", "managers answered")
    assert arrival("managers.gate") == ("entered managers.gate",)
