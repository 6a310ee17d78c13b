"""The security log: one kind of line for whatever touches who comes in and what they are refused.

Nothing else writes it. It names who by a number under the installation’s secret: never a name, an address or
anything typed. What changes the record is told once that is committed; what was refused, at once.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import Any

from escalation import keys
from escalation.config import Config

LOG = logging.getLogger("security")
DONE, SUCCEEDED, FAILED, REFUSED, WAITS = "done", "succeeded", "failed", "refused", "has to wait"
SIGN_IN, STEP_UP, LOCKED = "sign-in", "step-up", "lock-out"
_SIGNS = 16  # 64 bits: no two people of a partnership share a number, and nobody counts back from one


@dataclass(frozen=True, slots=True)
class Here:
    """Where something happens: the page or the command, from which network, and in whose session."""

    endpoint: str = ""
    network: str = ""
    person_id: str = ""


@dataclass(frozen=True, slots=True)
class _Line:
    what: str
    outcome: str
    person_id: str
    details: dict[str, Any]


_NOWHERE = Here()
_HERE: ContextVar[Here] = ContextVar("here", default=_NOWHERE)
_WAITING: ContextVar[list[_Line] | None] = ContextVar("waiting", default=None)


def be_at(endpoint: str, *, network: str = "") -> None:
    """From now on, in this request or command, lines say this place. Nobody is known to act yet."""
    _HERE.set(Here(endpoint, network))


def acting(person_id: str) -> None:
    """Whose session it is."""
    _HERE.set(replace(_HERE.get(), person_id=person_id))


def account(config: Config, person_id: str) -> str:
    """The number an account has in the log. Ids are made of names, so the log has none of them."""
    return accounts(config, person_id)[0]


def address(config: Config, email: str) -> str:
    """What an e-mail address that was tried is called in the log, whether or not anybody has it."""
    return addresses(config, email)[0]


def accounts(config: Config, person_id: str) -> list[str]:
    """The number of now, and while secrets are changed over the one in the lines of before."""
    return [each[:_SIGNS] for each in keys.marks(config, "security account", person_id)]


def addresses(config: Config, email: str) -> list[str]:
    """The same of an e-mail address."""
    return [each[:_SIGNS] for each in keys.marks(config, "security address", email)]


def note(what: str, outcome: str = DONE, *, person_id: str = "", **details: Any) -> None:
    """Something happens to an account in the transaction under way. It is told when that is committed."""
    waiting = _WAITING.get()
    if waiting is not None:  # else a record is being made by a migration or a test, outside any office
        waiting.append(_Line(what, outcome, person_id, details))


def tell(config: Config, what: str, outcome: str, *, person_id: str = "", **details: Any) -> None:
    """Something was tried or refused: told at once, whatever becomes of a transaction."""
    _write(config, _Line(what, outcome, person_id, details))


@contextmanager
def committed(config: Config) -> Iterator[None]:
    """Tells what is noted inside, once that ended well."""
    waiting: list[_Line] = []
    before = _WAITING.set(waiting)
    try:
        yield
    finally:
        _WAITING.reset(before)
    for line in waiting:
        _write(config, line)


def _write(config: Config, line: _Line) -> None:
    here = _HERE.get()
    who = line.person_id or here.person_id
    told = {
        "outcome": line.outcome,
        "account": account(config, who) if who else None,
        "by": account(config, here.person_id) if here.person_id not in ("", who) else None,
        "endpoint": here.endpoint or None,
        "network": keys.mark(config, "security network", here.network)[:_SIGNS] if here.network else None,
        **line.details,
    }
    LOG.info(line.what, extra={key: value for key, value in told.items() if value is not None})
