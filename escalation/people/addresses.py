"""Names and e-mail addresses as people type them: what only looks right is refused. Knows no directory."""

from __future__ import annotations

import re
import unicodedata

from marshmallow import ValidationError
from marshmallow.validate import Email

LONGEST_NAME = 200
# A spreadsheet takes a cell that begins like this for a formula, whoever opens it.
FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r")
_LOOK_ALIKE = (("rn", "m"), ("vv", "w"), ("0", "o"), ("1", "l"))
_INVISIBLE = ("Cc", "Cf", "Co", "Cs", "Zl", "Zp")
_ALPHABETS = {"LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE"}
_EMAIL = Email()


def tidy(text: str) -> str:
    """The text in one line, with single spaces, in the usual composed form."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def fault_of_name(text: str) -> str | None:
    """What is wrong with a name or a title, as a sentence; None where it is fit."""
    if not text:
        return "Enter a name"
    if len(text) > LONGEST_NAME:
        return f"A name can have {LONGEST_NAME} characters at most"
    if text.startswith(FORMULA):
        return f"A name cannot begin with “{text[0]}”: a spreadsheet would take it for a formula"
    if any(unicodedata.category(letter) in _INVISIBLE for letter in text):
        return "The name has a character that cannot be seen. Type it again"
    for word in text.split():
        if len(_scripts(word)) > 1:
            return f"“{word}” mixes letters of two alphabets that look alike. Type it again"
    return None


def fault_of_address(text: str) -> str | None:
    """What is wrong with an e-mail address, as a sentence; None where it is fit.

    Letters outside plain Latin are refused, not compared: in an address an “а” of another alphabet cannot be
    told from an “a”, and a letter to it would reach somebody else.
    """
    if text.startswith(FORMULA):
        return f"An address cannot begin with “{text[0]}”: a spreadsheet would take it for a formula"
    strange = next((letter for letter in text if not letter.isascii()), None)
    if strange:
        name = unicodedata.name(strange, "a character without a name").lower()
        return f"The address has “{strange}” ({name}), which can pass for another letter. Type it again"
    try:
        _EMAIL(text)
    except ValidationError:
        return "Enter an e-mail address like name@example.org"
    return None


def looks_like(address: str) -> str:
    """The same for two addresses that a reader cannot tell apart."""
    found = address.lower()
    for one, other in _LOOK_ALIKE:
        found = found.replace(one, other)
    return found


def slug(text: str) -> str:
    """A short id made of a name."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:30].strip("-") or "entry"


def _scripts(word: str) -> set[str]:
    names = (unicodedata.name(letter, "") for letter in word if letter.isalpha())
    return {name.split()[0] for name in names if name} & _ALPHABETS
