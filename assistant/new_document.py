"""What a maintainer gives of a new document: details for the catalogue, and a file with a name. Both are checked."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from pydantic import ValidationError

from assistant.catalogue_entry import Entry, entry_id
from assistant.errors import CatalogueError, DocumentError
from assistant.loaders import SUPPORTED_SUFFIXES
from assistant.types import Language, Status
from assistant.wording import finding_words

_LONGEST_STEM = 150  # bytes; a file name may take 255, and ours get something in front and behind
_RESERVED = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d|readme|catalogue)")  # also those of other systems


@dataclass(frozen=True)
class NewDocument:
    """What a maintainer says of a new document."""

    title: str
    publisher: str | None = None
    published: date | None = None
    url: str | None = None
    language: Language | None = None  # None: found out from the text
    licence: str | None = None
    themes: tuple[str, ...] = ()
    status: Status = "unknown"
    supersedes: tuple[str, ...] = ()  # document ids
    valid_from: date | None = None
    valid_until: date | None = None
    review_by: date | None = None


def check_details(details: NewDocument) -> None:
    """Raise CatalogueError with everything that the catalogue would not accept."""
    entry_of(details, "nieuw", "nieuw.txt", details.language or "nl")


def safe_file_name(name: str) -> str:
    """A name for a file of ours after the name that a stranger gave it: one part, plain characters, nothing hidden.

    Raises:
        DocumentError: the name does not end in a kind of document that can be read.
    """
    last = re.split(r"[/\\]", unicodedata.normalize("NFKC", name))[-1]
    plain = re.sub(r"[^\w.() -]+", "-", last)  # \w: letters with accents too
    stem, suffix = os.path.splitext(plain.strip(" ."))  # noqa: PTH122 — ".pdf" has a suffix for Path only in part
    if suffix.lower() not in SUPPORTED_SUFFIXES:
        raise DocumentError(
            f"Dit soort bestand wordt niet gelezen. Lever het aan als een van deze soorten: "
            f"{', '.join(SUPPORTED_SUFFIXES)}."
        )
    stem = stem.encode()[:_LONGEST_STEM].decode(errors="ignore").strip(" .-") or "document"
    return f"{'document-' if _RESERVED.fullmatch(stem) else ''}{stem}{suffix.lower()}"


def free_file_name(folder: Path, name: str, also_taken: Collection[str] = ()) -> str:
    """The name, or one like it that no file in the folder has; capitals make no difference."""
    taken = {each.name.casefold() for each in folder.iterdir()} | {each.casefold() for each in also_taken}
    stem, suffix = Path(name).stem, Path(name).suffix
    candidates = [name, *(f"{stem}-{number}{suffix}" for number in range(2, len(taken) + 3))]
    return next(candidate for candidate in candidates if candidate.casefold() not in taken)


def free_id(name: str, taken: Collection[str]) -> str:
    """A document id after the name of its file that is not taken."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return entry_id(Path(re.sub(r"[\s-]+", "-", plain)), set(taken))


def entry_of(details: NewDocument, document_id: str, file: str, language: Language) -> Entry:
    """The catalogue entry; raises CatalogueError with everything that is wrong with the details."""
    texts = (details.title, details.publisher or "", details.url or "", details.licence or "", *details.themes)
    if not all(text.isprintable() for text in texts):
        raise CatalogueError("De gegevens van het document bevatten tekens die niet te tonen zijn. Haal die weg.")
    try:
        return Entry.model_validate(
            {
                "id": document_id,
                "title": " ".join(details.title.split()),
                "file": file,
                "publisher": details.publisher,
                "published": details.published,
                "url": details.url,
                "language": language,
                "licence": details.licence,
                "themes": details.themes,
                "status": details.status,
                "supersedes": details.supersedes,
                "valid_from": details.valid_from,
                "valid_until": details.valid_until,
                "review_by": details.review_by,
            }
        )
    except ValidationError as error:
        findings = " ".join(finding_words(finding, Entry.model_fields) for finding in error.errors())
        raise CatalogueError(f"De gegevens van het document kloppen niet: {findings}") from error
