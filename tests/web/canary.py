"""Hears a canary: a word of its own in what people type, wherever it comes out again."""

from __future__ import annotations

import html
import re
from typing import Any

CANARY = re.compile("kanarie", re.IGNORECASE)
ATTRIBUTES = re.compile(r'\s(?:href|src|action|formaction)="([^"]*)"')


def sings(text: str) -> list[str]:
    """Where a canary sings in a text."""
    return [text[max(0, m.start() - 60) : m.end() + 40] for m in CANARY.finditer(text)]


def outside(page: Any) -> str:
    """What of a page leaves it: its title, its addresses, its headers, its cookies."""
    title = re.search(r"<title[^>]*>(.*?)</title>", page.text, re.DOTALL)
    return html.unescape(
        "\n".join([title[1] if title else "", *ATTRIBUTES.findall(page.text), str(page.headers)])
    )
