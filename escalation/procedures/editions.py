"""Puts another edition of a procedure into force: checked whole, proposed by one person, agreed by a second.

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
from escalation.office import Changing, Reading
from escalation.people import directory, partnerships
from escalation.people.access import Viewer, office_posts
from escalation.people.posts import PostRecord
from escalation.people.tables import Person
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


def propose(work: Changing, viewer: Viewer, procedure: Procedure, reason: str) -> int:
    """Keep a sound procedure for a second person to agree to; the proposal’s id. Nothing is in force by it.

    It takes the place of a proposal nobody has agreed to. Sent twice it counts once.
    """
    post = _office_post(viewer)
    reason = reason.strip()
    if not reason or len(reason) > LONGEST_REASON:
        most = f"in {LONGEST_REASON:,} characters or fewer"
        raise Unanswered({"reason": [f"Say why the procedure should change, {most}"]})
    live = partnerships.of(work, post.partnership_id).procedure_digest
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
    return _keep(work, viewer, post, row)


def agree(work: Changing, viewer: Viewer, proposal_id: int) -> str:
    """The second person agrees: from now on new cases follow it. The digest that is in force now.

    NotFound where it is not for this person’s partnership; NotYours for whoever proposed it; NotPossible
    where it no longer waits.
    """
    post = _office_post(viewer)
    row = work.db.execute(select(Edition.__table__).where(Edition.id == proposal_id)).first()
    if row is None or row.act != "proposed" or row.partnership_id != post.partnership_id:
        raise NotFound
    proposal = waiting(work, post.partnership_id)
    if proposal is None or proposal.id != proposal_id:
        raise NotPossible(["This proposal no longer waits: it was agreed to, or another took its place."])
    if proposal.person_id == viewer.person_id:
        raise NotYours(
            "You proposed this edition yourself. A second person of the partnership’s office, or its chair,"
            " must agree to it."
        )
    procedure = _still_sound(proposal)
    install(work.db, procedure, work.now)
    directory.use_procedure(work, post.partnership_id, procedure.digest)
    agreed = {
        "act": "agreed",
        "proposal_id": proposal.id,
        "digest": proposal.digest,
        "replaces": proposal.replaces,
        "title": proposal.title,
        "edition": proposal.edition,
        "reason": proposal.reason,
    }
    _keep(work, viewer, post, agreed)
    return proposal.digest


def waiting(work: Reading, partnership_id: str) -> Proposal | None:
    """The newest proposal, unless somebody agreed to it or another edition came into force since."""
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


def _office_post(viewer: Viewer) -> PostRecord:
    posts = office_posts(viewer)
    if not posts:
        raise NotFound
    return posts[0]


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
