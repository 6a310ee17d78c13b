"""Letters to one person about their own signing in. Their links are sealed until the moment they leave."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from escalation import keys
from escalation.notices import deliveries
from escalation.office import Changing, Reading

_SEALED = "page of a letter"


@dataclass(frozen=True, slots=True)
class PersonalLetter:
    """A subject and a text; where it has a link, `lasts` says how long that is good."""

    subject: str
    body: str
    lasts: str = ""


LETTERS = {
    "invitation": PersonalLetter(
        "You can sign in now: choose your password",
        "Your partnership has added you to this service, where professionals settle disagreements about a"
        " child’s safety. Choose a password to begin.",
        "The link works once, and for 7 days.",
    ),
    "reset": PersonalLetter(
        "A new password",
        "Somebody, probably you, asked for a new password. If it was not you, do nothing: your password stays"
        " as it is.",
        "The link works once, and for 24 hours.",
    ),
    "factor": PersonalLetter(
        "Set up your second step anew",
        "A colleague has confirmed who you are, so you can set up an authenticator app again. You need your"
        " password as well. If you did not ask for this, tell your partnership’s office at once.",
        "The link works once, and for 24 hours.",
    ),
    "changed": PersonalLetter(
        "The way you sign in has changed",
        "Your password, or your second step, was changed just now. If it was you, do nothing. If it was not,"
        " tell your partnership’s office at once.",
    ),
    "address": PersonalLetter(
        "The address of your account was changed",
        "Whoever keeps the directory gave your account another e-mail address just now, so this is the last"
        " message to this one. If you did not ask for that, ring your partnership’s office at once: letters"
        " with links for signing in go to the new address, without an authenticator app in three days.",
    ),
    "no link yet": PersonalLetter(
        "No link for a new password yet",
        "Somebody, probably you, asked for a new password. The e-mail address of your account was changed in"
        " the last three days, so no link goes to it yet: whoever had the address before can still say that"
        " it was not right. Your password works as before. Ask again after three days, or ring your"
        " partnership’s office.",
    ),
    "passkeys": PersonalLetter(
        "A passkey of yours was added or removed",
        "A passkey for signing in was added to your account, or removed from it, just now. If it was you, do"
        " nothing. If it was not, tell your partnership’s office at once.",
    ),
    "copied tablet": PersonalLetter(
        "A shared tablet you enrolled was stopped",
        "An old key of a shared tablet you enrolled was used, so there may be a copy of it. No PIN opens"
        " anything on that tablet any more. Find out where the tablet is, then enrol it again.",
    ),
    "copied passkey": PersonalLetter(
        "A passkey of yours was stopped",
        "Somebody tried to sign in with a passkey of yours that may have been copied. It was refused, and"
        " that passkey opens nothing any more. Tell your partnership’s office, and remove it from your"
        " account.",
    ),
}


@dataclass(frozen=True, slots=True)
class Said:
    """What a letter says. `to` is the address it goes to, where that is not the person’s own any more."""

    subject: str
    text: str
    to: str


def write(
    work: Changing,
    person_id: str,
    letter: str,
    *,
    page: str = "",
    until: datetime | None = None,
    to: str = "",
) -> None:
    """Write to one person, at once and at any hour. After `until` the letter is not worth sending.

    `to` is an address that was theirs: a letter to it carries no link.
    """
    last = until or work.now + timedelta(days=7)
    sealed = keys.seal(work.office.config, _SEALED, f"{last.isoformat()} {page} {to}")
    key = f"personal/{letter}/{work.office.token(16)}"
    deliveries.personal(work.db, key, person_id, letter=letter, sealed_page=sealed, now=work.now)


def words(work: Reading, letter: str, sealed_page: bytes | None) -> Said | None:
    """What a letter says; None where its link is over, or was sealed under another secret."""
    config = work.office.config
    opened = keys.unseal(config, _SEALED, sealed_page) if sealed_page else None
    if opened is None:
        return None
    last, page, to, *_ = [*opened.split(" "), "", ""]  # a letter sealed before there were others had no `to`
    if datetime.fromisoformat(last) <= work.now:
        return None
    found = LETTERS[letter]
    link = f"{config.service.address}/{page}" if page else ""
    under = f"{config.service.name}. Nobody will ever ask you for this link or for a code."
    parts = [found.body, link, found.lasts, under]
    return Said(found.subject, "\n\n".join(part for part in parts if part) + "\n", to)
