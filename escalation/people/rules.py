"""Who may do what, as one table that can be read aloud. What it leaves out is a no; it decides nothing."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType


class Function(Enum):
    """Something that can be done or seen. The value is how the table names it."""

    READ = "read the case"
    WORDS = "read the words both sides share"
    NAMES = "read the names of workers"
    CHILD = "read the child’s details"
    FILES = "read files"
    PRIVATE = "read the private notes of one’s own side"
    READERS = "see who has read the case"
    ACT = "act on the case, as the procedure says"
    BOARD_CASE = "read the case without identities"
    BOARD_LIST = "see every case of the partnership in a list, without identities"
    FIGURES = "see figures"
    RAISE = "raise a challenge"
    BREAK_GLASS = "open a case for an emergency, with a reason"
    ODD_OF_AGENCY = "see unusual reading by one’s own agency"
    ODD_OF_ALL = "see unusual reading in the whole partnership"
    OFFICE = "keep procedures, closures and the service’s state"
    DIRECTORY = "keep the directory"
    LOOK_UP = "look at the directory"
    VOUCH = "confirm who a colleague is that cannot sign in"
    LEAVERS = "see to it that work passes on when somebody leaves"


class Relation(Enum):
    """What somebody is: to a case (the first five), or by a post they hold. Strongest first."""

    RAISING = "raising side"
    RESPONDING = "responding side"
    DECIDING = "deciding"
    TOLD = "told by the procedure"
    EMERGENCY = "break-glass reader"
    WORKER = "practitioner’s post"
    MANAGER = "manager’s post"
    SENIOR = "senior’s post"
    NAMED = "post named for emergencies"
    CHAIR = "chair"
    OFFICE = "office"
    SCRUTINEER = "scrutineer"
    COORDINATOR = "coordinator"
    ADMINISTRATOR = "administrator"


TO_A_CASE = (Relation.RAISING, Relation.RESPONDING, Relation.DECIDING, Relation.TOLD, Relation.EMERGENCY)
OF_LEVEL: Mapping[str, Relation] = MappingProxyType(
    {
        "practitioner": Relation.WORKER,
        "manager": Relation.MANAGER,
        "senior": Relation.SENIOR,
        "chair": Relation.CHAIR,
        "office": Relation.OFFICE,
        "scrutineer": Relation.SCRUTINEER,
        "coordinator": Relation.COORDINATOR,
        "administrator": Relation.ADMINISTRATOR,
    }
)
_F = Function
_SIDE = frozenset({_F.READ, _F.WORDS, _F.NAMES, _F.CHILD, _F.FILES, _F.PRIVATE, _F.READERS, _F.ACT})
_BOARD = frozenset({_F.BOARD_CASE, _F.BOARD_LIST, _F.FIGURES})
_CHAIR = _BOARD | {_F.OFFICE, _F.ODD_OF_ALL, _F.LOOK_UP}
_OFFICE = _CHAIR | {_F.VOUCH, _F.LEAVERS}
_MANAGES = frozenset({_F.RAISE, _F.ODD_OF_AGENCY, _F.LEAVERS})
_KEEPS = frozenset({_F.DIRECTORY, _F.LOOK_UP, _F.LEAVERS})

ALLOWED: Mapping[Relation, frozenset[Function]] = MappingProxyType(
    {
        Relation.RAISING: _SIDE,
        Relation.RESPONDING: _SIDE,
        # Whoever decides belongs to neither side, so neither side’s private notes are theirs.
        Relation.DECIDING: _SIDE - {_F.PRIVATE},
        # The office, told that nobody answered, must see to it; it need not know which child.
        Relation.TOLD: frozenset({_F.READ, _F.WORDS, _F.READERS, _F.ACT}),
        Relation.EMERGENCY: frozenset({_F.READ, _F.WORDS, _F.NAMES, _F.CHILD, _F.FILES, _F.READERS}),
        Relation.WORKER: frozenset({_F.RAISE}),
        Relation.MANAGER: _MANAGES,
        Relation.SENIOR: _MANAGES,
        Relation.NAMED: frozenset({_F.BREAK_GLASS}),
        Relation.CHAIR: _CHAIR,
        Relation.OFFICE: _OFFICE,
        Relation.SCRUTINEER: _BOARD,
        Relation.COORDINATOR: _KEEPS,
        Relation.ADMINISTRATOR: _KEEPS | {_F.VOUCH},
    }
)


def allows(relation: Relation, function: Function) -> bool:
    """Whether the table opens it. What the table does not say is closed."""
    return function in ALLOWED.get(relation, frozenset())
