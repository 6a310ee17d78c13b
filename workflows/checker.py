"""Faults of a definition that its shape alone does not show, as sentences. Changes nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from workflows.calendars import NATIONS
from workflows.errors import SpanError, did_you_mean
from workflows.shifting import REMINDER_UNITS
from workflows.spans import DEFAULT_COUNTING, parse_counting, parse_span

MOMENTS = (
    *("opened", "answered", "decided", "left", "discussed", "met", "acknowledged", "confirmed"),
    *("date agreed", "taken forward", "sent back"),
)
WHOLE_CASE = ("raised", "closed", "decision", "reopened")
# The levels posts have. A procedure may give them its own titles, but not add one nobody could hold.
LEVELS = ("practitioner", "manager", "senior", "chair", "office", "scrutineer")
SIDES = ("raising", "responding", "deciding")

Faults = Iterator[tuple[str, str]]


def faults_of(shape: Mapping[str, Any]) -> Faults:
    """Each fault of a shape that is whole, as (place, sentence)."""
    for check in _CHECKS:
        yield from check(shape)


def faults_of_part(shape: Mapping[str, Any]) -> Faults:
    """What can be said of a shape that has faults of its own, so that a broken line hides no other fault."""
    for check in _CHECKS:
        try:
            yield from list(check(shape))
        except (KeyError, TypeError, AttributeError, ValueError):
            continue  # this check needs what the shape lacks; its fault is named already


def _ids_given_twice(shape: Mapping[str, Any]) -> Faults:
    yield from _twice("tracks", _ids(shape["tracks"]))
    yield from _twice("stages", _ids(shape["stages"]))


def _stages(shape: Mapping[str, Any]) -> Faults:
    for number, stage in enumerate(shape["stages"], start=1):
        yield from _stage(shape, stage, f"stages[{number}]")


def _every_stage(shape: Mapping[str, Any]) -> Faults:
    yield from _twice("each_stage.limits", _ids(shape["each_stage"]["limits"]))
    for limit in shape["each_stage"]["limits"]:
        yield from _limit(shape, limit, f"each_stage.limits “{limit['id']}”")


def _calendar(shape: Mapping[str, Any]) -> Faults:
    name = shape["procedure"]["calendar"]
    if name not in NATIONS:
        yield (
            "procedure.calendar",
            f"There is no calendar “{name}”.{did_you_mean(name, NATIONS)} Use one of: {', '.join(NATIONS)}.",
        )
    yield from _counting("procedure.counting", shape["procedure"]["counting"])
    opens, closes = shape["procedure"]["hours"]
    if opens >= closes:
        yield "procedure.hours", "Business must open before it closes."


def _counting(place: str, words: str | None) -> Faults:
    try:
        parse_counting(words or DEFAULT_COUNTING)
    except SpanError as error:
        yield place, str(error)


def _twice(place: str, ids: list[str]) -> Faults:
    for name, count in Counter(ids).items():
        if count > 1:
            yield place, f"“{name}” is the id of {count} of them. Give each its own."


def _known(place: str, what: str, name: str, known: list[str]) -> Faults:
    if name not in known:
        yield place, f"There is no {what} “{name}”.{did_you_mean(name, known)}"


def _tracks(shape: Mapping[str, Any]) -> Faults:
    stages = [stage["id"] for stage in shape["stages"]]
    for number, track in enumerate(shape["tracks"], start=1):
        for stage in track["may_start_at"]:
            yield from _known(f"tracks[{number}].may_start_at", "stage", stage, stages)


def _stage(shape: Mapping[str, Any], stage: Mapping[str, Any], place: str) -> Faults:
    roles = list(shape["roles"])
    for side in SIDES:
        if stage[side] is not None:
            yield from _known(f"{place}.{side}", "role", stage[side], roles)
    yield from _twice(f"{place}.limits", [limit["id"] for limit in stage["limits"]])
    for number, limit in enumerate(stage["limits"], start=1):
        yield from _limit(shape, limit, f"{place}.limits[{number}]")
    yield from _stage_ways(shape, stage, place)
    counted = [limit for limit in _answering(shape, stage) if _is_counted(limit)]
    if stage["silence"] == "moves up" and not counted:
        yield (
            f"{place}.silence",
            "Silence moves this stage up, but no limit here says how long silence lasts."
            " Add a limit with “within”, or write silence = “may move up”.",
        )
    last = stage["next"] == "none" or (not stage["next"] and stage["id"] == shape["stages"][-1]["id"])
    if stage["silence"] == "moves up" and last:
        yield f"{place}.silence", "This is the last stage: silence has nowhere to move it. Write “only tell”."


def _answering(shape: Mapping[str, Any], stage: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The limits that end when this stage is answered, wherever they are written."""
    own = f"{stage['id']} answered"
    yield from (limit for limit in stage["limits"] if limit["until"] in ("answered", own))
    yield from (limit for limit in shape["each_stage"]["limits"] if limit["until"] == "answered")
    others = (other for other in shape["stages"] if other is not stage)
    yield from (limit for other in others for limit in other["limits"] if limit["until"] == own)


def _is_counted(limit: Mapping[str, Any]) -> bool:
    return bool(limit.get("within") or limit.get("by_track") or limit.get("agreed"))


def _stage_ways(shape: Mapping[str, Any], stage: Mapping[str, Any], place: str) -> Faults:
    stages = [each["id"] for each in shape["stages"]]
    if stage["next"] is not None:
        yield from _known(f"{place}.next", "stage", stage["next"], [*stages, "none"])
        if stage["next"] == stage["id"]:
            yield f"{place}.next", "A stage cannot follow itself."
    for name in stage["produces"]:
        yield from _known(f"{place}.produces", "field", name, list(shape["fields_"]))
    for each in stage["exits"]:
        yield from _known(f"{place}.exits “{each['id']}”.to", "stage", each["to"], [*stages, "closed"])
        if each["to"] == "closed" and not each["outcome"]:
            yield f"{place}.exits “{each['id']}”", "An exit that closes says with which outcome."
        if each["outcome"]:
            outcomes = list(shape["outcomes"])
            yield from _known(f"{place}.exits “{each['id']}”.outcome", "outcome", each["outcome"], outcomes)


def _around(shape: Mapping[str, Any]) -> Faults:
    """Routes, notices, parties and equivalents."""
    stages = _ids(shape["stages"])
    exits = [each["id"] for stage in shape["stages"] for each in stage["exits"]]
    for place, ids in (("exits", exits), *((key, _ids(shape[key])) for key in ("routes", "parties"))):
        yield from _twice(place, ids)
    for route in shape["routes"]:
        yield from _known(f"routes “{route['id']}”.starts_at", "stage", route["starts_at"], stages)
    for number, notice in enumerate(shape["notices"], start=1):
        for told in notice["tell"]:
            yield from _known(f"notices[{number}].tell", "party", told, _parties(shape))
        for moment in notice["when"]:
            yield from _moment(shape, moment.removeprefix("every stage "), f"notices[{number}].when")
    for role in shape["roles"]:
        yield from _known("roles", "level", role, list(LEVELS))
    for each in shape["equivalents"]:
        yield from _known("equivalents", "role", each["role"], list(shape["roles"]))


def _ids(entries: list[Mapping[str, Any]]) -> list[str]:
    return [entry["id"] for entry in entries]


def _limit(shape: Mapping[str, Any], limit: Mapping[str, Any], place: str) -> Faults:
    tracks = [track["id"] for track in shape["tracks"]]
    for track in limit["by_track"]:
        yield from _known(f"{place}.for", "track", track, tracks)
    if limit["obliges"] is not None:
        yield from _known(f"{place}.obliges", "side", limit["obliges"], list(SIDES))
    yield from _counting(f"{place}.counting", limit["counting"])
    for key in ("starts", "until"):
        yield from _moment(shape, limit[key], f"{place}.{'from' if key == 'starts' else key}")
    for told in limit["then"]["tell"] if limit["then"] else []:
        yield from _known(f"{place}.then.tell", "party", told, _parties(shape))
    yield from _reminders(limit, place)
    if limit.get("agreed") and (limit.get("within") or limit.get("by_track")):
        yield place, "A limit whose date the sides agree has no “within”. Take one of the two out."


def _reminders(limit: Mapping[str, Any], place: str) -> Faults:
    yield from _twice(f"{place}.remind_before", limit["remind_before"])
    for text in limit["remind_before"]:
        if parse_span(text).unit not in REMINDER_UNITS:
            yield (
                f"{place}.remind_before",
                f"“{text}” cannot be counted back. Write working days, working hours, hours or minutes.",
            )


def _allowances(shape: Mapping[str, Any]) -> Faults:
    if shape["pause"] and not shape["pause"]["categories"]:
        yield "pause.categories", "A pause needs at least one reason people can choose."
    for name in ("pause", "extension"):
        if shape[name]:
            yield from _longest(f"{name}.most", shape[name]["most"])
    if shape["pause"] and shape["pause"]["by"] == "office":
        yield "pause.by", "The office is no part of a challenge. Write a side, or “either”."
    for text, count in Counter(shape["follow_up"]).items():
        if count > 1:
            yield "follow_up", f"“{text}” is there {count} times."


def _longest(place: str, text: str | None) -> Faults:
    """Dates are chosen by the day, so the longest time is one of days."""
    if text is None or parse_span(text).unit not in ("working_days", "calendar_days", "weeks", "months"):
        yield place, "Say how long it may be at most, in days, weeks or months, like “5 working days”."


def _parties(shape: Mapping[str, Any]) -> list[str]:
    sided = (f"{side} {role}" for side in SIDES[:2] for role in shape["roles"])
    return [*shape["roles"], *sided, *(party["id"] for party in shape["parties"])]


def _moment(shape: Mapping[str, Any], moment: str, place: str) -> Faults:
    if moment in (*MOMENTS, *WHOLE_CASE):
        return
    stages = [stage["id"] for stage in shape["stages"]]
    known = [f"{stage} {word}" for stage in stages for word in MOMENTS]
    if moment not in known:
        yield (
            place,
            f"Nothing called “{moment}” ever happens.{did_you_mean(moment, [*MOMENTS, *known])}"
            f" Write one of {', '.join(MOMENTS)}; or a stage and one of them.",
        )


def _actions(shape: Mapping[str, Any]) -> Faults:
    known = list(shape["fields_"])
    for name, action in shape["actions"].items():
        for field in action["fields_"]:
            yield from _known(f"actions.{name}.fields", "field", field, known)
        if action["outcome"] is not None:
            yield from _known(
                f"actions.{name}.outcome", "outcome", action["outcome"], list(shape["outcomes"])
            )
        for outcome in action["outcomes"]:
            yield from _known(f"actions.{name}.outcomes", "outcome", outcome, list(shape["outcomes"]))
        for number, page in enumerate(action["pages"], start=1):
            for field in page["fields_"]:
                yield from _known(f"actions.{name}.pages[{number}]", "field", field, action["fields_"])
    for name, field in shape["fields_"].items():
        for other in field["needed_when"] or {}:
            yield from _known(f"fields.{name}.needed_when", "field", other, known)


def _ends(shape: Mapping[str, Any]) -> Faults:
    for action, table in shape["ends"].items():
        yield from _known("ends", "action", action, list(shape["actions"]))
        for outcome in table.values():
            yield from _known(f"ends.{action}", "outcome", outcome, list(shape["outcomes"]))


_CHECKS = (_allowances, _calendar, _ids_given_twice, _tracks, _stages, _every_stage, _actions, _ends, _around)
