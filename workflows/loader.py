"""From a TOML file to a compiled Procedure, or every fault of it at once. Reads files, nothing else."""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Iterator, Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from marshmallow import ValidationError

from workflows import overlays, soundness
from workflows.checker import faults_of, faults_of_part
from workflows.compiler import compile_procedure
from workflows.definition import Procedure
from workflows.errors import DefinitionError, Fault
from workflows.schemas import DefinitionShape

HERE = Path(__file__).parent
LIBRARY = HERE / "library"
LARGEST = 1_000_000
_OWN_KEYS = ("procedure", "tracks", "stages", "each_stage", "elsewhere")


def load_file(path: Path) -> Procedure:
    """The procedure in `path`. DefinitionError with every fault where it cannot be used."""
    return _build(merged(path), str(path.name))


def load_text(text: str) -> Procedure:
    """The procedure whose whole merged definition is `text`, as `Procedure.text` holds it."""
    return _build(json.loads(text), "the stored definition")


@cache
def library() -> Mapping[str, Procedure]:
    """Every shipped procedure by id."""
    found = (load_file(path) for path in sorted(LIBRARY.glob("*.toml")))
    return {procedure.id: procedure for procedure in found}


def read_toml(path: Path) -> dict[str, Any]:
    """The file as plain data. DefinitionError where it is missing, too large or no TOML."""
    try:
        if path.stat().st_size > LARGEST:
            raise _fault(path, f"the file is larger than {LARGEST:,} bytes, so it is no procedure.")
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise _fault(path, f"the file cannot be read ({error.strerror}).") from error
    except (ValueError, RecursionError) as error:  # a number of 5,000 digits is a ValueError of its own
        raise _fault(path, f"this is not TOML: {error}.") from error


def _fault(path: Path, sentence: str) -> DefinitionError:
    return DefinitionError([Fault(path.name, "", sentence)])


@cache
def _vocabulary() -> str:
    whole: dict[str, Any] = {}
    for file in sorted((HERE / "vocabulary").glob("*.toml")):
        for key, value in read_toml(file).items():
            whole[key] = {**whole.get(key, {}), **value} if isinstance(value, dict) else value
    return json.dumps(whole, default=_plain)


def merged(path: Path) -> dict[str, Any]:
    """The whole definition of a file: over its parent, if it extends one, and over the shared vocabulary."""
    return _over_vocabulary(overlays.whole(path, read_toml, LIBRARY))


def _over_vocabulary(document: dict[str, Any]) -> dict[str, Any]:
    """The file over the shared vocabulary: its own keys win, tables are merged one level deep."""
    base: dict[str, Any] = json.loads(_vocabulary())
    for key, value in document.items():
        mine = base.get(key)
        if key in _OWN_KEYS or not isinstance(mine, dict) or not isinstance(value, dict):
            base[key] = value
            continue
        for name, entry in value.items():
            both = isinstance(mine.get(name), dict) and isinstance(entry, dict)
            mine[name] = {**mine[name], **entry} if both else entry
    return base


def _build(document: dict[str, Any], file: str) -> Procedure:
    # Order carries meaning (stages, choices), so the text keeps it.
    text = json.dumps(document, ensure_ascii=False, default=_plain)
    try:
        shape = DefinitionShape().load(json.loads(text))
    except ValidationError as error:
        part = error.valid_data if isinstance(error.valid_data, dict) else {}
        also = [Fault(file, place, sentence) for place, sentence in faults_of_part(part)]
        raise DefinitionError([*_shape_faults(error.messages, file), *also]) from error
    faults = [Fault(file, place, sentence) for place, sentence in faults_of(shape)]
    if faults:
        raise DefinitionError(faults)
    procedure = compile_procedure(shape, digest=hashlib.sha256(text.encode()).hexdigest(), text=text)
    unsound = [Fault(file, place, sentence) for place, sentence in soundness.faults_of(procedure)]
    if unsound:
        raise DefinitionError(unsound)
    return procedure


def _plain(value: Any) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)


def _shape_faults(messages: Any, file: str, place: str = "") -> Iterator[Fault]:
    """Marshmallow's nested messages as flat faults, each with its place in the file."""
    if isinstance(messages, Mapping):
        for key, inner in messages.items():
            step = f"[{key + 1}]" if isinstance(key, int) else f".{key}" if place else str(key)
            hidden = key in ("_schema", "value", "key")
            yield from _shape_faults(inner, file, place if hidden else place + step)
        return
    for message in messages if isinstance(messages, list) else [messages]:
        yield Fault(file, place, _sentence(str(message)))


def _sentence(message: str) -> str:
    return "this key is missing." if message == "Missing data for required field." else message
