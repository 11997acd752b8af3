"""What a background task needs to know to do its work; kept with the task, and read back by the worker."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, TypeAdapter

from assistant import NewDocument


class _Work(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Read(_Work):
    """Read a file, so that a maintainer sees what is in it before it is added."""

    kind: Literal["bron-lezen"] = "bron-lezen"
    file: str  # its place among the uploads
    supersedes: str | None = None  # id of the document that it will replace


class Add(_Work):
    """Add a document."""

    kind: Literal["bron-toevoegen"] = "bron-toevoegen"
    file: str  # its place among the uploads
    document: NewDocument


class Withdraw(_Work):
    """Withdraw a document."""

    kind: Literal["bron-verwijderen"] = "bron-verwijderen"
    document_id: str


Work = Read | Add | Withdraw
WORK: TypeAdapter[Work] = TypeAdapter(Work)
