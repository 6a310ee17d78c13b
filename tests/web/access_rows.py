"""The matrix of access, declared by hand: who is what to each case, and what each route answers to whom."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

# Everybody, by what they are. Nobody is anything that is not said here.
SIGNED_OUT = {"": "signed out", "cora": "holds a post, but the account is closed"}
RIVERBANK = {
    "ada": "practitioner of the raising agency",
    "niamh": "practitioner of the raising agency, of another room",
    "grace": "manager of the raising agency",
    "ben": "practitioner who is challenged",
    "hannah": "practitioner of the same team",
    "cleo": "manager of that team",
    "ngozi": "senior of the challenged agency, named for emergencies",
    "lorna": "senior of a third agency, named for emergencies, who has opened one case",
    "amara": "senior of a fourth agency",
    "iris": "chair",
    "olu": "office",
    "dan": "scrutineer",
    "charlie": "administrator",
}
HILLSIDE = {"hetty": "practitioner", "hugo": "practitioner", "hana": "office", "hal": "administrator"}
POSTLESS = {"eddie": "has left the post that raised the cases", "nell": "never held a post"}
ROLES = {**SIGNED_OUT, **RIVERBANK, **HILLSIDE, **POSTLESS}

# What people are to each case. Whoever is not named is nothing to it.
_BELOW = {"ada": "raising", "ben": "responding"}
_MANAGERS = {**_BELOW, "grace": "raising", "cleo": "responding"}
_SENIOR = {**_MANAGERS, "ngozi": "responding"}
RELATIONS: Mapping[str, Mapping[str, str]] = {
    "raised": {**_BELOW, "lorna": "emergency"},
    "answered": _BELOW,
    "managers": _MANAGERS,
    "senior": _SENIOR,
    "partnership": {**_SENIOR, "iris": "deciding"},
    "overdue": {**_SENIOR, "iris": "deciding", "olu": "told"},
    "closed": _BELOW,
    "reopened": _BELOW,
}
SEES = {
    "raising": {"page", "names", "child", "files", "raising", "acts"},
    "responding": {"page", "names", "child", "files", "responding", "acts"},
    "deciding": {"page", "names", "child", "files", "acts"},
    "told": {"page", "acts"},
    "emergency": {"page", "names", "child", "files"},
    "none": set(),
}

SIGNED_IN = set(ROLES) - set(SIGNED_OUT)
RAISERS = {*("ada", "niamh", "grace", "ben", "hannah", "cleo", "ngozi", "lorna", "amara"), "hetty", "hugo"}
BOARD, OFFICE = {"iris", "olu", "dan"}, {"iris", "olu"}
OVERSEERS = {"grace", "cleo", "ngozi", "lorna", "amara", "iris", "olu", "hana"}


@dataclass(frozen=True)
class Row:
    """Who may open a route and what they get; everybody else is refused.

    `sees`: for a route about a case, what somebody must see of it. `but`: other answers to some of them.
    """

    yes: frozenset[int]
    who: frozenset[str] = frozenset()
    sees: str = ""
    but: tuple[tuple[str, frozenset[int]], ...] = ()


def to(who: set[str], *yes: int, **but: tuple[int, ...]) -> Row:
    """A route about no case in particular."""
    return Row(frozenset(yes), frozenset(who), but=tuple((n, frozenset(each)) for n, each in but.items()))


def of_case(sees: str, *yes: int) -> Row:
    """A route about a case."""
    return Row(frozenset(yes), sees=sees)


ROWS: Mapping[str, Row] = {
    "GET /": to(SIGNED_IN, 200),
    "GET /waiting": to(SIGNED_IN, 200),
    "GET /others": to(SIGNED_IN, 200),
    "GET /ended": to(SIGNED_IN, 200),
    "GET /accessibility": to(set(ROLES), 200),
    "GET /privacy": to(set(ROLES), 200),
    "GET /healthz": to(set(ROLES), 200, 503),
    "GET /static/<path:filename>": to(set(ROLES), 200),
    "GET /sign-in": to(set(ROLES), 200),
    "POST /sign-in": to(set(ROLES), 400),
    "POST /sign-out": to(set(ROLES), 303),
    "GET /board": to(BOARD | {"hana"}, 200),
    "GET /board/cases/<reference>": to(BOARD, 200),
    "GET /board/cases/<reference>/move": to(OFFICE, 200, 409, iris=(403, 409)),
    "GET /board/cases/<reference>/move/check": to(OFFICE, 200, 409, iris=(403, 409)),
    "POST /board/cases/<reference>/move": to(OFFICE, 400, 409, iris=(403, 409)),
    "GET /procedures": to(SIGNED_IN, 200),
    "GET /procedures/propose": to(OFFICE | {"hana"}, 200),
    "POST /procedures/propose": to(OFFICE | {"hana"}, 400),
    # A proposed edition is its office’s alone until a second person has agreed.
    "GET /procedures/<digest>": to(OFFICE, 200),
    "POST /procedures/<int(max=2147483647):proposal_id>/agree": to(OFFICE, 303, olu=(403,)),
    "POST /procedures/<int(max=2147483647):proposal_id>/refuse": to(OFFICE, 303, 400, 409),
    "GET /cases/<reference>": of_case("page", 200),
    "GET /cases/<reference>/reads": of_case("page", 200),
    "GET /cases/<reference>/<action>": of_case("page", 200, 403, 409),
    "POST /cases/<reference>/<action>": of_case("acts", 400, 403, 409),
    "GET /cases/<reference>/files/<int(max=99999):number>/<int(max=99):position>": of_case("files", 200),
    "GET /raise/done/<reference>": of_case("page", 200),
    "GET /access-list": to(OVERSEERS, 200),
    "GET /emergency": to({"ngozi", "lorna"}, 200),
    "POST /emergency": to({"ngozi", "lorna"}, 400),
    "GET /what-if": to(OFFICE | {"hana"}, 200),
    "GET /closures": to(OFFICE | {"hana"}, 200),
    "POST /closures": to(OFFICE | {"hana"}, 400),
    "GET /closures/<int(max=2147483647):closure_id>/remove": to(OFFICE, 200),
    "POST /closures/<int(max=2147483647):closure_id>/remove": to(OFFICE, 303),
    "GET /closures/dates": to(OFFICE | {"hana"}, 200),
    "POST /closures/dates": to(OFFICE | {"hana"}, 303, 400),
    "GET /closures/<int(max=2147483647):closure_id>/dates": to(OFFICE, 200),
    "POST /closures/<int(max=2147483647):closure_id>/dates": to(OFFICE, 303, 400),
    "GET /status": to(OFFICE | {"hana"}, 200),
    "POST /status/limits/<int(max=2147483647):deadline_id>/again": to(OFFICE, 303),
    "GET /raise": to(RAISERS, 200),
    "POST /raise": to(RAISERS, 400),
    "GET /raise/call-999": to(RAISERS, 200),
    "GET /raise/right-process": to(RAISERS, 200),
    "POST /raise/right-process": to(RAISERS, 400),
    "GET /raise/elsewhere/<matter>": to(RAISERS, 200),
    "GET /raise/<draft_id>/": to({"ada"}, 200),
    "GET /raise/<draft_id>/<page_id>": to({"ada"}, 200),
    "POST /raise/<draft_id>/<page_id>": to({"ada"}, 400),
    "POST /raise/<draft_id>/<page_id>/remove/<int(max=2147483647):file_id>": to({"ada"}, 303),
    "GET /raise/<draft_id>/check": to({"ada"}, 200),
    "POST /raise/<draft_id>/check": to({"ada"}, 400),
    "GET /raise/<draft_id>/delete": to({"ada"}, 200),
    "POST /raise/<draft_id>/delete": to({"ada"}, 303),
}
# What ends something that other rows need.
LAST = ("POST /raise/<draft_id>/delete", "POST /sign-out")


def relation(person: str, state: str) -> str:
    """What somebody is to a case in a state."""
    return RELATIONS[state].get(person, "none")


def expected(row: Row, route: str, person: str, state: str) -> frozenset[int]:
    """What must be answered. Whatever no row opens is a refusal."""
    open_to = row.sees in SEES[relation(person, state)] if row.sees else person in row.who
    if open_to:
        return dict(row.but).get(person, row.yes)
    if person in SIGNED_OUT:
        return frozenset({303 if route.startswith("GET") else 401})
    return frozenset({404})
