"""Fills what was typed into the form of a page that is already drawn, so that no view has to know of it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape
from html.parser import HTMLParser

_UNTOUCHED = ("hidden", "password", "file", "submit", "button")
_VALUE = re.compile(r'\svalue="[^"]*"')
_CHECKED = re.compile(r"\s(?:checked|selected)(?:=\"[^\"]*\")?(?=[\s/>])")
Attributes = list[tuple[str, str | None]]


def filled(page: str, address: str, fields: Sequence[tuple[str, str]]) -> str:
    """The page with these fields in the form that is sent to `address`. Everything else stays as it is."""
    filler = _Filler(address, fields)
    filler.feed(page)
    filler.close()
    return "".join(filler.out)


class _Filler(HTMLParser):
    def __init__(self, address: str, fields: Sequence[tuple[str, str]]) -> None:
        super().__init__(convert_charrefs=False)
        self.address, self.out, self.inside = address, list[str](), False
        self.select, self.silent = "", False
        self.values: dict[str, list[str]] = {}
        for name, value in fields:
            self.values.setdefault(name, []).append(value)

    def handle_starttag(self, tag: str, attrs: Attributes) -> None:
        raw, found = self.get_starttag_text() or "", dict(attrs)
        if tag == "form":
            self.inside = found.get("method") == "post" and found.get("action") in (None, "", self.address)
        name = found.get("name") or ""
        if not self.inside:
            self.out.append(raw)
        elif tag == "input":
            self.out.append(self._input(raw, name, found))
        elif tag == "select":
            self.select = name
            self.out.append(raw)
        elif tag == "option" and self.select in self.values:
            chosen = (found.get("value") or "") in self.values[self.select]
            self.out.append(_marked(raw, "selected") if chosen else _CHECKED.sub("", raw))
        elif tag == "textarea" and self.values.get(name):
            self.silent = True  # what the page had in it is replaced; a browser drops the first line end
            self.out.append(f"{raw}\n{escape(self.values[name].pop(0))}")
        else:
            self.out.append(raw)

    def _input(self, raw: str, name: str, found: dict[str, str | None]) -> str:
        kind = found.get("type") or "text"
        if kind in _UNTOUCHED or name not in self.values:
            return raw
        if kind in ("radio", "checkbox"):
            chosen = (found.get("value") or "on") in self.values[name]
            return _marked(raw, "checked") if chosen else _CHECKED.sub("", raw)
        if not self.values[name]:
            return raw
        return _with(_VALUE.sub("", raw), f'value="{escape(self.values[name].pop(0))}"')

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self.silent = False
        elif tag == "select":
            self.select = ""
        elif tag == "form":
            self.inside = False
        self._say(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        self._say(data)

    def handle_entityref(self, name: str) -> None:
        self._say(f"&{name};")

    def handle_charref(self, name: str) -> None:
        self._say(f"&#{name};")

    def handle_comment(self, data: str) -> None:
        self._say(f"<!--{data}-->")

    def handle_decl(self, decl: str) -> None:
        self._say(f"<!{decl}>")

    def _say(self, text: str) -> None:
        if not self.silent:
            self.out.append(text)


def _marked(raw: str, mark: str) -> str:
    return _with(_CHECKED.sub("", raw), mark)


def _with(raw: str, more: str) -> str:
    end = "/>" if raw.endswith("/>") else ">"
    return f"{raw.removesuffix(end).rstrip()} {more}{end}"
