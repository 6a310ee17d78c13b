"""What is proved of a procedure before it runs: planted faults are found and named, and an oracle agrees."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.support.desk import LONDON
from workflows import silence, soundness
from workflows.calendars import calendar_named, due
from workflows.definition import CLOSED, Procedure
from workflows.errors import DefinitionError
from workflows.loader import LIBRARY, library, load_file
from workflows.machine import NotAllowed, moves_from
from workflows.simulate import Simulated, first_answers, silent

STANDARD = (LIBRARY / "standard.toml").read_text(encoding="utf-8")
RANDOM_SEED = 20260401


def found(folder: Path, *changes: tuple[str, str]) -> str:
    """Every fault of the standard procedure with these changes made to it."""
    text = STANDARD
    for before, after in changes:
        assert before in text, before
        text = text.replace(before, after, 1)
    file = folder / "planted.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(DefinitionError) as refused:
        load_file(file)
    return str(refused.value)


PLANTED = {
    "a stage nothing leads to": (
        [('id = "practitioners"\ntitle', 'id = "practitioners"\nnext = "senior"\ntitle'), ('may_start_at = ["practitioners", "managers", "senior"]', 'may_start_at = []')],
        "Nothing ever leads to “Waiting for an answer” at “managers”",
    ),
    "silence that goes round in a circle": (
        [('id = "senior"\n', 'id = "senior"\nnext = "managers"\n'), ('may_start_at = ["practitioners", "managers", "senior"]', 'may_start_at = []')],
        "silence alone goes round for ever",
    ),
    "a limit that runs out where nothing can follow": (
        [('until = "decided"', 'until = "decided"'), ('within = "3 working days"', 'within = "3 working days", from = "practitioners opened"')],
        "what should follow cannot happen",
    ),
    "a stage that leads nowhere": ([('id = "senior"\n', 'id = "senior"\nnext = "nowhere"\n')], "There is no stage “nowhere”."),
    "a stage that follows itself": ([('id = "senior"\n', 'id = "senior"\nnext = "senior"\n')], "A stage cannot follow itself."),
    "silence that moves up from the top": ([('silence = "only tell"', 'silence = "moves up"')], "This is the last stage: silence has nowhere"),
    "silence that moves up and never runs out": ([('within = "2 working days", for = { urgent = "8 hours" }, ', "")], "no limit here says how long silence lasts"),
    "a role nobody can hold": ([('deciding = "chair"', 'deciding = "oracle"')], "There is no role “oracle”."),
    "an exit that closes without an outcome": (
        [('silence = "only tell"\n', 'silence = "only tell"\nexits = [{ id = "stop", button = "Stop", to = "closed" }]\n')],
        "An exit that closes says with which outcome.",
    ),
    "an exit to a stage that is not there": (
        [('silence = "only tell"\n', 'silence = "only tell"\nexits = [{ id = "back", button = "Back", to = "befor" }]\n')],
        "There is no stage “befor”.",
    ),
    "two exits of one name": (
        [('silence = "only tell"\n', 'silence = "only tell"\nexits = [{ id = "back", button = "B", to = "senior" }, { id = "back", button = "C", to = "managers" }]\n')],
        "“back” is the id of 2 of them.",
    ),
    "two limits of one name": ([('id = "react"', 'id = "react"\nwords = "a"\n[[each_stage.limits]]\nid = "react"')], "“react” is the id of 2 of them."),
    "a limit both agreed and counted": ([('within = "3 working days"', 'within = "3 working days", agreed = true')], "A limit whose date the sides agree has no “within”."),
    "a field that is not asked anywhere": ([('id = "senior"\n', 'id = "senior"\nproduces = ["action_plan"]\n')], "There is no field “action_plan”."),
    "somebody told who does not exist": ([('tell = ["office", "chair"', 'tell = ["office", "chairman"')], "There is no party “chairman”."),
    "a moment that never happens": ([('until = "decided"', 'until = "concluded"')], "Nothing called “concluded” ever happens."),
    "a route to nowhere": ([("[[tracks]]", '[[routes]]\nid = "a"\ntitle = "A"\nstarts_at = "committee"\n\n[[tracks]]')], "There is no stage “committee”."),
}  # fmt: skip


@pytest.mark.parametrize("fault", PLANTED)
def test_a_planted_fault_is_found_and_named(tmp_path: Path, fault: str) -> None:
    changes, sentence = PLANTED[fault]
    assert sentence in found(tmp_path, *changes)


def test_at_least_fifteen_kinds_of_fault_are_planted() -> None:
    assert len(PLANTED) >= 15


@pytest.mark.parametrize("name", sorted(library()))
def test_a_shipped_procedure_is_sound(name: str) -> None:
    assert list(soundness.faults_of(library()[name])) == []


def wander(procedure: Procedure, track: str, chance: random.Random) -> list[str]:
    """One random story, by the simulator: the states it goes through. It knows nothing of the walk."""
    calendar = calendar_named(procedure.calendar, hours=procedure.hours)
    case, now, been = Simulated(procedure, calendar, track), datetime(2026, 1, 5, 10, tzinfo=LONDON), []
    route = chance.choice(procedure.routes).id if procedure.routes else ""
    starts = [*procedure.track(track).may_start_at, procedure.stages[0].id]
    case.act(
        now,
        "raise",
        {"route": route, "start_at": chance.choice(starts)} if starts else first_answers(procedure),
    )
    for _ in range(30):
        been.append(case.state)
        if case.state == CLOSED:
            break
        following = case.next_due()
        if following and chance.random() < 0.5:
            now = following[0]
            list(case.run_out(*following))
            continue
        now += timedelta(minutes=1)
        moves = [move for move in moves_from(procedure, case.state) if "clock" not in move.by]
        if chance.random() < 0.9:  # most stories go on, or the far end of a ladder is never seen
            moves = [move for move in moves if move.dest not in (None, CLOSED)] or moves
        try:
            case.act(now, chance.choice(moves).action)
        except NotAllowed:
            continue
    return [*been, case.state]


@pytest.mark.parametrize("name", sorted(library()))
def test_random_stories_reach_what_the_walk_says_can_be_reached_and_nothing_else(name: str) -> None:
    procedure, chance = library()[name], random.Random(RANDOM_SEED)
    walked = {place.state for track in procedure.tracks for place in soundness.walk(procedure, track.id).ways}
    stories = [wander(procedure, chance.choice(procedure.tracks).id, chance) for _ in range(400)]
    reached = {state for story in stories for state in story}
    assert reached <= walked
    assert walked - reached <= {"new"}, "the walk claims a state no story of 400 ever reached"
    assert any(story[-1] == CLOSED for story in stories)


def routes_of(procedure: Procedure) -> list[str]:
    return [route.id for route in procedure.routes] or [""]


@pytest.mark.parametrize("name", sorted(library()))
def test_the_silence_bound_is_what_a_simulated_silent_case_takes(name: str) -> None:
    procedure = library()[name]
    calendar = calendar_named(procedure.calendar, hours=procedure.hours)
    start = datetime(2026, 6, 1, 10, tzinfo=LONDON)
    ways = [(track.id, route) for track in procedure.tracks for route in routes_of(procedure)]
    for track_id, route in ways:
        bound = silence.bound(procedure, track_id, route=route)
        story = silent(procedure, calendar, start, track_id, route=route)
        assert procedure.states[story[-1].state].stage == bound.stage
        arrived = next(h for h in story if procedure.states[h.state].stage == bound.stage)
        expected = start
        for span in bound.reached:
            expected = due(span, expected, calendar, procedure.counting).at
        assert arrived.at == expected


def test_each_kind_of_dispute_has_the_bound_of_its_own_ladder(tmp_path: Path) -> None:
    text = (LIBRARY / "newcastle.toml").read_text(encoding="utf-8")
    limit = 'limits = [{ id = "answer", words = "in 2 working days", within = "2 working days" }]\n'
    text = text.replace("informal = true\n", f'informal = true\nsilence = "moves up"\n{limit}')
    file = tmp_path / "two_ladders.toml"
    file.write_text(text, encoding="utf-8")
    procedure = load_file(file)
    case, committee = (silence.bound(procedure, "ordinary", route=route) for route in routes_of(procedure))
    assert (case.stage, [str(span) for span in case.reached]) == ("case_1", ["2 working days"])
    assert (committee.stage, committee.reached, committee.at_top) == ("committee", (), True)
    assert silence.bound(procedure, "ordinary") == case
    assert silence.bound(procedure, "ordinary", route="of another edition") == case


def test_the_standard_procedure_says_its_bound_in_words() -> None:
    procedure = library()["standard"]
    assert silence.words(procedure, silence.bound(procedure, "ordinary")) == (
        "A challenge nobody answers reaches the independent chair within 6 working days"
        " and must be decided within 11 working days."
    )
