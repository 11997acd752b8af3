"""What a background task needs to know to do its work; kept with the task, and read back by the worker."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import BaseModel, ConfigDict, TypeAdapter

from assistant import NewDocument


class _Work(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Read(_Work):
    """Read a file, so that a maintainer sees what is in it before it is added."""

    kind: Literal["bron-lezen"] = "bron-lezen"
    file: str  # its place among the uploads
    supersedes: str | None = None  # id of the document that it will replace, as a newer version
    better_for: str | None = None  # id of the document that gets this file instead of its own


class Add(_Work):
    """Add a document."""

    kind: Literal["bron-toevoegen"] = "bron-toevoegen"
    file: str  # its place among the uploads
    document: NewDocument


class Withdraw(_Work):
    """Withdraw a document."""

    kind: Literal["bron-verwijderen"] = "bron-verwijderen"
    document_id: str


class ReplaceFile(_Work):
    """Give a document a better file."""

    kind: Literal["bron-vervangen"] = "bron-vervangen"
    file: str  # its place among the uploads
    document_id: str


class Edit(_Work):
    """Change what the catalogue says of a document."""

    kind: Literal["bron-wijzigen"] = "bron-wijzigen"
    document_id: str
    values: dict[str, str | list[str | None] | None]  # by their names in the catalogue


class Retire(_Work):
    """Mark a document as outdated or superseded."""

    kind: Literal["bron-intrekken"] = "bron-intrekken"
    document_id: str
    successor: str | None = None
    last_day: date | None = None


class Undo(_Work):
    """Take back the last change."""

    kind: Literal["bron-terugdraaien"] = "bron-terugdraaien"
    number: str  # of the change that was seen to be the last


Revision = ReplaceFile | Edit | Retire | Undo
Work = Read | Add | Withdraw | Revision
WORK: TypeAdapter[Work] = TypeAdapter(Work)
