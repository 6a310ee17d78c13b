"""Whose each case of a list is: the viewer’s own lead, a colleague’s, or one they cover. Read-only."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from sqlalchemy import exists, select

from escalation.cases.tables import Case, Participant
from escalation.cover.tables import Lead
from escalation.errors import NotFound
from escalation.office import Reading
from escalation.people.access import Viewer
from escalation.people.posts import held_now
from escalation.people.tables import Holding, Person

YOURS = "Assigned to you"


def only_for(viewer: Viewer, post_id: str) -> Viewer:
    """The viewer with one of their posts alone; with none named, as they are. NotFound for another’s post."""
    if not post_id:
        return viewer
    found = tuple(post for post in viewer.posts if post.id == post_id)
    if not found:
        raise NotFound
    return replace(viewer, posts=found)


def whose(work: Reading, viewer: Viewer, references: Iterable[str]) -> dict[str, str]:
    """By reference, whose a case is, in words; what is simply one’s own post’s is left out."""
    # Who leads and has left the post since leads no more.
    mine = (Holding.post_id == Lead.post_id, Holding.person_id == Lead.person_id)
    holds = exists().where(*mine, held_now(work.now))
    query = (
        select(Case.reference, Participant.post_id, Lead.person_id, Person.name)
        .join(Participant, Participant.case_id == Case.id)
        .outerjoin(Lead, (Lead.case_id == Case.id) & (Lead.post_id == Participant.post_id) & holds)
        .outerjoin(Person, Person.id == Lead.person_id)
        .where(Case.reference.in_(list(references)), Participant.post_id.in_(viewer.post_ids))
    )
    covered = {post.id: f"Covering for {post.title}" for post in viewer.posts if post.covered_from}
    said: dict[str, set[str]] = {}
    for row in work.db.execute(query):
        named = YOURS if row.person_id == viewer.person_id else f"{row.name} leads on it"
        said.setdefault(row.reference, set()).add(named if row.name else covered.get(row.post_id, ""))
    return {reference: _first(words) for reference, words in said.items() if _first(words)}


def _first(words: set[str]) -> str:
    """One’s own lead counts before one’s own post, and that before what is covered or led by another."""
    return YOURS if YOURS in words else "" if "" in words else min(words)
