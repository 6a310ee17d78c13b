"""Files made to do harm: bombs, macros, scripts in pictures, programs that look like documents."""

from __future__ import annotations

import io
import time
import tracemalloc
import zipfile

import pytest
from werkzeug.datastructures import FileStorage

from escalation.config import Uploads
from escalation.privacy.content import Upload
from web import uploads
from web.uploads import MOST_MEMBERS

WORD = {"[Content_Types].xml": b"<x/>", "word/document.xml": b"<x/>"}
ODT = "application/vnd.oasis.opendocument.text"


def pack(members: dict[str, bytes], *, squeezed: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A pack with these files in it."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", squeezed) as into:
        for name, data in members.items():
            into.writestr(name, data)
    return made.getvalue()


def looked_at(data: bytes, name: str = "letter.docx") -> tuple[list[Upload], list[str]]:
    found = uploads.looked_at([FileStorage(io.BytesIO(data), name)], Uploads())
    return found.good, found.wrong


def refused(data: bytes, name: str = "letter.docx") -> bool:
    good, wrong = looked_at(data, name)
    return not good and "not a kind of file we can take" in wrong[0]


def with_password() -> bytes:
    """A pack whose list says that its files are locked."""
    made = bytearray(pack(WORD))
    at = made.find(b"PK\x01\x02")
    while at >= 0:
        made[at + 8] |= 1
        at = made.find(b"PK\x01\x02", at + 4)
    return bytes(made)


def test_a_document_is_taken() -> None:
    good, wrong = looked_at(
        pack({**WORD, "word/media/image1.png": b"x" * 3000, "word/theme.xml": b"<a/>" * 5000})
    )
    assert (wrong, good[0].name) == ([], "letter.docx")


@pytest.mark.parametrize(
    "data",
    [
        pack({**WORD, "word/media/a.bmp": b"\0" * 200_000_000}),
        pack({**WORD, **{f"word/{n}.xml": b"\0" * 1_000_000 for n in range(120)}}),
        pack({**WORD, **{f"word/{n}": b"" for n in range(MOST_MEMBERS)}}, squeezed=zipfile.ZIP_STORED),
        pack({**WORD, "word/inside.zip": pack(WORD)}),
        pack({**WORD, "word/vbaProject.bin": b"x"}),
        pack({**WORD, "word/vbaData.xml": b"x"}),
        pack({**WORD, "word/setup.EXE": b"x"}),
        pack({**WORD, "../../etc/cron.d/x": b"x"}),
        pack({**WORD, "/etc/passwd": b"x"}),
        with_password(),
        b"MZ\x90\x00" + pack(WORD),
        b"<script>alert(1)</script>" + b"\0" + pack(WORD),
        pack(WORD)[:-30],
        pack({"mimetype": ODT.encode(), "Basic/Standard/Module1.xml": b"x"}, squeezed=zipfile.ZIP_STORED),
        b"Rar!\x1a\x07\x01\x00",
        b"GIF89a\x00;<script>alert(1)</script>",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600,
    ],
    ids=["one great file", "many great files", "many files", "pack in a pack", "macros", "macro data",
         "program", "outside", "whole path", "password", "program before it", "page before it", "cut off",
         "macros of OpenDocument", "rar", "gif", "old Word"],
)  # fmt: skip
def test_a_pack_made_to_harm_is_refused(data: bytes) -> None:
    assert refused(data)


def test_looking_at_a_bomb_costs_nearly_nothing() -> None:
    # 60 bytes for each entry: more than ten thousand of them in less than a megabyte.
    bombs = [pack({f"{n}": b"" for n in range(10_000)}, squeezed=zipfile.ZIP_STORED),
             pack({**WORD, "a": b"\0" * 300_000_000})]  # fmt: skip
    for bomb in bombs:
        tracemalloc.start()
        began = time.thread_time()  # of this thread alone: others may be busy
        assert refused(bomb)
        took, (_, most) = time.thread_time() - began, tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert took < 2
        assert most < 5_000_000


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("drawing.svg", b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'),
        ("page.html", b"<!doctype html><script>alert(1)</script>"),
        ("page.xhtml", b'<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"/>'),
        ("sheet.csv", b"=cmd|' /C calc'!A0,1"),
        ("run.bat", b"@echo off"),
        ("link.url", b"[InternetShortcut]\nURL=https://evil.example"),
    ],
)
def test_words_that_could_run_are_kept_as_plain_text_under_a_name_that_says_so(
    name: str, data: bytes
) -> None:
    [kept], wrong = looked_at(data, name)
    assert wrong == []
    assert (kept.kind, kept.name) == ("text/plain", f"{name.split('.', maxsplit=1)[0]}.txt")


@pytest.mark.parametrize("start", [b"%PDF-1.4", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"])
def test_a_page_behind_a_picture_is_a_picture_to_download(start: bytes) -> None:
    [kept], _ = looked_at(start + b"<html><script>alert(1)</script>", "x.html")
    assert kept.kind in ("application/pdf", "image/png", "image/jpeg")
    assert not kept.name.endswith("html")


@pytest.mark.parametrize(
    "name",
    ["a\r\nSet-Cookie: x=1.pdf", 'a";filename=b.exe', "a\u202efdp.exe", "…/../x", "\0", "CON", ".htaccess"],
)
def test_a_name_is_never_more_than_a_name(name: str) -> None:
    [kept], _ = looked_at(b"%PDF-1.4", name)
    assert kept.name.endswith(".pdf")
    assert not set(kept.name) & set('\r\n\0"/\\\u202e')
