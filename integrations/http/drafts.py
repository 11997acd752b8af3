"""Documents that were sent but not added yet: the file with what was read from it, until a maintainer confirms it."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from assistant import Language, Settings, Source, detect_language
from integrations.http.service import Service
from integrations.http.work import UPLOADS, WORK, Read

_READ_FILE = "gelezen.json"
_TAKEN_FILE = "bevestigd"
_SOURCE = TypeAdapter(Source)


@dataclass(frozen=True)
class Draft:
    """A document that waits for confirmation."""

    id: str  # of the task that read it
    file: Path
    source: Source
    supersedes: str | None

    @property
    def place(self) -> str:
        """The file as a task names it."""
        return place_of(self.file)

    @property
    def guesses(self) -> Guesses:
        """What the document itself says; never taken over without a maintainer."""
        title = " ".join((self.source.title or "").split())
        return Guesses(
            title[:300], self.source.publisher or "", self.source.stated_date, detect_language(self.source.text)
        )

    def claim(self) -> bool:
        """True for the first who asks: a form that is sent twice adds one document."""
        try:
            (self.file.parent / _TAKEN_FILE).touch(exist_ok=False)
        except FileExistsError:
            return False
        return True

    def discard(self) -> None:
        """Throw it away."""
        shutil.rmtree(self.file.parent, ignore_errors=True)


@dataclass(frozen=True)
class Guesses:
    """What a document says of itself; empty where it says nothing."""

    title: str
    publisher: str
    published: date | None
    language: Language


def place_of(file: Path) -> str:
    """A file in the folder of uploads, as a task names it."""
    return f"{file.parent.name}/{file.name}"


def keep_read(file: Path, source: Source) -> None:
    """Keep what was read from a file, so that it is not read again when it is added."""
    (file.parent / _READ_FILE).write_bytes(_SOURCE.dump_json(source))


def read_before(file: Path) -> Source | None:
    """What `keep_read` kept; None if it was not read yet."""
    try:
        return _SOURCE.validate_json((file.parent / _READ_FILE).read_bytes())
    except (OSError, ValidationError):
        return None


def find_draft(service: Service, task_id: str) -> Draft | None:
    """The document that a task has read; None if there is none, or it was added or thrown away."""
    task = service.records.tasks.get(task_id)
    if task is None or task.state != "klaar" or task.kind != "bron-lezen":
        return None
    work = WORK.validate_python(dict(task.details))
    assert isinstance(work, Read)
    file = uploaded(service.settings, work.file)
    source = read_before(file)
    if source is None or (file.parent / _TAKEN_FILE).exists():
        return None
    return Draft(task_id, file, source, work.supersedes)


def uploaded(settings: Settings, place: str) -> Path:
    """The file that a task names."""
    return settings.data / UPLOADS / place
