"""The rounds (sweep, deliver, audit), each remembered with what it did. The only writer of `rounds`."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, select

from escalation.database.writing import insert_or_change
from escalation.deadlines.auditor import audit
from escalation.deadlines.sweep import sweep
from escalation.errors import Unavailable, Unreadable
from escalation.notices.bounces import listen
from escalation.notices.deliver import deliver
from escalation.notices.sending import NotSent, Sender, Tells
from escalation.office import Office, Stopping, never
from escalation.people.access import SIDES
from escalation.procedures.shelf import UNREADABLE
from escalation.scheduler.alerts import announce
from escalation.scheduler.tables import Round
from escalation.service.handing import pass_on_empty
from escalation.signin.tidying import tidy

LISTENED = timedelta(minutes=10)
log = logging.getLogger("escalation.rounds")


def sweep_round(office: Office, stopping: Stopping = never) -> int:
    """Fire what is due; give back how many."""
    report = sweep(office, stopping)
    trouble = f"{report.put_off} could not be fired and were put off" if report.put_off else None
    return _done(office, "sweep", report.fired, trouble)


def deliver_round(office: Office, sender: Sender, stopping: Stopping = never) -> int:
    """Send what waits; give back how many."""
    report = deliver(office, sender, stopping)
    trouble = f"{report.failed} could not be sent and will be tried again" if report.failed else None
    did = _done(office, "deliver", report.sent, trouble)
    if isinstance(sender, Tells):
        _listen(office, sender)
    return did


def _listen(office: Office, sender: Tells) -> None:
    """Ask from time to time which letters came to nothing. One that cannot be asked is asked again later."""
    with office.reading() as work:
        last = last_rounds(work.db).get("returned")
    if last is not None and office.clock.now() - last.ended_at < LISTENED:
        return
    try:
        _done(office, "returned", listen(office, sender), None)
    except NotSent as error:
        _done(office, "returned", 0, str(error))


def audit_round(office: Office) -> int:
    """Look for cases that are not as they should be, tell a person; give back how many alarms there are.

    What a post had that nobody holds or covers any more goes to the next tier, each case by itself.
    """
    with office.reading() as work:
        alarms = audit(work)
    for alarm in alarms:
        log.error("alarm", extra={"reference": alarm.reference, "alarm": alarm.sentence})
    with office.changing() as work:
        announce(work, alarms)
    _pass_on(office, [alarm.case_id for alarm in alarms if alarm.kind == "empty_post" and alarm.case_id])
    trouble = "; ".join(f"{alarm.reference}: {alarm.sentence}" for alarm in alarms[:20]) or None
    return _done(office, "audit", len(alarms), trouble)


def tidy_round(office: Office) -> int:
    """Remove what signing in leaves behind; give back how much."""
    return tidy(office)


def _pass_on(office: Office, case_ids: Sequence[int]) -> None:
    for case_id in dict.fromkeys(case_ids):
        try:
            for side in SIDES:
                with office.changing() as work:
                    if pass_on_empty(work, case_id, side):
                        log.warning("passed on", extra={"case": case_id})
        except (Unreadable, *UNREADABLE):  # an alarm has told of it, and the others must pass on
            log.error("not passed on: it cannot be read", extra={"case": case_id})


def guarded(name: str, round_: Callable[[], int]) -> None:
    """Run a round; where the database is away, say so and let the next tick try again."""
    try:
        did = round_()
        if did:
            log.info("round", extra={"round": name, "did": did})
    except Unavailable as error:
        log.error("round not possible", extra={"round": name, "trouble": str(error)})


def _done(office: Office, kind: str, did: int, trouble: str | None) -> int:
    with office.changing() as work:
        remember(work.db, kind, did, trouble, work.now)
    if trouble and kind != "audit":
        log.warning("round with trouble", extra={"round": kind, "trouble": trouble})
    return did


def remember(db: Connection, kind: str, did: int, trouble: str | None, now: datetime) -> None:
    """Keep what the last round of a kind did. Two schedulers may end one at the same moment."""
    values = {"ended_at": now, "did": did, "trouble": trouble[:2000] if trouble else None}
    insert_or_change(db, Round, {"kind": kind}, values)


@dataclass(frozen=True, slots=True)
class LastRound:
    """When a kind of round last ended, how much it did, and its trouble."""

    ended_at: datetime
    did: int
    trouble: str | None


def last_rounds(db: Connection) -> dict[str, LastRound]:
    """The last round of each kind."""
    rows = db.execute(select(Round.kind, Round.ended_at, Round.did, Round.trouble))
    return {row.kind: LastRound(row.ended_at, row.did, row.trouble) for row in rows}
