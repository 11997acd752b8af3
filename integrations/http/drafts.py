"""Documents that were sent but not added yet: the file with what was read from it, until a maintainer confirms it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path, PurePosixPath

from assistant import Language, Source, Uploads, detect_language
from integrations.http.service import Service
from integrations.http.work import WORK, Read


@dataclass(frozen=True)
class Draft:
    """A document that waits for confirmation."""

    id: str  # of the task that read it
    place: str  # of the file, as a task names it
    source: Source
    supersedes: str | None
    better_for: str | None
    uploads: Uploads = field(repr=False)

    @property
    def file(self) -> Path:
        """The file on this machine; raises DocumentError if it was thrown away."""
        return self.uploads.file(self.place)

    @property
    def name(self) -> str:
        """The name of the file."""
        return PurePosixPath(self.place).name

    @property
    def is_pdf(self) -> bool:
        return PurePosixPath(self.place).suffix == ".pdf"

    @property
    def guesses(self) -> Guesses:
        """What the document itself says; never taken over without a maintainer."""
        title = " ".join((self.source.title or "").split())
        return Guesses(
            title[:300], self.source.publisher or "", self.source.stated_date, detect_language(self.source.text)
        )

    def claim(self) -> bool:
        """True for the first who asks: a form that is sent twice adds one document."""
        return self.uploads.claim(self.place)

    def discard(self) -> None:
        """Throw it away."""
        self.uploads.discard(self.place)


@dataclass(frozen=True)
class Guesses:
    """What a document says of itself; empty where it says nothing."""

    title: str
    publisher: str
    published: date | None
    language: Language


def find_draft(service: Service, task_id: str) -> Draft | None:
    """The document that a task has read; None if there is none, or it was added or thrown away."""
    task = service.records.tasks.get(task_id)
    if task is None or task.state != "klaar" or task.kind != "bron-lezen":
        return None
    work = WORK.validate_python(dict(task.details))
    assert isinstance(work, Read)
    source = service.uploads.read_before(work.file)
    if source is None or service.uploads.is_claimed(work.file):
        return None
    return Draft(task_id, work.file, source, work.supersedes, work.better_for, service.uploads)
