"""Which passwords are good enough, and whether one is right. Keeps none but as an argon2id hash."""

from __future__ import annotations

import logging
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from escalation import security
from escalation.errors import Unanswered
from escalation.office import Changing, Reading
from escalation.people import accounts
from escalation.people.accounts import AccountRecord
from escalation.people.posts import posts_of
from escalation.signin import links, sessions
from escalation.signin.stolen import ListAway, StolenPasswords

SHORTEST = 12
LONGEST = 200
LEAST_LEFT = 8  # so much must be left of a password once one’s own words are taken out
_ADVICE = "Three random words are good."
_TRIED_FIRST = "Others use this password, or nearly this one: it is among the first that are tried."
_NOT_LOOKED_UP = (
    "We could not look whether this password was stolen somewhere, so nothing was changed. Try again in a few"
    " minutes. If it happens again, tell your administrator."
)
log = logging.getLogger("escalation.passwords")
# OWASP's argon2id floor: enough to slow a guesser, small enough that a flood of sign-ins fits in memory.
HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
_KIND = "$argon2"
_COMMON = Path(__file__).parent / "common.txt"
_KEYS = (
    "1234567890",
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "abcdefghijklmnopqrstuvwxyz",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p",
    "1q2w3e4r5t6y7u8i9o0p",
    "qazwsxedcrfvtgbyhnujm",
)
_RUNS = tuple(row * 2 for row in (*_KEYS, *(row[::-1] for row in _KEYS)))
_LEET = str.maketrans("013457@$!", "oleastasi")
_REPEATED = re.compile(r"(.{1,6}?)\1+(.{0,3})", re.DOTALL)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A person who gave the right password. `old` where their hash is to be made anew."""

    person_id: str
    old: bool


def hash_password(password: str, own: Iterable[str] = (), stolen: StolenPasswords | None = None) -> str:
    """An argon2id hash. Unanswered, with the reason, where the password is too easy to guess.

    `own` are words of the person’s that others know: their name, their address, their agency, this service.
    `stolen` is the list of stolen passwords, where there is one; if it cannot be read, no password is taken.
    """
    chosen = _same(password)
    fault = fault_of(chosen, own) or _stolen(chosen, stolen)
    if fault:
        raise Unanswered({"password": [f"{fault} {_ADVICE}"]})
    return HASHER.hash(chosen)


def fault_of(password: str, own: Iterable[str] = ()) -> str:
    """Why a password is too easy to guess, as a sentence; empty where it is not. No kind of sign is asked."""
    if not SHORTEST <= len(password) <= LONGEST:
        return f"The password must have between {SHORTEST} and {LONGEST} characters."
    small = password.casefold()
    if small in common() or _only_a_common_word(small):
        return _TRIED_FIRST
    if len(set(small)) < 5 or _REPEATED.fullmatch(small):
        return "The password repeats itself, which makes it easy to guess."
    if len(_without_runs(small)) < 5:
        return "The password follows the keyboard or counts up, which makes it easy to guess."
    if _mostly_own(small, own):
        return "The password is made of your name, your address, your agency or this service."
    return ""


def _stolen(password: str, stolen: StolenPasswords | None) -> str:
    try:
        return _TRIED_FIRST if stolen is not None and stolen.holds(password) else ""
    except ListAway as away:
        log.error("stolen passwords cannot be looked up", extra={"trouble": str(away)})
        raise Unanswered({"password": [_NOT_LOOKED_UP]}) from away


@cache
def common() -> frozenset[str]:
    """The commonest passwords, and the words they are made of."""
    lines = _COMMON.read_text(encoding="utf-8").splitlines()
    return frozenset(line for line in lines if line and not line.startswith("#"))


def _only_a_common_word(small: str) -> bool:
    """“Password1234!”, “p@ssw0rdp@ssw0rd”: one common word, with signs around it or repeated."""
    for spelt in (small, small.translate(_LEET)):
        # Digits at the ends are decoration; inside they may stand for letters.
        word = re.sub(r"[\W\d_]+", "", spelt)
        bare = re.sub(r"^[\W\d_]+|[\W\d_]+$", "", small).translate(_LEET)
        for each in (word, bare):
            once = _REPEATED.fullmatch(each)
            if each in common() or (once and once[1] in common()) or _twice(each) in common():
                return True
    return False


def _twice(word: str) -> str:
    half = len(word) // 2
    return word[:half] if word and word[:half] == word[half:] else word


def _without_runs(small: str) -> str:
    """What is left once runs of four or more neighbouring keys, numbers or letters are taken out."""
    left, at = "", 0
    while at < len(small):
        size = 0
        while at + size < len(small) and any(small[at : at + size + 1] in run for run in _RUNS):
            size += 1
        if size < 4:
            left, size = left + small[at], 1
        at += size
    return left


def _mostly_own(small: str, own: Iterable[str]) -> bool:
    words = {word for text in own for word in re.split(r"[\W_]+", text.casefold()) if len(word) >= 3}
    left = re.sub(r"[\W_]+", " ", small)
    for word in sorted(words, key=lambda each: (-len(each), each)):
        left = left.replace(word, " ")
    if left.split() == re.sub(r"[\W_]+", " ", small).split():
        return False
    rest = left.replace(" ", "")
    return len(rest) < LEAST_LEFT or rest.isdecimal()


@cache
def _nobody() -> str:
    return HASHER.hash("nobody has this password")


def has(found: AccountRecord) -> bool:
    """Whether an account has a password at all: whoever comes by their agency’s own sign-in needs none."""
    return found.password_hash.startswith(_KIND)


def check(found: AccountRecord | None, password: str) -> SignedIn | None:
    """Whether this is their password; None too where there is no such account. Equally slow for all.

    It takes no transaction: the hash is slow, and others want the record meanwhile.
    """
    kept = found.password_hash if found else ""
    # Whole, or not at all: cut off, more than the password would be taken for it. One sign comes apart into
    # four at most.
    given = _same(password) if len(password) <= 4 * LONGEST else ""
    if not kept.startswith(_KIND):
        kept, found = (
            _nobody(),
            None,
        )  # somebody invited has none yet: nobody may tell that by the time
    try:
        HASHER.verify(kept, given)
    except (VerificationError, InvalidHashError):
        return None
    return SignedIn(found.person_id, HASHER.check_needs_rehash(kept)) if found else None


def rehash(work: Changing, person_id: str, password: str) -> None:
    """Keep the password they just gave with the strength of today."""
    accounts.keep_hash(work, person_id, HASHER.hash(_same(password)))


def own_words(work: Reading, person_id: str) -> list[str]:
    """What others know of a person."""
    found = accounts.account_of(work, person_id)
    held = posts_of(work.db, person_id, work.now)
    places = [words for post in held for words in (post.agency, post.team or "")]
    return [found.name, found.email, work.office.config.service.name, *places]


def choose(work: Changing, person_id: str, password: str, *, but: int | None = None) -> None:
    """Give a person a new password. It ends their other sessions, and every link of theirs. Unanswered."""
    hashed = hash_password(password, own_words(work, person_id), work.office.stolen)
    links.end_all(work, person_id)  # links are locked before their person everywhere
    accounts.keep_hash(work, person_id, hashed)
    sessions.end_all(work, person_id, but=but)
    security.note("password changed", person_id=person_id)


def set_password(work: Changing, email: str, password: str) -> bool:
    """The same by command, by e-mail address. False where nobody has that address."""
    found = accounts.account(work, email)
    if found is None:
        return False
    choose(work, found.person_id, password)
    return True


def _same(password: str) -> str:
    """The same signs typed on different keyboards are the same password."""
    return unicodedata.normalize("NFC", password)
