"""The catalogue: corpus/catalogue.yml goes in, checked `Document`s come out, or one error that lists all problems."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath

from pydantic import ValidationError

from assistant.catalogue_entry import Entry
from assistant.catalogue_file import Problem, RawEntry, parse_entries, read_text
from assistant.errors import CatalogueError
from assistant.settings import CATALOGUE_FILE
from assistant.types import Document, Status
from assistant.wording import finding_words, nearest


def read_catalogue(folder: Path) -> tuple[Document, ...]:
    """The documents of a corpus folder, in the order of its catalogue; raises CatalogueError with every problem.

    Whether the files are there and can be read is found out by who reads them: that concerns one document only.
    """
    path = folder / CATALOGUE_FILE
    return parse_catalogue(read_text(path), path)


def parse_catalogue(text: str, path: Path) -> tuple[Document, ...]:
    """As `read_catalogue`, for a text that is or will be in `path`."""
    folder = path.parent.resolve()
    raw_entries, problems = parse_entries(text, path)
    entries = [(raw, entry) for raw in raw_entries if (entry := _checked(raw, problems)) is not None]
    problems += _relation_problems(entries)
    problems += [problem for raw, entry in entries if (problem := _file_problem(path.parent, folder, raw, entry))]
    if problems:
        raise CatalogueError(_message(path, problems))
    return _with_both_sides(tuple(_document(folder, entry) for _, entry in entries))


def read_documents(folder: Path) -> tuple[Document, ...]:
    """As `read_catalogue`; raises CatalogueError for a catalogue without documents too."""
    documents = read_catalogue(folder)
    if not documents:
        raise CatalogueError(
            f"{folder / CATALOGUE_FILE} noemt geen documenten. Typ: beleidswijzer corpus init {folder}"
        )
    return documents


def same_content(documents: Sequence[Document]) -> dict[str, str]:
    """The documents whose file equals an earlier one to the byte: id → id of the first."""
    first: dict[str, str] = {}
    repeated = {}
    for document in documents:
        try:
            with document.file.open("rb") as stream:
                digest = hashlib.file_digest(stream, "sha256").hexdigest()
        except OSError:
            continue  # who reads the document says what is the matter with it
        original = first.setdefault(digest, document.id)
        if original != document.id:
            repeated[document.id] = original
    return repeated


def _checked(raw: RawEntry, problems: list[Problem]) -> Entry | None:
    try:
        return Entry.model_validate(raw.values)
    except ValidationError as error:
        for finding in error.errors():
            key = str(finding["loc"][0])
            problems.append(Problem(raw.line_of(key), finding_words(finding, Entry.model_fields)))
        return None


def _relation_problems(entries: Sequence[tuple[RawEntry, Entry]]) -> Iterator[Problem]:
    first_line: dict[str, int] = {}
    first_file: dict[str, str] = {}
    ids = {entry.id for _, entry in entries}
    for raw, entry in entries:
        line = first_line.setdefault(entry.id, raw.line_of("id"))
        if line != raw.line_of("id"):
            yield Problem(
                raw.line_of("id"), f"de id '{entry.id}' staat ook op regel {line}. Geef elk document een eigen id."
            )
        other = first_file.setdefault(os.path.normpath(entry.file), entry.id)
        if other != entry.id:
            yield Problem(
                raw.line_of("file"), f"het bestand '{entry.file}' hoort ook bij '{other}'. Verwijder een van beide."
            )
        for key, named in (("supersedes", entry.supersedes), ("superseded_by", (entry.superseded_by,))):
            for name in filter(None, named):
                if name == entry.id:
                    yield Problem(raw.line_of(key), f"'{key}' noemt het document zelf ('{name}'). Verwijder dit.")
                elif name not in ids:
                    yield Problem(
                        raw.line_of(key), f"'{key}' noemt '{name}', maar die id is er niet.{nearest(name, ids)}"
                    )


def _file_problem(folder: Path, resolved: Path, raw: RawEntry, entry: Entry) -> Problem | None:
    line, written = raw.line_of("file"), PurePosixPath(entry.file)
    if written.is_absolute() or ".." in written.parts or "\0" in entry.file:
        return Problem(line, f"'{entry.file}' ligt buiten de map {folder}. Zet het bestand in deze map.")
    if not (resolved / entry.file).resolve().is_relative_to(resolved):
        return Problem(
            line, f"'{entry.file}' is een koppeling naar een plek buiten de map {folder}. Zet een kopie in deze map."
        )
    return None


def _message(path: Path, problems: Sequence[Problem]) -> str:
    lines = [
        f"{path}{f', regel {problem.line}' if problem.line else ''}: {problem.text}".rstrip()
        for problem in sorted(problems, key=lambda problem: problem.line or 0)
    ]
    again = "Herstel dit en typ daarna: beleidswijzer corpus check"
    return "\n".join([*lines, again])


def _document(folder: Path, entry: Entry) -> Document:
    return Document(
        id=entry.id,
        title=entry.title,
        file=(folder / entry.file).resolve(),
        publisher=entry.publisher,
        published=entry.published,
        url=entry.url,
        language=entry.language,
        licence=entry.licence,
        themes=entry.themes,
        status=entry.status,
        supersedes=entry.supersedes,
        superseded_by=entry.superseded_by,
        valid_from=entry.valid_from,
        valid_until=entry.valid_until,
        review_by=entry.review_by,
    )


def _with_both_sides(documents: tuple[Document, ...]) -> tuple[Document, ...]:
    """The same documents, where "A replaces B" and "B is replaced by A" always come together."""
    replaced_by = {old: document.id for document in documents for old in document.supersedes}
    replaces: dict[str, list[str]] = {}
    for document in documents:
        if document.superseded_by and document.id not in replaces.setdefault(document.superseded_by, []):
            replaces[document.superseded_by].append(document.id)
    completed = []
    for document in documents:
        successor = document.superseded_by or replaced_by.get(document.id)
        predecessors = dict.fromkeys((*document.supersedes, *replaces.get(document.id, [])))
        status: Status = "superseded" if successor and document.status == "unknown" else document.status
        completed.append(replace(document, superseded_by=successor, supersedes=tuple(predecessors), status=status))
    return tuple(completed)
