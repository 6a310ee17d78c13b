"""What each form of the directory asks, says and does. Draws nothing, and knows no request."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from escalation.closures.questions import question
from escalation.errors import Unanswered
from escalation.office import Changing, Reading
from escalation.people import asking, closing, joining, keeping
from escalation.people.access import Viewer
from escalation.people.asking import Choices
from escalation.people.entries import AgencyRecord
from escalation.signin import links
from workflows.definition import Field

Typed = Mapping[str, Any]
NAME = question("name", "text", "Name", "Enter a name")
KIND = question(
    "kind",
    "text",
    "What kind of agency is it?",
    "Enter a kind",
    "For example nursery, school, council",
)
TITLE = question(
    "name", "text", "What is the post called?", "Enter a name", "The job, not whoever holds it: Team manager"
)
LEVEL = question("level", "choice", "At which level is it?", "Choose a level")
TEAM = replace(question("team", "choice", "Which team is it in?", "Choose a team"), needed=False)
PERSON = question("person", "choice", "Who?", "Choose somebody")
PERSON_NAME = question("name", "text", "Full name", "Enter a name")
EMAIL = question(
    "email", "text", "E-mail address", "Enter an e-mail address", "Their own at work, that nobody else reads"
)
POST = question("post", "choice", "Which post do they hold?", "Choose a post")
FIRST = question("first_day", "date", "From which day?", "Enter the first day", "For example 24 12 2026")
LAST = replace(
    question(
        "last_day", "date", "Until which day?", "Enter the last day", "Leave it empty if it is not known"
    ),
    needed=False,
)
LAST_NOW = replace(LAST, label="What is their last day?", hint="Leave it empty to end it now")
AFTER = replace(question("successor", "choice", "Which has its work now?", "Choose which"), needed=False)
PARTNERSHIP = question("partnership", "choice", "Which partnership?", "Choose a partnership")
_ENGINE_NAMES = {"from": "first_day", "until": "last_day"}


@dataclass(frozen=True, slots=True)
class Sheet:
    """A page with a form. `grave`: it is asked before something that does not come back."""

    title: str
    agency: AgencyRecord | None
    button: str
    questions: tuple[Field, ...] = ()
    choices: Mapping[str, Choices] = field(default_factory=dict)
    values: Typed = field(default_factory=dict)
    words: tuple[str, ...] = ()
    grave: bool = False
    link: tuple[str, str] | None = None


# A second person: `people.giving`.
SECOND = (
    "Whoever else answers for the agency is told at once. Somebody who does not work in the agency yet begins"
    " when one of them has said that this is right."
)
Shown = Callable[[Reading, Viewer, str], Sheet]
Done = Callable[[Changing, Viewer, str, Typed], str]


@dataclass(frozen=True, slots=True)
class Deed:
    """A form: how it is drawn, what sending it does (giving the agency’s id back), and what is said then."""

    shown: Shown
    do: Done
    said: str


def add_agency(work: Changing, viewer: Viewer, partnership_id: str, typed: Typed) -> str:
    """Add an agency to a partnership; its id."""
    asking.refuse_twin(work, typed["name"], partnership_id=partnership_id)
    return keeping.put_agency(work, viewer, {"name": typed["name"], "kind": typed["kind"]}, partnership_id)


def _agency(work: Reading, viewer: Viewer, agency_id: str) -> Sheet:
    found = asking.thing(work, viewer, "agency", agency_id)
    title = f"Change {found.name}"
    return Sheet(title, found.agency, "Save", (NAME, KIND), values=found.values)


def _put_agency(work: Changing, viewer: Viewer, agency_id: str, typed: Typed) -> str:
    given = {"id": agency_id, "name": typed["name"], "kind": typed["kind"]}
    return keeping.put_agency(work, viewer, given)


def _close_agency(work: Reading, viewer: Viewer, agency_id: str) -> Sheet:
    found = asking.agency(work, viewer, agency_id)
    said = ("No challenge can be raised with it any more. Its history stays.", "Its posts are closed first.")
    return Sheet(f"Close {found.name}?", found, "Close the agency", words=said, grave=True)


def _closes(kind: str) -> Done:
    def do(work: Changing, viewer: Viewer, thing_id: str, typed: Typed) -> str:
        home = asking.thing(work, viewer, kind, thing_id).agency
        successor = typed.get("successor", "")
        closing.close(work, viewer, kind, thing_id, successor=successor)
        return home.id

    return do


def _team(work: Reading, viewer: Viewer, agency_id: str) -> Sheet:
    home = asking.agency(work, viewer, agency_id)
    return Sheet("Add a team", home, "Add the team", (NAME,))


def _add_team(work: Changing, viewer: Viewer, agency_id: str, typed: Typed) -> str:
    asking.agency(work, viewer, agency_id)
    asking.refuse_twin(work, typed["name"], agency_id=agency_id)
    keeping.put_team(work, viewer, {"agency": agency_id, "name": typed["name"]})
    return agency_id


def _edit_team(work: Reading, viewer: Viewer, team_id: str) -> Sheet:
    found = asking.thing(work, viewer, "team", team_id)
    return Sheet(f"Change {found.name}", found.agency, "Save", (NAME,), values=found.values)


def _put_team(work: Changing, viewer: Viewer, team_id: str, typed: Typed) -> str:
    home = asking.thing(work, viewer, "team", team_id).agency
    keeping.put_team(work, viewer, {"id": team_id, "agency": home.id, "name": typed["name"]})
    return home.id


def _close_team(work: Reading, viewer: Viewer, team_id: str) -> Sheet:
    found = asking.thing(work, viewer, "team", team_id)
    offered = asking.teams(work, found.agency.id, but=team_id)
    said = "Its open posts move to the team that has its work now, and challenges find them there."
    return Sheet(
        f"Close {found.name}?", found.agency, "Close the team", (AFTER,), {"successor": offered},
        words=(said,), grave=True,
    )  # fmt: skip


def _post(work: Reading, viewer: Viewer, agency_id: str) -> Sheet:
    home = asking.agency(work, viewer, agency_id)
    return Sheet("Add a post", home, "Add the post", *_about_post(work, viewer, home))


def _about_post(
    work: Reading, viewer: Viewer, home: AgencyRecord
) -> tuple[tuple[Field, ...], dict[str, Choices]]:
    offered = asking.teams(work, home.id)
    choices = {"level": asking.levels(viewer, home), "team": (("", "No team"), *offered)}
    return (TITLE, LEVEL, TEAM) if offered else (TITLE, LEVEL), choices


def _add_post(work: Changing, viewer: Viewer, agency_id: str, typed: Typed) -> str:
    asking.agency(work, viewer, agency_id)
    keeping.put_post(work, viewer, {"agency": agency_id, **_of_post(typed)})
    return agency_id


def _of_post(typed: Typed) -> dict[str, str]:
    return {name: typed.get(name, "") for name in ("name", "level", "team")}


def _edit_post(work: Reading, viewer: Viewer, post_id: str) -> Sheet:
    found = asking.thing(work, viewer, "post", post_id)
    about = _about_post(work, viewer, found.agency)
    return Sheet(f"Change {found.name}", found.agency, "Save", *about, values=found.values)


def _put_post(work: Changing, viewer: Viewer, post_id: str, typed: Typed) -> str:
    home = asking.thing(work, viewer, "post", post_id).agency
    keeping.put_post(work, viewer, {"id": post_id, "agency": home.id, **_of_post(typed)})
    return home.id


def _close_post(work: Reading, viewer: Viewer, post_id: str) -> Sheet:
    found = asking.thing(work, viewer, "post", post_id)
    offered = asking.posts(work, found.agency, but=post_id)
    said = "Whoever holds it holds it no more from now on. A post where an open challenge waits stays open."
    return Sheet(
        f"Close {found.name}?", found.agency, "Close the post", (AFTER,), {"successor": offered},
        words=(said,), grave=True,
    )  # fmt: skip


def _give(work: Reading, viewer: Viewer, post_id: str) -> Sheet:
    found = asking.thing(work, viewer, "post", post_id)
    return Sheet(
        f"Who holds “{found.name}”?", found.agency, "Give them the post", (PERSON, FIRST, LAST),
        {"person": asking.people(work, viewer)}, words=(SECOND,),
        link=("Somebody who has no account here yet", f"agencies/{found.agency.id}/add-person"),
    )  # fmt: skip


def _given(work: Changing, viewer: Viewer, post_id: str, typed: Typed) -> str:
    home = asking.thing(work, viewer, "post", post_id).agency
    days = _together(
        lambda: _one_of(PERSON, typed, asking.people(work, viewer)),
        lambda: asking.days(work, typed),
    )
    first, last = days[1]
    keeping.hold(work, viewer, post_id, typed["person"], first, last)
    return home.id


def _one_of(asked: Field, typed: Typed, offered: Choices) -> None:
    if typed.get(asked.name, "") not in dict(offered):
        raise Unanswered({asked.name: [asked.missing]})


def _together(*steps: Callable[[], Any]) -> list[Any]:
    """What each step gives; every fault of all of them at once. The transaction keeps nothing then."""
    found, faults = [], dict[str, list[str]]()
    for step in steps:
        try:
            found.append(step())
        except Unanswered as refused:
            faults.update(refused.messages)
    if faults:
        raise Unanswered(faults)
    return found


def _newcomer(work: Reading, viewer: Viewer, agency_id: str) -> Sheet:
    home = asking.agency(work, viewer, agency_id)
    said = "They get a letter with a link to choose a password. It works once, and for 7 days."
    return Sheet(
        "Add a person", home, "Add them and send the invitation", (PERSON_NAME, EMAIL, POST, FIRST, LAST),
        {"post": asking.posts(work, home)}, words=(said, SECOND),
    )  # fmt: skip


def _add_person(work: Changing, viewer: Viewer, agency_id: str, typed: Typed) -> str:
    home = asking.agency(work, viewer, agency_id)
    given = {"name": typed["name"], "email": typed["email"]}
    person_id, _, (first, last) = _together(
        lambda: keeping.put_person(work, viewer, given, near=agency_id),
        lambda: _one_of(POST, typed, asking.posts(work, home)),
        lambda: asking.days(work, typed),
    )
    keeping.hold(work, viewer, typed["post"], person_id, first, last)
    links.send(work, person_id, links.INVITATION)
    return agency_id


def _edit_person(work: Reading, viewer: Viewer, person_id: str) -> Sheet:
    found = asking.thing(work, viewer, "person", person_id)
    return Sheet(f"Change {found.name}", found.agency, "Save", (PERSON_NAME, EMAIL), values=found.values)


def _put_person(work: Changing, viewer: Viewer, person_id: str, typed: Typed) -> str:
    found = asking.thing(work, viewer, "person", person_id)
    keeping.put_person(work, viewer, {"id": person_id, "name": typed["name"], "email": typed["email"]})
    return found.agency.id


def _end(work: Reading, viewer: Viewer, holding_id: str) -> Sheet:
    found = asking.holding(work, viewer, _number(holding_id))
    who, day = found.holding.name, "They act for it until the end of that day. What they did stays on record."
    title = f"{who} holds “{found.title}” no more"
    return Sheet(title, found.agency, "End it", (LAST_NOW,), words=(day,), grave=True)


def _ended(work: Changing, viewer: Viewer, holding_id: str, typed: Typed) -> str:
    found = asking.holding(work, viewer, _number(holding_id))
    keeping.end(work, viewer, found.holding.id, asking.last_day(work, typed))
    return found.agency.id


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else -1


def _join(work: Reading, viewer: Viewer, agency_id: str) -> Sheet:
    home = asking.agency(work, viewer, agency_id)
    others = joining.others(work, viewer, agency_id)
    offered = tuple((each.id, each.name) for each in others if each.id not in home.partnerships)
    said = "Challenges about children who live in its area are raised with this agency there too."
    return Sheet(
        f"{home.name} in another partnership", home, "Add the membership", (PARTNERSHIP,) if offered else (),
        {"partnership": offered}, words=(said if offered else "There is no other partnership to add.",),
    )  # fmt: skip


def _part(work: Reading, viewer: Viewer, agency_id: str) -> Sheet:
    home = asking.agency(work, viewer, agency_id)
    others = joining.others(work, viewer, agency_id)
    offered = tuple((each.id, each.name) for each in others if each.id in home.partnerships)
    said = "Nothing new is raised with it there. It stays a member while an open challenge there needs it."
    return Sheet(
        f"{home.name} leaves a partnership", home, "End the membership", (PARTNERSHIP,) if offered else (),
        {"partnership": offered}, words=(said if offered else "It belongs to no other.",), grave=True,
    )  # fmt: skip


def _chosen(typed: Typed) -> str:
    if not typed.get("partnership"):
        raise Unanswered({"partnership": [PARTNERSHIP.missing]})
    return str(typed["partnership"])


def _joined(work: Changing, viewer: Viewer, agency_id: str, typed: Typed) -> str:
    joining.others(work, viewer, agency_id)
    joining.join(work, viewer, agency_id, _chosen(typed))
    return agency_id


def _parted(work: Changing, viewer: Viewer, agency_id: str, typed: Typed) -> str:
    joining.others(work, viewer, agency_id)
    joining.leave(work, viewer, agency_id, _chosen(typed))
    return agency_id


def in_form(messages: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """What the engine says of its names, by the names of the form."""
    return {_ENGINE_NAMES.get(name, name): found for name, found in messages.items()}


DEEDS: Mapping[tuple[str, str], Deed] = {
    ("agencies", "edit"): Deed(_agency, _put_agency, "The agency is changed."),
    ("agencies", "close"): Deed(_close_agency, _closes("agency"), "The agency is closed."),
    ("agencies", "add-team"): Deed(_team, _add_team, "The team is added."),
    ("agencies", "add-post"): Deed(_post, _add_post, "The post is added."),
    ("agencies", "add-person"): Deed(
        _newcomer, _add_person, "They are added. The invitation leaves with the next letters."
    ),
    ("agencies", "add-partnership"): Deed(_join, _joined, "The agency belongs to that partnership too."),
    ("agencies", "end-partnership"): Deed(_part, _parted, "The agency belongs there no more."),
    ("teams", "edit"): Deed(_edit_team, _put_team, "The team is changed."),
    ("teams", "close"): Deed(_close_team, _closes("team"), "The team is closed."),
    ("posts", "edit"): Deed(_edit_post, _put_post, "The post is changed."),
    ("posts", "close"): Deed(_close_post, _closes("post"), "The post is closed."),
    ("posts", "give"): Deed(_give, _given, "The post is given."),
    ("people", "edit"): Deed(_edit_person, _put_person, "What is known of them is changed."),
    ("holdings", "end"): Deed(_end, _ended, "That is recorded."),
}
