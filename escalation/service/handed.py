"""What has been handed over on a case so far, as its events say: from which post to which. Asks nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from escalation.ledger.events import Act

HANDED = ("hand_over", "step_aside", "pass_on_empty")


def handed(acts: Iterable[Act]) -> dict[str, str]:
    """Each post that gave the case away, with the post that has it since. The newest word counts."""
    found: dict[str, str] = {}
    for facts in (act.facts for act in acts if act.action in HANDED):
        giver, taker = str(facts["from"]), str(facts["to"])
        found.pop(taker, None)  # who is given it back has it again
        if giver != taker:
            found[giver] = taker
    return found


def follow(to: Mapping[str, str], post_id: str) -> str:
    """Who has now what a post had. It ends, because whoever is given something back gives it to nobody."""
    while post_id in to:
        post_id = to[post_id]
    return post_id
