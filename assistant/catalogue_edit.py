"""Changes to the text of catalogue.yml that keep everything else a maintainer wrote: comments, order, layout.

The text is edited by line, then read again: it must say exactly what was meant, or nothing is changed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import yaml

from assistant.catalogue_entry import Entry
from assistant.catalogue_file import RawEntry, Value, compose, parse_entries
from assistant.catalogue_init import extended_text
from assistant.errors import CatalogueError

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_DASH = re.compile(r"\s*-(\s|$)")


def with_entries(text: str, added: Sequence[Entry], path: Path) -> str:
    """The catalogue with entries added at the end; the documents that they supersede are marked as such.

    Raises:
        CatalogueError: the text cannot be extended.
    """
    entries = _entries(text, path)
    superseded = {document_id for entry in added for document_id in entry.supersedes}
    marked = {
        str(old.values["id"]): {"status": "superseded"}
        for old in entries
        if old.values.get("id") in superseded and old.values.get("status") in ("in_force", "outdated")
    }
    return extended_text(_changed(text, path, marked, None), bool(entries), list(added), path)


def with_values(text: str, document_id: str, values: Mapping[str, Value], path: Path) -> str:
    """The catalogue with other values for some keys of one entry.

    Raises:
        CatalogueError: there is no such entry, or the text cannot be changed.
    """
    _refuse_unknown(_entries(text, path), document_id)
    return _changed(text, path, {document_id: values}, None)


def without_entry(text: str, document_id: str, path: Path) -> str:
    """The catalogue without an entry, and without what other entries say of that document.

    Raises:
        CatalogueError: there is no such entry, or the text cannot be changed.
    """
    entries = _entries(text, path)
    _refuse_unknown(entries, document_id)
    return _changed(text, path, dict(_references_cut(entries, document_id)), document_id)


def reverted(text: str, before: str, after: str, path: Path) -> str:
    """The catalogue without the change that made `after` out of `before`; other edits of a maintainer stay.

    Raises:
        CatalogueError: the text cannot be changed.
    """
    if text == after:
        return before
    old, new, now = (_by_id(each, path) for each in (before, after, text))
    for document_id in (new.keys() - old.keys()) & now.keys():
        text = without_entry(text, document_id, path)
    lost = [document_id for document_id in old if document_id not in new and document_id not in now]
    if lost:
        text = with_entries(text, [Entry.model_validate(old[document_id]) for document_id in lost], path)
    now = _by_id(text, path)
    changes = {each: _taken_back(old[each], new[each], now[each]) for each in old.keys() & new.keys() & now.keys()}
    return _changed(text, path, {each: values for each, values in changes.items() if values}, None)


def _by_id(text: str, path: Path) -> dict[str, dict[str, Value]]:
    return {str(entry.values.get("id")): entry.values for entry in _entries(text, path)}


def _taken_back(old: Mapping[str, Value], new: Mapping[str, Value], now: Mapping[str, Value]) -> dict[str, Value]:
    """The values to give back: those that the change made other, and nobody else since."""
    return {key: old.get(key) for key in {**old, **new} if old.get(key) != new.get(key) == now.get(key)}


def _refuse_unknown(entries: list[RawEntry], document_id: str) -> None:
    if document_id not in (entry.values.get("id") for entry in entries):
        raise CatalogueError(f"Er is geen document met id '{document_id}'. Typ: beleidswijzer corpus list")


def _entries(text: str, path: Path) -> list[RawEntry]:
    entries, problems = parse_entries(text, path) if text.strip() else ([], [])
    if problems:
        raise CatalogueError(f"{path}, regel {problems[0].line}: {problems[0].text}. Herstel dit eerst.")
    return entries


def _references_cut(entries: list[RawEntry], document_id: str) -> Iterator[tuple[str, dict[str, Value]]]:
    """What other entries say without the document: id → key → value."""
    for entry in entries:
        values: dict[str, Value] = {}
        supersedes = entry.values.get("supersedes")
        if isinstance(supersedes, list) and document_id in supersedes:
            values["supersedes"] = [each for each in supersedes if each != document_id]
        if entry.values.get("superseded_by") == document_id:
            values["superseded_by"] = None
        if values and entry.values.get("id") != document_id:
            yield str(entry.values["id"]), values


def _changed(text: str, path: Path, values: Mapping[str, Mapping[str, Value]], removed: str | None) -> str:
    """The text with other values for keys of some entries, and without one entry."""
    meant = [
        {**entry.values, **values.get(str(entry.values.get("id")), {})}
        for entry in _entries(text, path)
        if removed is None or entry.values.get("id") != removed
    ]
    lines = text.split("\n")
    # From the end, so that the line numbers of what is still to be done stay right.
    for item in reversed(_items(text, path)):
        document_id = _value_of(item, "id")
        if document_id is not None and document_id == removed:
            _cut(lines, item)
        elif document_id is not None and document_id in values:
            _set(lines, item, values[document_id])
    changed = "\n".join(lines)
    if _read_again(changed, path) != meant:
        raise CatalogueError(f"{path} kan niet vanzelf worden aangepast. Pas het bestand met de hand aan.")
    return changed


def _items(text: str, path: Path) -> list[yaml.MappingNode]:
    root = compose(text, path)
    lists = [value for key, value in root.value if key.value == "documents"] if root is not None else []
    return [item for node in lists if isinstance(node, yaml.SequenceNode) for item in node.value]


def _value_of(item: yaml.MappingNode, name: str) -> str | None:
    return next((str(value.value) for key, value in item.value if key.value == name), None)


def _cut(lines: list[str], item: yaml.MappingNode) -> None:
    """Take an entry's lines out, and the empty lines below it."""
    first, end = item.start_mark.line, _last_line(item) + 1
    while first > 0 and not _DASH.match(lines[first]):
        first -= 1
    while end < len(lines) - 1 and not lines[end].strip():
        end += 1
    del lines[first:end]


def _set(lines: list[str], item: yaml.MappingNode, values: Mapping[str, Value]) -> None:
    """Write other values behind keys of an entry, each on one line; a key that it did not have comes last."""
    there = {key.value for key, _ in item.value}
    margin = " " * item.value[0][0].start_mark.column
    end = _last_line(item) + 1
    lines[end:end] = [f"{margin}{key}: {_written(value)}" for key, value in values.items() if key not in there]
    for key, value in reversed(item.value):
        if key.value in values:
            line, last = key.start_mark.line, _last_line(value)
            comment = lines[line][value.end_mark.column :] if last == line == value.start_mark.line else ""
            written = f"{lines[line][: key.start_mark.column]}{key.value}: {_written(values[key.value])}{comment}"
            lines[line : last + 1] = [written]


def _written(value: Value) -> str:
    if isinstance(value, str) and _DAY.fullmatch(value):
        return value  # a plain date, without quotes
    dumped: str = yaml.safe_dump(value, default_flow_style=True, allow_unicode=True, width=1000)
    return dumped.removesuffix("\n...\n").rstrip("\n")


def _last_line(node: yaml.Node) -> int:
    """The last line that a value stands on."""
    if isinstance(node, yaml.MappingNode | yaml.SequenceNode) and not node.flow_style:
        parts = [part for each in node.value for part in (each if isinstance(each, tuple) else (each,))]
        return max(map(_last_line, parts), default=int(node.start_mark.line))
    # A block of text ends at the beginning of the line after it.
    before = 1 if node.end_mark.column == 0 and node.end_mark.line > node.start_mark.line else 0
    return int(node.end_mark.line) - before


def _read_again(text: str, path: Path) -> list[dict[str, Value]] | None:
    try:
        return [entry.values for entry in _entries(text, path)]
    except CatalogueError:
        return None
