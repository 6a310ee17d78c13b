"""Brings alarms to a named person: a task and a letter for the partnership’s office, until they are over."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from escalation.deadlines.alarms import Alarm
from escalation.notices import letters
from escalation.office import Changing
from escalation.people import posts
from escalation.people.posts import OFFICE_LEVELS, PostRecord
from escalation.people.tables import Agency, Post
from escalation.procedures.shelf import UNREADABLE
from escalation.tasks import store as tasks

log = logging.getLogger("escalation.alerts")
_About = tuple[str, int | None, str]


def announce(work: Changing, alarms: Sequence[Alarm]) -> int:
    """One task for each case and kind of alarm, made once; a task whose alarm is over is done.

    Whatever is new in a round is told of in one letter a partnership. Gives back how many are new.
    """
    there: dict[_About, Alarm] = {(a.partnership_id, a.case_id, a.kind): a for a in alarms}
    known = {(t.partnership_id, t.case_id, t.subject): t for t in tasks.open_of(work.db, "alarm")}
    for about, task in known.items():
        if about not in there:
            tasks.done(work.db, task.id, now=work.now)
    new = [alarm for about, alarm in there.items() if about not in known]
    for partnership_id in sorted({alarm.partnership_id for alarm in new}):
        post = _post(work, partnership_id)
        if post:
            _give(work, post, [alarm for alarm in new if alarm.partnership_id == partnership_id])
    return len(new)


def _give(work: Changing, post: PostRecord, alarms: Sequence[Alarm]) -> None:
    for alarm in alarms:
        tasks.make(
            work.db,
            # The moment is part of the key: the same alarm may come again after it was over.
            key=f"alarm/{alarm.reference}/{alarm.kind}/{work.now.isoformat()}",
            kind="alarm",
            subject=alarm.kind,
            post_id=post.id,
            now=work.now,
            case_id=alarm.case_id,
        )
    try:
        letters.tell_of_alarm(work, f"{post.partnership_id} {work.now.isoformat()}", [post.id])
    except UNREADABLE as error:  # the partnership’s procedure has its hours; the task is there all the same
        log.error("no letter of an alarm", extra={"trouble": type(error).__name__})


def _post(work: Changing, partnership_id: str) -> PostRecord | None:
    """The office’s post, one that somebody holds if there is any; where there is no office, the chair’s."""
    mine = (Post.level.in_(OFFICE_LEVELS), Agency.partnership_id == partnership_id, posts.OPEN)
    found = posts.posts_where(work.db, *mine)
    held = {post.id for post in found if posts.acting(work.db, post.id, work.now)}
    return min(found, key=lambda p: (p.id not in held, p.level != "office", p.id), default=None)
