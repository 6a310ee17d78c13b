"""For which partnership’s office somebody acts on a page: one is asked for, the others are left alone."""

from __future__ import annotations

from dataclasses import dataclass

from flask import request

from escalation.errors import NotFound
from escalation.office import Reading
from escalation.people import partnerships
from escalation.people.access import office_posts
from escalation.people.partnerships import PartnershipRecord
from web.session import viewer


@dataclass(frozen=True, slots=True)
class Offices:
    """The partnerships whose office the viewer belongs to, and the one this page is about."""

    all: tuple[PartnershipRecord, ...]
    chosen: PartnershipRecord

    @property
    def named(self) -> str | None:
        """The id of the chosen one for an address; None where there is no other."""
        return self.chosen.id if len(self.all) > 1 else None


def offices(work: Reading) -> Offices:
    """The one the address names as `partnership`, or the first. NotFound for one that is not theirs."""
    ids = dict.fromkeys(post.partnership_id for post in office_posts(viewer()))
    found = tuple(partnerships.of(work, each) for each in ids)
    asked = request.args.get("partnership", "")
    chosen = next((each for each in found if asked in ("", each.id)), None)
    if chosen is None:
        raise NotFound
    return Offices(found, chosen)
