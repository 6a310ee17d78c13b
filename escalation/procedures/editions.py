"""Puts another edition of a procedure into force: checked whole, proposed by one person, decided by a second.

It never touches an open case: a case keeps the definition it began under.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import insert, select

from escalation.errors import NotFound, NotPossible, NotYours, Unanswered
from escalation.notices import letters
from escalation.office import Changing, Reading
from escalation.people import directory, partnerships, posts
from escalation.people.access import Viewer, office_post
from escalation.people.posts import PostRecord
from escalation.people.tables import Agency, Person, Post
from escalation.procedures.shelf import install
from escalation.procedures.tables import Edition
from workflows.definition import Procedure
from workflows.errors import DefinitionError, Fault, did_you_mean
from workflows.loader import LARGEST, library, load_file, load_text, read_toml

LONGEST_REASON = 2000


@dataclass(frozen=True, slots=True)
class Proposal:
    """An edition that waits for a second person. `text` is the whole definition."""

    id: int
    partnership_id: str
    digest: str
    replaces: str
    title: str
    edition: str
    text: str
    reason: str
    person_id: str
    post_id: str
    person: str
    at: datetime


def checked(name: str, data: bytes) -> Procedure:
    """The procedure of an uploaded file. DefinitionError with every fault; nothing is kept."""
    file = re.sub(r"[^\w.-]", "_", re.split(r"[/\\]", name)[-1])[-80:].strip(".") or "procedure.toml"
    if len(data) > LARGEST:
        sentence = f"the file is larger than {LARGEST:,} bytes, so it is no procedure."
        raise DefinitionError([Fault(file, "", sentence)])
    with tempfile.TemporaryDirectory(prefix="escalation-") as folder:
        path = Path(folder) / file
        path.write_bytes(data)
        try:
            _extends_what_is_shipped(path)
            return load_file(path)
        except (ValueError, RecursionError) as error:
            # A number of thousands of digits, for one. What it says may name places of this machine.
            raise DefinitionError([Fault(file, "", "this cannot be read as a procedure.")]) from error


def _extends_what_is_shipped(path: Path) -> None:
    """An uploaded file never reads another file of this machine: only a shipped procedure, by its id."""
    head = read_toml(path).get("procedure")
    parent = head.get("extends") if isinstance(head, dict) else None
    if isinstance(parent, str) and parent not in (*library(), path.name):
        hint = did_you_mean(parent, library())
        sentence = f"“{parent}” is no shipped procedure, so an uploaded file cannot extend it.{hint}"
        raise DefinitionError([Fault(path.name, "procedure.extends", sentence)])


def propose(
    work: Changing, viewer: Viewer, procedure: Procedure, reason: str, partnership_id: str = ""
) -> int:
    """Keep a sound procedure for a second person to agree to; the proposal’s id. Nothing is in force by it.

    It is for the partnership that is named, or the first whose office the viewer belongs to. It takes the
    place of a proposal nobody has decided on. Sent twice it counts once.
    """
    post = _office_post(viewer, partnership_id)
    reason = reason.strip()
    if not reason or len(reason) > LONGEST_REASON:
        most = f"in {LONGEST_REASON:,} characters or fewer"
        raise Unanswered({"reason": [f"Say why the procedure should change, {most}"]})
    live = partnerships.of(work, post.partnership_id, lock=True).procedure_digest
    if procedure.digest == live:
        raise NotPossible(["This is the procedure that is in force now, word for word."])
    known = waiting(work, post.partnership_id)
    again = (procedure.digest, viewer.person_id, reason)
    if known and (known.digest, known.person_id, known.reason) == again:
        return known.id
    row = {
        "act": "proposed",
        "digest": procedure.digest,
        "replaces": live,
        "title": procedure.title,
        "edition": procedure.edition,
        "text": procedure.text,
        "reason": reason,
    }
    number = _keep(work, viewer, post, row)
    letters.tell_of_edition(work, number, "edition_waits", _others(work, viewer, post.partnership_id))
    return number


def agree(work: Changing, viewer: Viewer, proposal_id: int) -> str:
    """The second person agrees: from now on new cases follow it. The digest that is in force now.

    NotFound where it is not for this person’s partnership; NotYours for whoever proposed it; NotPossible
    where it no longer waits.
    """
    post, proposal = _waits(work, viewer, proposal_id)
    if proposal.person_id == viewer.person_id:
        raise NotYours(
            "You proposed this edition yourself. A second person of the partnership’s office, or its chair,"
            " must agree to it."
        )
    procedure = _still_sound(proposal)
    install(work.db, procedure, work.now)
    directory.use_procedure(work, post.partnership_id, procedure.digest)
    number = _keep(work, viewer, post, _decided(proposal, "agreed", proposal.reason))
    _tell_proposer(work, viewer, proposal, number, "edition_agreed")
    return proposal.digest


def refuse(work: Changing, viewer: Viewer, proposal_id: int, reason: str) -> None:
    """Do not agree, and say why; who proposed it takes it back by this. What is in force stays in force.

    NotFound where it is not for this person’s partnership; NotPossible where it no longer waits.
    """
    post, proposal = _waits(work, viewer, proposal_id)
    reason = reason.replace("\r\n", "\n").strip()
    if not reason or len(reason) > LONGEST_REASON:
        raise Unanswered({"why_not": [f"Say why, in {LONGEST_REASON:,} characters or fewer"]})
    number = _keep(work, viewer, post, _decided(proposal, "refused", reason))
    _tell_proposer(work, viewer, proposal, number, "edition_refused")


def _waits(work: Changing, viewer: Viewer, proposal_id: int) -> tuple[PostRecord, Proposal]:
    """The viewer’s post in the proposal’s partnership, and the proposal while it waits. One at a time."""
    row = work.db.execute(select(Edition.__table__).where(Edition.id == proposal_id)).first()
    if row is None or row.act != "proposed":
        raise NotFound
    post = _office_post(viewer, row.partnership_id)
    partnerships.of(work, post.partnership_id, lock=True)
    proposal = waiting(work, post.partnership_id)
    if proposal is None or proposal.id != proposal_id:
        raise NotPossible(["This proposal no longer waits: it was decided, or another took its place."])
    return post, proposal


def _decided(proposal: Proposal, act: str, reason: str) -> dict[str, object]:
    return {
        "act": act,
        "proposal_id": proposal.id,
        "digest": proposal.digest,
        "replaces": proposal.replaces,
        "title": proposal.title,
        "edition": proposal.edition,
        "reason": reason,
    }


def _others(work: Reading, viewer: Viewer, partnership_id: str) -> list[str]:
    """The office’s and the chair’s posts that somebody else holds: an empty post reads no letter."""
    rules = (Post.level.in_(posts.OFFICE_LEVELS), Agency.partnership_id == partnership_id)
    found = [post.id for post in posts.posts_where(work.db, *rules)]
    return [each for each in found if _held_by(work, each) - {viewer.person_id}]


def _tell_proposer(work: Changing, viewer: Viewer, proposal: Proposal, number: int, letter: str) -> None:
    to = [proposal.post_id] if _held_by(work, proposal.post_id) - {viewer.person_id} else []
    letters.tell_of_edition(work, number, letter, to)


def _held_by(work: Reading, post_id: str) -> set[str]:
    return {person_id for person_id, _, _ in posts.acting(work.db, post_id, work.now)}


def waiting(work: Reading, partnership_id: str) -> Proposal | None:
    """The newest proposal, unless it was decided or another edition came into force since."""
    query = (
        select(Edition.__table__, Person.name.label("person"))
        .join(Person, Person.id == Edition.person_id)
        .where(Edition.partnership_id == partnership_id)
        .order_by(Edition.id.desc())
        .limit(1)
    )
    row = work.db.execute(query).first()
    live = partnerships.of(work, partnership_id).procedure_digest
    if row is None or row.act != "proposed" or row.replaces != live:
        return None
    found = {name: row._mapping[name] for name in Proposal.__dataclass_fields__}
    return Proposal(**found)


def _office_post(viewer: Viewer, partnership_id: str) -> PostRecord:
    post = office_post(viewer, partnership_id)
    if post is None:
        raise NotFound
    return post


def _still_sound(proposal: Proposal) -> Procedure:
    """Proved again: the program may have become stricter since it was proposed."""
    try:
        return load_text(proposal.text)
    except DefinitionError as error:
        raise NotPossible([str(fault) for fault in error.faults]) from error


def _keep(work: Changing, viewer: Viewer, post: PostRecord, row: Mapping[str, object]) -> int:
    who = {"partnership_id": post.partnership_id, "person_id": viewer.person_id, "post_id": post.id}
    adding = insert(Edition).values(**row, **who, at=work.now).returning(Edition.id)
    return work.db.execute(adding).scalar_one()
