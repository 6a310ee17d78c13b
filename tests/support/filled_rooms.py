"""A row or more in each room that came after the first version, written by the room itself.

A version from before a room leaves it out, so that this can be run with what was released then.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import text

from escalation.office import Changing
from tests.support.desk import Desk

ROOT = Path(__file__).parents[2]
Fill = Callable[[Changing, Desk, Any], None]


def fill(work: Changing, desk: Desk) -> None:
    """Every room that is there."""
    for room, each in ROOMS.items():
        if (ROOT / f"{room.replace('.', '/')}.py").exists():
            each(work, desk, importlib.import_module(room))


def _editions(work: Changing, desk: Desk, room: Any) -> None:
    shipped = (ROOT / "workflows" / "library" / "standard.toml").read_text(encoding="utf-8")
    other = room.checked("ours.toml", shipped.replace('edition = "1"', 'edition = "2"').encode())
    number = room.propose(work, desk.person("olu"), other, "The board asked.")
    room.agree(work, desk.person("iris"), number)


def _closures(work: Changing, desk: Desk, room: Any) -> None:
    days = {
        "first_day": "2026-12-24",
        "last_day": "2026-12-31",
        "why_closed": "Christmas",
        "where": importlib.import_module("escalation.closures.questions").WHOLE,
    }
    room.add(work, desk.person("olu"), "riverbank", days)


def _redatings(work: Changing, desk: Desk, room: Any) -> None:
    olu = desk.person("olu")
    batch = room.Batch(closure_id=None, reason="A bank holiday was announced.", later=1, sooner=0)
    room.keep(work, olu, olu.posts[0], batch)


def _pauses(work: Changing, desk: Desk, room: Any) -> None:
    room.begin(work.db, 1, category="court", until_at=work.now, number=1, now=work.now)
    room.end(work.db, 1, 2, work.now)


def _retries(work: Changing, desk: Desk, room: Any) -> None:
    # What was parked must have failed for two hours: written down as its room would.
    values = {"now": work.now.replace(tzinfo=None).isoformat(sep=" ")}
    if work.db.dialect.name == "postgresql":
        values = {"now": work.now}  # type: ignore[dict-item]
    work.db.execute(
        text(
            "INSERT INTO retries (deadline_id, person_id, at, trouble)"
            " SELECT min(id), 'olu', :now, 'JSONDecodeError' FROM deadlines"
        ),
        values,
    )


def _tasks(work: Changing, desk: Desk, room: Any) -> None:
    words = {"kind": "tell", "subject": "the school", "post_id": "meadow-keyperson"}
    room.make(work.db, key="a task", now=work.now, case_id=2, number=1, **words)


def _register(work: Changing, desk: Desk, room: Any) -> None:
    digest = work.db.scalar(text("SELECT procedure_digest FROM partnerships"))
    numbers = {"front_door": "1", "out_of_hours": "2"}
    hillside = {"id": "hillside", "name": "Hillside", "procedure_digest": digest, **numbers}
    room.add_missing(work.db, "partnership", [hillside])
    room.belong(work.db, "meadow", "hillside")
    room.point(work, "meadow", "manager", "meadow-manager", "olu")
    room.By(work, "riverbank", "olu").note(
        "team “North”", agency_id="council", before="", after="name: North"
    )


def _giving(work: Changing, desk: Desk, room: Any) -> None:
    post = importlib.import_module("escalation.people.posts").post(work.db, "meadow-manager")
    room.give(work, "olu", post, "ada", since=work.now, until=None)


def _cover(work: Changing, desk: Desk, room: Any) -> None:
    days = {"first_day": "2026-12-01", "last_day": "2026-12-04", "why_cover": "Annual leave"}
    posts = {"post": "council-north-sw1", "by_post": "council-north-sw2"}
    room.make(work, desk.person("ben"), {**posts, **days})


def _asides(work: Changing, desk: Desk, room: Any) -> None:
    room.keep(work.db, 1, "hannah", 1)


def _leads(work: Changing, desk: Desk, room: Any) -> None:
    room.name(work.db, 1, "meadow-keyperson", "ada", 1)


def _reads(work: Changing, desk: Desk, room: Any) -> None:
    rules = importlib.import_module("escalation.people.rules")
    room.keep(work, desk.person("ada"), None, None, "page", rules.Function.READ)


def _sessions(work: Changing, desk: Desk, room: Any) -> None:
    room.begin(work, "ada", how="password", device="A tablet")


def _attempts(work: Changing, desk: Desk, room: Any) -> None:
    room.count(work, room.account("ada@meadow.example"))


def _codes(work: Changing, desk: Desk, room: Any) -> None:
    totp = importlib.import_module("pyotp").TOTP("JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")
    room.accept(work, "ada", totp.secret, totp.at(work.now))
    room.keep_recovery_codes(work, "ada", room.fresh_recovery_codes(work.office))


def _links(work: Changing, desk: Desk, room: Any) -> None:
    room.send(work, "ben", room.INVITATION)


def _lost(work: Changing, desk: Desk, room: Any) -> None:
    room.ask(work, "ada")


def _kept(work: Changing, desk: Desk, room: Any) -> None:
    room.keep(work, "ada", address="/raise", page="/raise", fields=[("decision", "To be")])


def _passkeys(work: Changing, desk: Desk, room: Any) -> None:
    room.add(work, "ada", name="phone", credential="AA", handle="AA", public_key="AA", count=0)
    room.ask(work, room.Question("challenge", "browser", "sign in", "ada"))


def _federation(work: Changing, desk: Desk, room: Any) -> None:
    room.send(work, room.Journey("state", "riverbank", "browser", "nonce", "verifier", "address", "/"))
    room.link(work, "riverbank", "subject", "ada")


def _tablets(work: Changing, desk: Desk, room: Any) -> None:
    token = room.add(work, agency_id="meadow", name="Toddlers", person_id="grace")
    pins = importlib.import_module("escalation.tablets.pins")
    pins.choose(work, "ada", room.current(work, token), "482957")


def _returned(work: Changing, desk: Desk, room: Any) -> None:
    room.mark(work.db, "niamh", "niamh@meadow.example", work.now, by="olu")


ROOMS: dict[str, Fill] = {
    "escalation.procedures.editions": _editions,
    "escalation.closures.store": _closures,
    "escalation.closures.redating": _redatings,
    "escalation.deadlines.pauses": _pauses,
    "escalation.deadlines.parked": _retries,
    "escalation.tasks.store": _tasks,
    "escalation.people.register": _register,
    "escalation.people.giving": _giving,
    "escalation.cover.store": _cover,
    "escalation.cover.asides": _asides,
    "escalation.cover.leads": _leads,
    "escalation.reads.store": _reads,
    "escalation.signin.sessions": _sessions,
    "escalation.signin.throttle": _attempts,
    "escalation.signin.codes": _codes,
    "escalation.signin.links": _links,
    "escalation.signin.lost": _lost,
    "escalation.signin.kept": _kept,
    "escalation.passkeys.store": _passkeys,
    "escalation.federation.store": _federation,
    "escalation.tablets.devices": _tablets,
    "escalation.notices.returned": _returned,
}
