"""Takes files in, by what they hold and not by what they are called. Keeps none itself."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import PurePath

from werkzeug.datastructures import FileStorage

from escalation.config import Uploads
from escalation.privacy.content import Upload

LONGEST_NAME = 100
# Documents of Word and OpenDocument are packs of files.
MOST_MEMBERS = 2_000
LARGEST_UNPACKED = 100_000_000
MOST_TIMES = 100  # as large unpacked as packed; text comes to some 20
_PACK, _ENTRY = b"PK\x03\x04", b"PK\x01\x02"
_NOT_INSIDE = (".zip", ".7z", ".rar", ".gz", ".exe", ".js", ".vbs", "vbaproject.bin", "vbadata.xml")
_MACROS = ("basic/", "scripts/")  # where OpenDocument keeps them
WANTED = "Save it as a PDF, Word (.docx), OpenDocument (.odt), plain text, JPEG or PNG file, and try again."


@dataclass(frozen=True, slots=True)
class _Kind:
    """A kind of file: its media type, its name’s ending, and how to know it by its content."""

    media: str
    ending: str
    known: Callable[[bytes], bool]


def _begins(*starts: bytes) -> Callable[[bytes], bool]:
    return lambda data: data.startswith(starts)


def _members(data: bytes) -> list[zipfile.ZipInfo]:
    """What a pack holds, from its list alone: nothing is ever unpacked. Empty where it is none we can take.

    It begins as a pack does, so that no program carries it behind itself; it says of itself that it is not
    larger, unpacked, than a reader’s machine bears; nothing in it hides behind a password or leads elsewhere.
    """
    # Counted before it is read: the list of a few megabytes would be a hundred in memory.
    if not data.startswith(_PACK) or data.count(_ENTRY) > MOST_MEMBERS:
        return []
    try:
        found = zipfile.ZipFile(io.BytesIO(data)).infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, EOFError):
        return []
    unpacked = sum(each.file_size for each in found)
    if unpacked > LARGEST_UNPACKED or unpacked > MOST_TIMES * len(data):
        return []
    return [] if any(_hides(each) for each in found) else found


def _hides(member: zipfile.ZipInfo) -> bool:
    """Whether it has a password, a place outside its pack, or another pack or macros in it."""
    name = member.filename.lower()
    outside = name.startswith("/") or "\\" in name or ".." in name.split("/")
    return bool(member.flag_bits & 1) or outside or name.endswith(_NOT_INSIDE) or name.startswith(_MACROS)


def _is_docx(data: bytes) -> bool:
    return {"[Content_Types].xml", "word/document.xml"} <= {each.filename for each in _members(data)}


def _is_odt(data: bytes) -> bool:
    # The format puts its type first and unpacked, so that it can be read without unpacking anything.
    return b"mimetypeapplication/vnd.oasis.opendocument.text" in data[:100] and bool(_members(data))


def _is_text(data: bytes) -> bool:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return False
    return not re.search(r"[\x00-\x08\x0e-\x1f]", text)


_KINDS = (
    _Kind("application/pdf", ".pdf", _begins(b"%PDF-")),
    _Kind("image/png", ".png", _begins(b"\x89PNG\r\n\x1a\n")),
    _Kind("image/jpeg", ".jpg", _begins(b"\xff\xd8\xff")),
    _Kind("application/vnd.openxmlformats-officedocument.wordprocessingml.document", ".docx", _is_docx),
    _Kind("application/vnd.oasis.opendocument.text", ".odt", _is_odt),
    _Kind("text/plain", ".txt", _is_text),
)


def taken_in(
    sent: Sequence[FileStorage], settings: Uploads, *, already: int
) -> tuple[list[Upload], list[str]]:
    """The files that may be kept, and a sentence for each that may not. `already` is how many there are."""
    good: list[Upload] = []
    wrong: list[str] = []
    for file in sent:
        if not file.filename:
            continue  # the box was left empty
        name, data = _name(file.filename), file.stream.read()
        fault = _fault(name, data, settings)
        if not fault and already + len(good) >= settings.most_files:
            fault = f"“{name}” was not added: {settings.most_files} files is the most. Remove one first."
        if fault:
            wrong.append(fault)
        else:
            good.append(_upload(name, data))
    return good, wrong


def _fault(name: str, data: bytes, settings: Uploads) -> str:
    most = settings.largest_megabytes
    if not data:
        return f"“{name}” is empty. Check the file and choose it again."
    if len(data) > most * 1_000_000:
        return f"“{name}” is larger than {most} MB. Make it smaller, or send only the pages that matter."
    if _kind(data) is None:
        return f"“{name}” is not a kind of file we can take. {WANTED}"
    return ""


def _kind(data: bytes) -> _Kind | None:
    return next((kind for kind in _KINDS if kind.known(data)), None)


def _upload(name: str, data: bytes) -> Upload:
    kind = _kind(data)
    assert kind is not None, "asked just before"  # noqa: S101 - a file without a kind has a fault
    endings = (".jpg", ".jpeg") if kind.ending == ".jpg" else (kind.ending,)
    kept = name if name.lower().endswith(endings) else f"{PurePath(name).stem}{kind.ending}"
    return Upload(kept, kind.media, data)


def _name(given: str) -> str:
    """The last part of the name, without anything a name should not hold."""
    last = re.split(r"[/\\]", given)[-1]
    clean = re.sub(r"[\x00-\x1f\x7f\"<>|:*?\u202a-\u202e\u2066-\u2069]", "", last).strip(" .") or "file"
    path = PurePath(clean)
    return f"{path.stem[: LONGEST_NAME - len(path.suffix[:10])]}{path.suffix[:10]}"
