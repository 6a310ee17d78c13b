"""Codes of an authenticator app, and recovery codes. The only writer of both their tables."""

from __future__ import annotations

import base64
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

import pyotp
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import ColumnElement, delete, func, insert, select, update

from escalation import keys, security
from escalation.errors import Unanswered
from escalation.office import Changing, Office, Reading
from escalation.signin.passwords import HASHER
from escalation.signin.tables import Authenticator, RecoveryCode

STEP = timedelta(seconds=30)
DRIFT = 1  # a telephone’s clock may be one step out, either way
HOW_MANY = 10
# No letter or digit that is taken for another when it is copied from paper.
_LETTERS = "23456789bcdfghjkmnpqrstvwxyz"
_SIZE = 12
_PLACE = 2  # so many letters say which of somebody’s codes it is; the others are the secret
_LONGEST = 100
_SEALED = "authenticator"


@dataclass(frozen=True, slots=True)
class Factors:
    """What somebody has besides a password."""

    authenticator_since: datetime | None
    recovery_codes: int

    @property
    def any(self) -> bool:
        """Whether they can be asked for a code."""
        return self.authenticator_since is not None


@dataclass(frozen=True, slots=True)
class Offered:
    """A secret to put into an authenticator app: as text, and as the address its picture holds."""

    secret: str
    address: str

    @property
    def spaced(self) -> str:
        """The secret in fours, to be typed."""
        return " ".join(re.findall(".{1,4}", self.secret))


@dataclass(frozen=True, slots=True)
class Fresh:
    """A recovery code, and what is kept of it."""

    word: str
    hashed: str


def factors(work: Reading, person_id: str) -> Factors:
    """What somebody has."""
    unused = (RecoveryCode.person_id == person_id, RecoveryCode.used_at.is_(None))
    count = work.db.scalar(select(func.count()).select_from(RecoveryCode).where(*unused))
    since = work.db.scalar(select(Authenticator.added_at).where(*_in_use(person_id)))
    return Factors(since, count or 0)


def offered(work: Reading, person_id: str, email: str, session_id: int) -> Offered:
    """The secret this session offers for a new authenticator. Worked out: looking at it keeps nothing.

    Once it is accepted, the next one offered is another.
    """
    newest = (
        work.db.scalar(select(func.max(Authenticator.id)).where(Authenticator.person_id == person_id)) or 0
    )
    config = work.office.config
    mark = keys.mark(config, "offered authenticator", f"{person_id}/{session_id}/{newest}")
    secret = base64.b32encode(bytes.fromhex(mark)[:20]).decode()
    address = pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=config.service.name)
    return Offered(secret, address)


def accept(work: Changing, person_id: str, secret: str, code: str) -> None:
    """The person has put the secret into their app, as the code shows. It replaces the old. Unanswered."""
    step = _step_of(secret, code, work.now)
    if step is None:
        raise Unanswered({"code": ["That code is not right. Enter the six digits your app shows now."]})
    forget_factors(work, person_id)
    values = {
        "person_id": person_id,
        "sealed": keys.seal(work.office.config, _SEALED, secret),
        "last_step": step,
        "added_at": work.now,
    }
    work.db.execute(insert(Authenticator).values(**values))
    security.note("authenticator added", person_id=person_id)


def right(work: Changing, person_id: str, code: str) -> bool:
    """Whether this is the code of now. Each is good once, also where two machines are asked at once."""
    query = select(Authenticator.id, Authenticator.sealed).where(*_in_use(person_id))
    row = work.db.execute(query).first()
    secret = keys.unseal(work.office.config, _SEALED, row.sealed) if row else None
    step = _step_of(secret, code, work.now) if secret else None
    if row is None or step is None:
        return False
    unused = (Authenticator.id == row.id, Authenticator.last_step < step)
    return bool(work.db.execute(update(Authenticator).where(*unused).values(last_step=step)).rowcount)


def _step_of(secret: str, code: str, now: datetime) -> int | None:
    given = re.sub(r"\s+", "", code)
    if not re.fullmatch(r"[0-9]{6}", given):
        return None
    totp, here = pyotp.TOTP(secret), int(now.timestamp()) // int(STEP.total_seconds())
    steps = range(here - DRIFT, here + DRIFT + 1)
    return next((step for step in steps if hmac.compare_digest(totp.generate_otp(step), given)), None)


def fresh_recovery_codes(office: Office) -> list[Fresh]:
    """Ten new codes with their hashes, kept nowhere yet. Slow: it wants no transaction."""
    made: dict[str, str] = {}
    while len(made) < HOW_MANY:
        word = _word(office)
        made.setdefault(word[:_PLACE], word)  # no two begin alike: one hash is looked at for each try
    return [Fresh(word, HASHER.hash(word)) for word in made.values()]


def keep_recovery_codes(work: Changing, person_id: str, fresh: Sequence[Fresh]) -> list[str]:
    """From now on these are their recovery codes, and no others; give them back as they are shown, once."""
    work.db.execute(delete(RecoveryCode).where(RecoveryCode.person_id == person_id))
    common = {"person_id": person_id, "made_at": work.now}
    rows = [{**common, "place": each.word[:_PLACE], "digest": each.hashed} for each in fresh]
    work.db.execute(insert(RecoveryCode), rows)
    security.note("recovery codes made", person_id=person_id)
    return ["-".join(re.findall(".{1,4}", each.word)) for each in fresh]


def right_recovery_code(office: Office, person_id: str, given: str) -> int | None:
    """Which of their unused recovery codes this is; None for none. One hash, whatever is given. Slow."""
    code = re.sub(r"[\s\-–]+", "", given).lower()[:_LONGEST]
    before = keys.marks(office.config, "recovery code", f"{person_id}/{code}")
    mine = (RecoveryCode.person_id == person_id, RecoveryCode.used_at.is_(None))
    here = (RecoveryCode.place == code[:_PLACE]) | RecoveryCode.digest.in_(before)
    with office.reading() as look:
        row = look.db.execute(select(RecoveryCode.__table__).where(*mine, here)).first()
    # One made before codes had a slow hash is known by the hash it has; it takes the same time all the same.
    slow = row is not None and row.place is not None
    try:
        HASHER.verify(row.digest if row is not None and slow else _no_code(), code)
    except (VerificationError, InvalidHashError):
        return row.id if row is not None and not slow else None
    return row.id if row is not None and slow else None


def use_recovery_code(work: Changing, person_id: str, code_id: int) -> bool:
    """Use one up. False where it was used meanwhile."""
    mine = (
        RecoveryCode.id == code_id,
        RecoveryCode.person_id == person_id,
        RecoveryCode.used_at.is_(None),
    )
    return bool(work.db.execute(update(RecoveryCode).where(*mine).values(used_at=work.now)).rowcount)


def reseal(work: Changing) -> tuple[int, int]:
    """Seal every authenticator in use under the secret of now: how many were, and how many nothing opens."""
    query = select(Authenticator.id, Authenticator.sealed).where(Authenticator.removed_at.is_(None))
    done = lost = 0
    for row in work.db.execute(query).all():
        sealed = keys.resealed(work.office.config, _SEALED, row.sealed)
        if sealed is None:
            lost += 1
        elif sealed != row.sealed:
            work.db.execute(update(Authenticator).where(Authenticator.id == row.id).values(sealed=sealed))
            done += 1
    return done, lost


def forget_factors(work: Changing, person_id: str) -> None:
    """What the person had opens nothing any more."""
    gone = work.db.execute(update(Authenticator).where(*_in_use(person_id)).values(removed_at=work.now))
    work.db.execute(delete(RecoveryCode).where(RecoveryCode.person_id == person_id))
    if gone.rowcount:
        security.note("authenticator removed", person_id=person_id)


def _in_use(person_id: str) -> tuple[ColumnElement[bool], ...]:
    return (Authenticator.person_id == person_id, Authenticator.removed_at.is_(None))


def _word(office: Office) -> str:
    number, letters = int(office.token(16), 16), ""
    for _ in range(_SIZE):
        number, place = divmod(number, len(_LETTERS))
        letters += _LETTERS[place]
    return letters


@cache
def _no_code() -> str:
    return HASHER.hash("nobody has this code")
