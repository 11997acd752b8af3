"""catalogue.yml as it is written: entries with the line of every key. No meaning is given to them here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

from assistant.errors import CatalogueError
from assistant.wording import reason_words

# The C parser is ten times faster and comes with most builds of PyYAML. Only the node tree is used:
# no tag is resolved, so that an id like 003 stays "003" and a date stays as it was written.
_LOADER: type = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
_EMPTY = {"", "~", "null", "Null", "NULL"}

Value = str | None | list[str | None] | dict[str, None]


@dataclass(frozen=True)
class Problem:
    """One thing wrong with the catalogue, as a Dutch sentence, and the line to look at."""

    line: int | None
    text: str


@dataclass(frozen=True)
class RawEntry:
    """One item under `documents:` as it is written."""

    line: int
    values: dict[str, Value]
    lines: dict[str, int]  # key → line

    def line_of(self, key: str) -> int:
        return self.lines.get(key, self.line)


def parse_entries(text: str, path: Path) -> tuple[list[RawEntry], list[Problem]]:
    """The entries of a catalogue that is or will be in `path`, and what is wrong with its shape.

    Raises:
        CatalogueError: the text is no YAML at all.
    """
    root = compose(text, path)
    if root is None:
        return [], []
    if not isinstance(root, yaml.MappingNode):
        return [], [Problem(_line(root), "het bestand begint niet met 'documents:'")]
    problems = [
        Problem(_line(key), f"de sleutel '{key.value}' is onbekend; alleen 'documents' hoort hier")
        for key, _ in root.value
        if key.value != "documents"
    ]
    lists = [value for key, value in root.value if key.value == "documents"]
    if not lists:
        problems.append(Problem(_line(root), "de lijst 'documents:' ontbreekt"))
    entries: list[RawEntry] = []
    for node in lists:
        if isinstance(node, yaml.SequenceNode):
            for item in node.value:
                _read_entry(item, entries, problems)
        elif _scalar(node) is not None:
            problems.append(Problem(_line(node), "onder 'documents:' hoort een lijst met streepjes"))
    return entries, problems


def read_text(path: Path) -> str:
    """The catalogue as text; raises CatalogueError when it cannot be read."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        if not path.parent.exists():
            raise CatalogueError(f"De map {path.parent} bestaat niet. Controleer de naam.") from error
        raise CatalogueError(
            f"{path} bestaat niet. Typ: beleidswijzer corpus init {path.parent} om het bestand te maken."
        ) from error
    except NotADirectoryError as error:
        raise CatalogueError(f"{path.parent} is een bestand. Geef de map op waarin {path.name} staat.") from error
    except UnicodeDecodeError as error:
        raise CatalogueError(f"{path} is geen UTF-8-tekst. Sla het bestand op als UTF-8.") from error
    except OSError as error:
        raise CatalogueError(f"{path} is niet te lezen: {reason_words(error)}. Controleer de rechten.") from error


def compose(text: str, path: Path) -> yaml.Node | None:
    """The tree of a catalogue, with the place of every node; raises CatalogueError when it is no YAML."""
    try:
        node: yaml.Node | None = yaml.compose(text, Loader=_LOADER)
        return node
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f", regel {mark.line + 1}" if mark else ""
        raise CatalogueError(
            f"{path}{where}: dit is geen geldige YAML. Controleer de inspringing, dubbele punten en "
            "aanhalingstekens op deze regel en de regel erboven."
        ) from error


def _read_entry(node: yaml.Node, entries: list[RawEntry], problems: list[Problem]) -> None:
    if not isinstance(node, yaml.MappingNode):
        problems.append(Problem(_line(node), "hier hoort een document met sleutels als 'id:' en 'title:'"))
        return
    values: dict[str, Value] = {}
    lines: dict[str, int] = {}
    for key, value in node.value:
        name = str(key.value)
        if name in values:
            problems.append(Problem(_line(key), f"de sleutel '{name}' staat twee keer bij dit document"))
        values[name] = _value(value)
        lines[name] = _line(key)
    entries.append(RawEntry(_line(node), values, lines))


def _value(node: yaml.Node) -> Value:
    """A scalar or a list of scalars; anything deeper becomes a value that no key accepts."""
    if isinstance(node, yaml.ScalarNode):
        return _scalar(node)
    if isinstance(node, yaml.SequenceNode):
        return list(_scalars(node))
    return {}


def _scalars(node: yaml.SequenceNode) -> Iterator[str | None]:
    for item in node.value:
        yield _scalar(item)


def _scalar(node: yaml.Node) -> str | None:
    if not isinstance(node, yaml.ScalarNode) or (not node.style and node.value in _EMPTY):
        return None
    return str(node.value)


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1
