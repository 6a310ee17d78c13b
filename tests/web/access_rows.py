"""The matrix of access, declared by hand: who is what to each case, and what each route answers to whom.

A new route needs a row in ROWS (PRACTICE_ROWS or FEDERATED_ROWS, where it is registered only there). Think who
should be let in, then write it down; never copy what the program answers. `to(who, statuses)` is a route about no
case in particular, `of_case(what, statuses)` one about a case: `what` is a word of SEES, and RELATIONS says who is
what to the case of each state. Name those who get another answer: `to(OFFICE, 200, iris=(403,))`. Everybody a row
does not open to is refused. A new <parameter> needs a value in `filled` of test_access_matrix.py, one that is not
there and another’s (NOT_THERE of test_forged_ids.py, `others` of access_world.py). What ends something that other
rows need goes into LAST.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

# Everybody, by what they are. Nobody is anything that is not said here.
SIGNED_OUT = {
    "": "signed out",
    "cora": "holds a post, but the account is closed",
    "rae": "holds the post that raised the cases, but has given a password alone, and no second factor yet",
}
RIVERBANK = {
    "ada": "practitioner of the raising agency",
    "niamh": "practitioner of the raising agency, of another room",
    "grace": "manager of the raising agency",
    "ben": "practitioner who is challenged, and stepped aside from one case for good",
    "imran": "practitioner of another team, who covers the challenged post at present",
    "shanice": "practitioner of another team, whose cover of that post was ended",
    "hannah": "practitioner of the same team, to whom two cases were passed on",
    "cleo": "manager of that team",
    "ngozi": "senior of the challenged agency, named for emergencies",
    "lorna": "senior of a third agency, named for emergencies, who has opened one case",
    "amara": "senior of a fourth agency",
    "iris": "chair",
    "olu": "office",
    "dan": "scrutineer",
    "charlie": "administrator",
    "moira": "coordinator of the raising agency",
    "otis": "coordinator of the challenged agency",
}
HILLSIDE = {"hetty": "practitioner", "hugo": "practitioner", "hana": "office", "hal": "administrator"}
POSTLESS = {"eddie": "has left the post that raised the cases", "nell": "never held a post"}
ROLES = {**SIGNED_OUT, **RIVERBANK, **HILLSIDE, **POSTLESS}

# What people are to each case. Whoever is not named is nothing to it.
_BELOW = {"ada": "raising", "ben": "responding", "imran": "responding"}
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
    "paused": _BELOW,
    # Ben gave it to another post of his team: his own keeps its part, and answers no more.
    "handed": {**_BELOW, "hannah": "responding"},
    # Ben stepped aside: his post keeps its part, for whoever covers it, and he himself has none.
    "aside": {"ada": "raising", "imran": "responding", "hannah": "responding"},
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
RAISERS = {
    *("ada", "niamh", "grace", "ben", "imran", "shanice", "hannah", "cleo", "ngozi", "lorna", "amara"),
    *("hetty", "hugo"),
}
ADMINISTRATORS = {"charlie", "hal"}
ENROLLERS = {"grace", "cleo", "ngozi", "lorna", "amara", "moira", "otis"}
BOARD, OFFICE = {"iris", "olu", "dan"}, {"iris", "olu"}
OVERSEERS = {"grace", "cleo", "ngozi", "lorna", "amara", "iris", "olu", "hana"}
# Who keeps a directory, or a part of it; who may look at one; who confirms who a colleague is.
KEEPERS = {"charlie", "hal", "moira", "otis"}
LOOKERS, VOUCHERS = KEEPERS | {"iris", "olu", "hana"}, {"olu", "charlie", "hana", "hal"}
# Who sees to people who leave: a manager or senior, whoever keeps the directory, the office; no chair.
LEAVERS = {"grace", "cleo", "ngozi", "lorna", "amara", "olu", "hana"} | KEEPERS
# Meadow Lane’s entry in the directory, and whose work Ben’s leaving is.
OF_MEADOW, OF_BEN = {"iris", "olu", "charlie", "moira"}, {"cleo", "ngozi", "otis", "olu", "charlie"}
# The cover of Ben’s post: he, who covers, those of his agency above him, its coordinator, and who sees to all.
OF_COVER = {"ben", "imran", "cleo", "ngozi", "otis", "olu", "charlie"}
# Who has no post whose cover could be arranged.
NO_COVER = {"charlie": (403,), "hal": (403,), "eddie": (403,), "nell": (403,)}


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


def of_case(sees: str, *yes: int, **but: tuple[int, ...]) -> Row:
    """A route about a case."""
    return Row(frozenset(yes), sees=sees, but=tuple((n, frozenset(each)) for n, each in but.items()))


def half(*yes: int) -> Row:
    """A page between the password and the second factor. Everybody else is led on: to sign in, or home."""
    return to(set(ROLES), 303, rae=yes)


ROWS: Mapping[str, Row] = {
    "GET /": to(SIGNED_IN, 200),
    "GET /waiting": to(SIGNED_IN, 200),
    "GET /others": to(SIGNED_IN, 200),
    "GET /ended": to(SIGNED_IN, 200),
    "GET /letters-that-come-back": to(OFFICE | {"hana"}, 200),
    "POST /letters-that-come-back": to(OFFICE | {"hana"}, 400),
    "POST /letters-that-come-back/<int(max=2147483647):mark_id>/works": to(OFFICE, 303),
    # Letters that fail are the office’s to see to.
    "GET /to-do/<int(max=2147483647):task_id>": to({"olu"}, 200),
    "POST /to-do/<int(max=2147483647):task_id>": to({"olu"}, 303),
    "GET /accessibility": to(set(ROLES), 200),
    "GET /privacy": to(set(ROLES), 200),
    "GET /healthz": to(set(ROLES), 200, 503),
    "GET /static/<path:filename>": to(set(ROLES), 200),
    "GET /sign-in": to(set(ROLES), 200),
    "POST /sign-in": to(set(ROLES), 400),
    "POST /sign-out": to(set(ROLES), 303),
    "POST /hide": to(set(ROLES), 303),
    "GET /hidden": to(set(ROLES), 200),
    "POST /hidden": to(set(ROLES), 303),
    "GET /tablets": to(ENROLLERS, 200),
    "GET /tablets/enrol": to(ENROLLERS, 200),
    "POST /tablets/enrol": to(ENROLLERS, 400, 403),
    "POST /tablets/<int(max=2147483647):device_id>/remove": to({"grace", "moira"}, 303),
    "GET /tablet": to(set(ROLES), 200),
    "POST /tablet": to(set(ROLES), 400),
    "POST /tablet/switch": to(set(ROLES), 303),
    "GET /tablet/pin": to(SIGNED_IN, 200),
    "GET /tablet/pin/choose": to(SIGNED_IN, 200),
    "POST /tablet/pin/choose": to(SIGNED_IN, 303),
    "POST /tablet/pin/remove": to(SIGNED_IN, 303),
    # No browser signs for an IP address, which is the address of the tests: 409.
    "GET /sign-in/passkey": to(set(ROLES), 200),
    "POST /sign-in/passkey": to(set(ROLES), 400, 409),
    "POST /sign-in/passkey/question": to(set(ROLES), 200, 409),
    "GET /your-account/passkeys": to(SIGNED_IN, 200),
    "POST /your-account/passkeys": to(SIGNED_IN, 400, 409),
    "POST /your-account/passkeys/question": to(SIGNED_IN, 200, 409),
    "GET /your-account/passkeys/<int(max=2147483647):passkey_id>/remove": to({"ada"}, 200),
    "POST /your-account/passkeys/<int(max=2147483647):passkey_id>/remove": to({"ada"}, 303),
    "GET /sign-in/time-left": to(set(ROLES), 200),
    "POST /sign-in/stay": to(SIGNED_IN, 303),
    "POST /sign-in/keep": to(set(ROLES), 303),
    "GET /sign-in/code": half(200),
    "POST /sign-in/code": half(400),
    "GET /sign-in/recovery-code": half(200),
    "POST /sign-in/recovery-code": half(400),
    # They have an authenticator: another is set up when they are in, or by a second person’s link.
    "GET /sign-in/set-up": half(303),
    "POST /sign-in/set-up": half(303),
    "GET /sign-in/lost": half(200),
    "POST /sign-in/lost": half(303),
    "GET /sign-in/lost/asked": half(200),
    "GET /forgotten-password": to(set(ROLES), 200),
    "POST /forgotten-password": to(set(ROLES), 400),
    "GET /forgotten-password/sent": to(set(ROLES), 200),
    # Whoever has the letter has the link; nobody else knows its words.
    "GET /link/<token>": to(set(ROLES), 200),
    "POST /link/<token>": to(set(ROLES), 400),
    "GET /confirm": to(SIGNED_IN, 200),
    "POST /confirm": to(SIGNED_IN, 400),
    "GET /your-account": to(SIGNED_IN, 200),
    # Another’s session is not ended by it, and nothing says whether there is one: see test_forged_ids.py.
    "POST /your-account/sessions/<int(max=2147483647):session_id>/end": to(SIGNED_IN, 303),
    "POST /your-account/sessions/end-others": to(SIGNED_IN, 303),
    "GET /your-account/password": to(SIGNED_IN, 200),
    "POST /your-account/password": to(SIGNED_IN, 400),
    "GET /your-account/authenticator": to(SIGNED_IN, 200),
    "POST /your-account/authenticator": to(SIGNED_IN, 400),
    "GET /your-account/recovery-codes": to(SIGNED_IN, 200),
    "POST /your-account/recovery-codes": to(SIGNED_IN, 303),
    "GET /lost-factors": to(VOUCHERS, 200),
    "GET /lost-factors/<int(max=2147483647):lost_id>": to({"olu", "charlie"}, 200),
    "POST /lost-factors/<int(max=2147483647):lost_id>": to({"olu", "charlie"}, 400),
    "GET /board": to(BOARD | {"hana"}, 200),
    "GET /board/figures": to(BOARD | {"hana"}, 200),
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
    "GET /cases/<reference>/handover": of_case("page", 200),
    # The office, told that nobody answered, answers for no side; a reader for an emergency does nothing.
    "GET /cases/<reference>/pass/<way>": of_case("acts", 200, 403, 409, olu=(403,)),
    "POST /cases/<reference>/pass/<way>": of_case("acts", 400, 403, 409, olu=(403,)),
    "GET /cover": to(SIGNED_IN, 200),
    "POST /cover": to(SIGNED_IN, 400, **NO_COVER),
    "GET /cover/<int(max=2147483647):cover_id>/end": to(OF_COVER, 200),
    "POST /cover/<int(max=2147483647):cover_id>/end": to(OF_COVER, 303),
    "GET /given-posts": to(LEAVERS, 200),
    "POST /given-posts": to(LEAVERS, 400),
    "GET /people/leaving": to(LEAVERS, 200),
    "GET /people/<person_id>/leaving": to(OF_BEN, 200),
    "POST /people/<person_id>/leaving": to(OF_BEN, 400),
    "GET /directory": to(LOOKERS, 200),
    "GET /directory/agencies/<agency_id>": to(OF_MEADOW, 200),
    "POST /directory/agencies/<agency_id>/contacts/<level>": to(OF_MEADOW, 400),
    "GET /directory/people/<person_id>/sign-out": to({"otis", "charlie"}, 200),
    "POST /directory/people/<person_id>/sign-out": to({"otis", "charlie"}, 303),
    "GET /directory/sign-out": to(KEEPERS, 200, moira=(403,), otis=(403,)),
    "POST /directory/sign-out": to(KEEPERS, 303, moira=(403,), otis=(403,)),
    "GET /directory/sheet": to(KEEPERS, 200),
    "POST /directory/sheet": to(KEEPERS, 400),
    "GET /directory/sheet/export": to(KEEPERS, 200),
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
    "GET /directory/agencies/<agency_id>/contacts/<level>": to(OF_MEADOW, 200),
    "GET /directory/<any(agencies,teams,posts,people,holdings):kind>/<thing_id>/<deed>": to(
        {"charlie", "moira"}, 200
    ),
    "POST /directory/<any(agencies,teams,posts,people,holdings):kind>/<thing_id>/<deed>": to(
        {"charlie", "moira"}, 400
    ),
    "GET /directory/add-agency": to(ADMINISTRATORS, 200),
    "POST /directory/add-agency": to(ADMINISTRATORS, 400),
    "GET /directory/people/<person_id>/close": to({"charlie"}, 200),
    "POST /directory/people/<person_id>/close": to({"charlie"}, 303),
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
# Where an agency’s own sign-in is configured: open to all, and nobody comes in without having been there.
FEDERATED_ROWS: Mapping[str, Row] = {
    "GET /sign-in/with/<provider_id>": to({"", "ada", "charlie"}, 303),
    "POST /sign-in/with/<provider_id>": to(
        {"", "ada", "charlie"}, 503
    ),  # the tests’ provider does not answer
    "GET /sign-in/with/<provider_id>/back": to({"", "ada", "charlie"}, 400),
}
# Practice has invented people and cases alone: there anybody is anybody.
PRACTISING = {"ada", "olu", "charlie", "moira"}
PRACTICE_ROWS: Mapping[str, Row] = {
    "GET /practice": to(PRACTISING, 200),
    "GET /practice/scripts/<name>": to(PRACTISING, 200),
    "POST /practice/scripts/<name>": to(PRACTISING, 303),
    "POST /practice/move": to(PRACTISING, 303, 400, 409),
    "GET /practice/people": to({"", *PRACTISING}, 200),
    "POST /practice/reset": to(PRACTISING, 303),
    "POST /practice/people/<person_id>": to({"", *PRACTISING}, 303),
}
# What ends something that other rows need.
LAST = (
    *("POST /your-account/passkeys/<int(max=2147483647):passkey_id>/remove",),
    *("POST /cover/<int(max=2147483647):cover_id>/end", "POST /directory/people/<person_id>/close"),
    *("POST /directory/people/<person_id>/sign-out", "POST /directory/sign-out"),
    *("POST /raise/<draft_id>/delete", "POST /hide", "POST /sign-out", "POST /tablet/switch"),
)


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
