"""Takes files in, by what they hold and not by what they are called. Keeps none itself."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath

from werkzeug.datastructures import FileStorage

from escalation.config import Uploads
from escalation.errors import ScannerAway
from escalation.privacy.content import Upload
from escalation.scanning import Scanner

LONGEST_NAME = 100
# Documents of Word and OpenDocument are packs of files.
MOST_MEMBERS = 2_000
LARGEST_UNPACKED = 100_000_000
MOST_TIMES = 100  # as large unpacked as packed; text comes to some 20
_PACK, _ENTRY = b"PK\x03\x04", b"PK\x01\x02"
_NOT_INSIDE = (".zip", ".7z", ".rar", ".gz", ".exe", ".js", ".vbs", "vbaproject.bin", "vbadata.xml")
_MACROS = ("basic/", "scripts/")  # where OpenDocument keeps them
WANTED = "Save it as a PDF, Word (.docx), OpenDocument (.odt), plain text, JPEG or PNG file, and try again."

_HARMFUL = (
    "“{}” was not added: our virus scanner found something harmful in it. What you typed is kept. Do not pass"
    " the file on, and show it to whoever looks after your computers."
)
_NOT_SCANNED = (
    "“{}” was not added: our virus scanner could not look at it just now, and no file is kept without that."
    " What you typed is kept. Try the file again in a few minutes, or go on without it."
)
_NOR_THIS = "“{}” was not added either: our virus scanner could not look at it."


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


@dataclass(slots=True)
class LookedAt:
    """Files that were sent: those that may be kept, a sentence for each that may not.

    `harmful` is what a virus scanner calls what it found, `away` why it could not be asked.
    """

    good: list[Upload] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    harmful: list[str] = field(default_factory=list)
    away: str = ""


def looked_at(sent: Sequence[FileStorage], settings: Uploads, scanner: Scanner | None = None) -> LookedAt:
    """Look at each file, and have the scanner look, if there is one. Slow then: it wants no transaction."""
    found = LookedAt()
    for file in sent:
        if not file.filename:
            continue  # the box was left empty
        name, data = _name(file.filename), file.stream.read()
        fault = _fault(name, data, settings)
        # The harmful ones count too: a form of a thousand would be a thousand times asked about.
        if not fault and len(found.good) + len(found.harmful) >= settings.most_files:
            fault = _too_many(name, settings)
        fault = fault or (_scanned(name, data, scanner, found) if scanner else "")
        if fault:
            found.wrong.append(fault)
        else:
            found.good.append(_upload(name, data))
    return found


def with_room(found: LookedAt, settings: Uploads, *, already: int) -> tuple[list[Upload], list[str]]:
    """Those of them that fit beside the ones already there, and all that is wrong with the others."""
    room = max(settings.most_files - already, 0)
    surplus = [_too_many(file.name, settings) for file in found.good[room:]]
    return found.good[:room], [*found.wrong, *surplus]


def _scanned(name: str, data: bytes, scanner: Scanner, found: LookedAt) -> str:
    if found.away:  # asked again for each of many files, who waits would wait for each
        return _NOR_THIS.format(name)
    try:
        harmful = scanner.found_in(data)
    except ScannerAway as away:
        found.away = str(away)
        return _NOT_SCANNED.format(name)
    found.harmful += [harmful] if harmful else []
    return _HARMFUL.format(name) if harmful else ""


def _too_many(name: str, settings: Uploads) -> str:
    return f"“{name}” was not added: {settings.most_files} files is the most. Remove one first."


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
