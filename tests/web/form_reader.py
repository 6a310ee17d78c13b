"""Reads the forms of a page, and where it leads, as a browser would."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from html.parser import HTMLParser

# What nobody types words into.
CHOSEN = ("hidden", "radio", "checkbox", "submit", "file")
Filled = dict[str, str]


@dataclass
class Form:
    """One form that is sent: where to, what it holds of itself, and what people type or choose."""

    action: str
    held: Filled = field(default_factory=dict)
    typed: list[str] = field(default_factory=list)
    choices: dict[str, list[str]] = field(default_factory=dict)

    def filled(self, word: Callable[[str], str]) -> Filled:
        """What a browser would send with a word in each field, and the last choice of each question."""
        return {
            **self.held,
            **{n: v[-1] for n, v in self.choices.items()},
            **{n: word(n) for n in self.typed},
        }


class Page(HTMLParser):
    """The forms of a page that are sent (not those that only look), and its links."""

    def __init__(self, address: str, text: str) -> None:
        super().__init__()
        self.address, self.forms, self.links = address, list[Form](), list[str]()
        self._form: Form | None = None
        self._question = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take in one tag."""
        given = {name: value or "" for name, value in attrs}
        if tag == "a":
            self.links.append(given.get("href", "").split("#")[0])
        elif tag == "form" and given.get("method", "").lower() == "post":
            self._form = Form(given.get("action") or self.address)
            self.forms.append(self._form)
        elif self._form is not None:
            self._control(self._form, tag, given)

    def _control(self, form: Form, tag: str, given: dict[str, str]) -> None:
        name, kind = given.get("name", ""), given.get("type", "text")
        if tag == "option" and given.get("value"):
            form.choices.setdefault(self._question, []).append(given["value"])
        elif not name:
            return
        elif tag == "textarea" or (tag == "input" and kind not in CHOSEN):
            form.typed.append(name)
        elif tag == "select":
            self._question = name
        elif kind in ("radio", "checkbox"):
            form.choices.setdefault(name, []).append(given.get("value", "on"))
        elif kind == "hidden" or tag == "button":
            form.held.setdefault(name, given.get("value", ""))

    def handle_endtag(self, tag: str) -> None:
        """Take in the end of one."""
        if tag == "form":
            self._form = None
