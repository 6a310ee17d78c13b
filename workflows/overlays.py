"""A local file that extends a parent and changes parts of it. What it changes must be there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from workflows.errors import DefinitionError, Fault, did_you_mean

Document = dict[str, Any]
DEEPEST = 5
_LISTS = ("stages", "tracks", "elsewhere", "routes", "parties")


def whole(path: Path, read: Callable[[Path], Document], library: Path) -> Document:
    """The document of a file, over its parent’s where it `extends` one. DefinitionError with every fault."""
    chain = _chain(path, read, library)
    document = chain[-1][1]
    faults: list[Fault] = []
    for file, local in reversed(chain[:-1]):
        document = _over(document, local, file, faults)
    if faults:
        raise DefinitionError(faults)
    return document


def _chain(path: Path, read: Callable[[Path], Document], library: Path) -> list[tuple[str, Document]]:
    """The file, its parent, its parent’s parent, as far as they go."""
    chain: list[tuple[str, Document]] = []
    seen: set[Path] = set()
    while True:
        if path.resolve() in seen or len(chain) > DEEPEST:
            names = " → ".join(name for name, _ in chain)
            sentence = f"the files extend each other in a circle: {names}."
            raise DefinitionError([Fault(chain[0][0], "procedure.extends", sentence)])
        seen.add(path.resolve())
        document = read(path)
        chain.append((path.name, document))
        head = document.get("procedure")
        parent = head.get("extends") if isinstance(head, dict) else None
        if not isinstance(parent, str):
            return chain
        path = _parent(path, parent, library)


def _parent(path: Path, name: str, library: Path) -> Path:
    """A parent is a shipped procedure by id, or a file beside this one; never anything elsewhere."""
    if Path(name).name != name:
        sentence = f"“{name}” is a path. Extend a shipped procedure by its id, or a file in the same folder."
        raise DefinitionError([Fault(path.name, "procedure.extends", sentence)])
    found = path.parent / name if name.endswith(".toml") else library / f"{name}.toml"
    if not found.exists():
        shipped = [file.stem for file in library.glob("*.toml")]
        sentence = f"there is no procedure “{name}” to extend.{did_you_mean(name, shipped)}"
        raise DefinitionError([Fault(path.name, "procedure.extends", sentence)])
    return found


def _over(parent: Document, local: Document, file: str, faults: list[Fault]) -> Document:
    result = dict(parent)
    for key, value in local.items():
        mine = parent.get(key)
        if key in _LISTS and isinstance(mine, list) and isinstance(value, list):
            result[key] = _list_over(mine, value, file, key, faults)
        elif isinstance(mine, dict) and isinstance(value, dict):
            result[key] = _table_over(mine, value)
        else:
            result[key] = value
    return result


def _table_over(parent: Mapping[str, Any], local: Mapping[str, Any]) -> Document:
    both = {
        name: {**parent[name], **entry}
        for name, entry in local.items()
        if isinstance(parent.get(name), dict) and isinstance(entry, dict)
    }
    return {**parent, **local, **both}


def _list_over(parent: list[Any], local: list[Any], file: str, place: str, faults: list[Fault]) -> list[Any]:
    """Entries are matched by id. One that is new says so, and may say after which it comes."""
    result = [dict(entry) for entry in parent]
    for entry in local:
        if not isinstance(entry, dict):
            return [*result, entry]  # the shape is refused with its place later
        marks = {key: entry[key] for key in ("new", "remove", "after") if key in entry}
        plain = {key: value for key, value in entry.items() if key not in marks}
        ids = [known.get("id") for known in result]
        if marks.get("new"):
            result.insert(_place(ids, marks, file, place, faults), plain)
        elif plain.get("id") not in ids:
            hint = did_you_mean(str(plain.get("id")), [str(known) for known in ids])
            what = f"this changes “{plain.get('id')}”, which the parent does not have.{hint}"
            sentence = f"{what} Write new = true to add it."
            faults.append(Fault(file, place, sentence))
        elif marks.get("remove"):
            result = [known for known in result if known.get("id") != plain["id"]]
        else:
            at = ids.index(plain["id"])
            result[at] = _entry_over(result[at], plain, file, f"{place} “{plain['id']}”", faults)
    return result


def _place(ids: list[Any], marks: Mapping[str, Any], file: str, place: str, faults: list[Fault]) -> int:
    after = marks.get("after")
    if after is None:
        return len(ids)
    if after not in ids:
        faults.append(Fault(file, place, f"there is no “{after}” for it to come after."))
        return len(ids)
    return ids.index(after) + 1


def _entry_over(parent: Document, local: Document, file: str, place: str, faults: list[Fault]) -> Document:
    result = {**parent, **local}
    for key in ("limits", "exits"):
        if isinstance(parent.get(key), list) and isinstance(local.get(key), list):
            result[key] = _list_over(parent[key], local[key], file, f"{place}.{key}", faults)
    return result
