"""The catalogue: corpus/catalogue.yml goes in, checked `Document`s come out, or one error that lists all problems."""

from __future__ import annotations

import hashlib
import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path, PurePosixPath
from typing import Annotated

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, ValidationInfo, field_validator

from assistant.catalogue_file import Problem, RawEntry, read_entries
from assistant.errors import CatalogueError
from assistant.settings import CATALOGUE_FILE
from assistant.types import Document, Language, Status
from assistant.wording import finding_words, nearest

ID_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._-]*$"
NOT_DOCUMENTS = {CATALOGUE_FILE, "README.md"}
SOURCES_FOLDER = "sources"  # what the starter corpus's PDF and DOCX are made from
SHOWN_ENTRIES = 10  # files without an entry that an error message spells out

Text = Annotated[str, Field(min_length=1)]
# An empty list in YAML is often written as nothing at all.
Texts = Annotated[tuple[Text, ...], BeforeValidator(lambda value: () if value is None else value)]


def _written_date(value: object) -> object:
    # pydantic alone would also read "2021" (as seconds since 1970) and times of day.
    if value is not None and not re.fullmatch(r"\d{4}-\d{2}-\d{2}", str(value)):
        raise ValueError("moet een datum zijn als 2021-07-03")
    return value


Day = Annotated[date, BeforeValidator(_written_date)]


class Entry(BaseModel):
    """One document in catalogue.yml; the order of the fields is the order in which entries are written."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Annotated[str, Field(pattern=ID_PATTERN)]
    title: Text
    file: Text
    publisher: Text | None = None
    published: Day | None = None
    url: str | None = None
    language: Language = "nl"
    licence: Text | None = None
    themes: Texts = ()
    status: Status = "unknown"
    supersedes: Texts = ()
    superseded_by: Text | None = None

    @field_validator("url")
    @classmethod
    def _is_web_address(cls, url: str | None) -> str | None:
        if url is not None and not url.startswith(("https://", "http://")):
            raise ValueError("moet een webadres zijn dat met https:// begint")
        return url

    @field_validator("language", "status", mode="before")
    @classmethod
    def _is_default_when_empty(cls, value: object, info: ValidationInfo) -> object:
        return cls.model_fields[str(info.field_name)].default if value is None else value


def read_catalogue(folder: Path) -> tuple[Document, ...]:
    """The documents of a corpus folder, in the order of its catalogue; raises CatalogueError with every problem."""
    path = folder / CATALOGUE_FILE
    raw_entries, problems = read_entries(path)
    entries = [(raw, entry) for raw in raw_entries if (entry := _checked(raw, problems)) is not None]
    problems += _relation_problems(entries)
    problems += [problem for raw, entry in entries if (problem := _file_problem(folder, raw, entry))]
    # Without all entries it cannot be told which files have none.
    if len(entries) == len(raw_entries):
        problems += _without_entry(folder, files_without_entry(folder, (entry.file for _, entry in entries)))
    if problems:
        raise CatalogueError(_message(path, problems))
    return _with_both_sides(tuple(_document(folder, entry) for _, entry in entries))


def document_files(folder: Path) -> list[Path]:
    """Every file below a corpus folder that must have an entry, sorted; relative to the folder."""
    return sorted(_walk(folder))


def files_without_entry(folder: Path, listed: Iterable[str]) -> list[Path]:
    """The document files that the catalogue does not name."""
    known = {os.path.normpath(file) for file in listed}
    return [file for file in document_files(folder) if str(file) not in known]


def same_content(documents: Sequence[Document]) -> list[tuple[Document, Document]]:
    """Pairs of documents whose files are equal to the byte: the first one, and the one that repeats it."""
    by_size = Counter(document.file.stat().st_size for document in documents)
    first: dict[str, Document] = {}
    pairs = []
    for document in documents:
        if by_size[document.file.stat().st_size] > 1:
            with document.file.open("rb") as stream:
                digest = hashlib.file_digest(stream, "sha256").hexdigest()
            original = first.setdefault(digest, document)
            if original is not document:
                pairs.append((original, document))
    return pairs


def entry_text(entry: Entry) -> str:
    """An entry as it is written in catalogue.yml, ready to paste under `documents:`."""
    values = entry.model_dump(mode="json")
    if entry.published:
        values["published"] = entry.published  # a plain date, without quotes
    dumped = yaml.safe_dump([values], allow_unicode=True, sort_keys=False, width=1000, default_flow_style=None)
    return "".join(f"  {line}\n" for line in dumped.splitlines())


def entry_id(file: Path, taken: set[str]) -> str:
    """An id after the file's name that is not in `taken`."""
    stem = "".join(
        letter if letter.isascii() and (letter.isalnum() or letter in "._-") else "-" for letter in file.stem
    )
    stem = stem.lower().lstrip("._-") or "document"
    candidates = [stem, f"{stem}-{file.suffix[1:].lower()}"]
    candidates += [f"{stem}-{number}" for number in range(2, len(taken) + 3)]
    return next(candidate for candidate in candidates if candidate not in taken)


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


def _file_problem(folder: Path, raw: RawEntry, entry: Entry) -> Problem | None:
    line, written = raw.line_of("file"), PurePosixPath(entry.file)
    path = folder / entry.file
    if written.is_absolute() or ".." in written.parts or "\0" in entry.file:
        return Problem(line, f"'{entry.file}' ligt buiten de map {folder}. Zet het bestand in deze map.")
    if not path.is_file():
        return Problem(line, f"het bestand {path} bestaat niet. Zet het terug, of verwijder dit document uit de lijst.")
    if not path.resolve().is_relative_to(folder.resolve()):
        return Problem(
            line, f"'{entry.file}' is een koppeling naar een plek buiten de map {folder}. Zet een kopie in deze map."
        )
    return None


def _without_entry(folder: Path, files: Sequence[Path]) -> Iterator[Problem]:
    for file in files[:SHOWN_ENTRIES]:
        entry = Entry(id=entry_id(file, set()), title=file.stem, file=file.as_posix())
        yield Problem(
            None,
            f"het bestand {folder / file} staat niet in de lijst. Typ 'beleidswijzer corpus init {folder}', "
            f"of zet dit onder 'documents:' en vul het aan:\n{entry_text(entry)}",
        )
    if len(files) > SHOWN_ENTRIES:
        yield Problem(None, f"nog {len(files) - SHOWN_ENTRIES} bestanden in {folder} staan niet in de lijst.")


def _walk(folder: Path) -> Iterator[Path]:
    for place, folders, files in os.walk(folder):
        at_top = Path(place) == folder
        folders[:] = [name for name in folders if not name.startswith(".") and not (at_top and name == SOURCES_FOLDER)]
        for name in files:
            if not name.startswith(".") and name not in NOT_DOCUMENTS and not name.endswith(".py"):
                yield (Path(place) / name).relative_to(folder)


def _message(path: Path, problems: Sequence[Problem]) -> str:
    lines = [
        f"{path}{f', regel {problem.line}' if problem.line else ''}: {problem.text}".rstrip()
        for problem in sorted(problems, key=lambda problem: (problem.line is None, problem.line or 0))
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
