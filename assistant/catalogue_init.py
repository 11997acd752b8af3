"""`corpus init`: a folder of documents goes in, catalogue entries for those without one are added to catalogue.yml."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from assistant.catalogue_entry import Entry, entry_id, entry_text
from assistant.catalogue_file import parse_entries, read_text
from assistant.errors import CatalogueError, DocumentError
from assistant.files import write_atomically
from assistant.language import detect_language
from assistant.settings import CATALOGUE_FILE
from assistant.types import Source
from assistant.unlisted import document_files
from assistant.wording import reason_words

_HEADER = """\
# De documenten waarin Beleidswijzer zoekt. Vul aan wat leeg is; laat leeg wat het document zelf niet zegt.
# status: in_force (geldig), outdated (verouderd), superseded (vervangen) of unknown (onbekend)
# published: datum als 2021-07-03, of null als het document geen datum noemt
"""
_INDENTATION = re.compile(r"^([ ]*)-[ ]", re.MULTILINE)


@dataclass(frozen=True)
class Initiation:
    """What `corpus init` did."""

    path: Path  # the catalogue
    added: tuple[Entry, ...]
    kept: int  # entries that were there already
    skipped: tuple[tuple[Path, str], ...]  # files that cannot be read, and why


class _Named(NamedTuple):
    """What tells one entry from another."""

    id: str
    file: str


def initiate_catalogue(folder: Path, load: Callable[[Path], Source]) -> Initiation:
    """Write an entry for every readable document below `folder` that has none; existing entries stay as they are."""
    if not folder.is_dir():
        finding = "is een bestand" if folder.exists() else "bestaat niet"
        raise CatalogueError(f"{folder} {finding}. Geef een map met documenten op.")
    path = folder / CATALOGUE_FILE
    old = read_text(path) if path.exists() else ""
    entries = _existing(old, path)
    taken = {entry.id for entry in entries}
    listed = {(folder / entry.file).resolve() for entry in entries}
    added: list[Entry] = []
    skipped: list[tuple[Path, str]] = []
    for file in document_files(folder):
        if (folder / file).resolve() in listed:
            continue
        try:
            source = load(folder / file)
        except DocumentError as error:
            skipped.append((folder / file, str(error)))
            continue
        added.append(_entry(file, source, taken))
        taken.add(added[-1].id)
    if added:
        _write(path, extended_text(old, bool(entries), added, path))
    return Initiation(path, tuple(added), len(entries), tuple(skipped))


def _existing(text: str, path: Path) -> list[_Named]:
    """The entries that are there already."""
    entries, problems = parse_entries(text, path) if text.strip() else ([], [])
    if problems:
        raise CatalogueError(f"{path}, regel {problems[0].line}: {problems[0].text}. Herstel dit eerst.")
    return [_Named(str(entry.values.get("id", "")), str(entry.values.get("file", ""))) for entry in entries]


def _entry(file: Path, source: Source, taken: set[str]) -> Entry:
    return Entry(
        id=entry_id(file, taken),
        title=" ".join((source.title or "").split()) or _readable(file.stem),
        file=file.as_posix(),
        publisher=source.publisher or None,
        published=source.stated_date,
        language=detect_language(source.text),
    )


def _readable(stem: str) -> str:
    words = re.sub(r"[_\s-]+", " ", stem).strip()
    return words[:1].upper() + words[1:] or stem


def extended_text(old: str, has_entries: bool, added: list[Entry], path: Path) -> str:
    """The catalogue's text with entries added; everything that was written stays, comments too."""
    new = "\n".join(entry_text(entry) for entry in added)
    if not has_entries:
        comments = "".join(f"{line}\n" for line in old.splitlines() if line.startswith("#"))
        return (comments or _HEADER) + "documents:\n" + new
    indentation = _INDENTATION.search(old)
    text = old.rstrip("\n") + "\n\n" + re.sub("^  ", indentation[1] if indentation else "  ", new, flags=re.MULTILINE)
    # The text was put together by hand, so that it is read again before it replaces the old one.
    kept = [*_existing(old, path), *(_Named(entry.id, entry.file) for entry in added)]
    if _read_again(text, path) != kept:
        raise CatalogueError(f"{path} kan niet worden aangevuld. Zet dit er zelf bij, onder 'documents:':\n{new}")
    return text


def _read_again(text: str, path: Path) -> list[_Named] | None:
    try:
        return _existing(text, path)
    except CatalogueError:
        return None


def _write(path: Path, text: str) -> None:
    try:
        write_atomically(path, text)
    except OSError as error:
        raise CatalogueError(
            f"{path} is niet te schrijven: {reason_words(error)}. Controleer de rechten en de vrije ruimte."
        ) from error
