"""One entry of catalogue.yml: what may stand in it, and how it is written."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo, field_validator

from assistant.types import Language, Status
from assistant.wording import UNSHOWABLE

ID_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._-]*$"


def _showable(text: str) -> str:
    if UNSHOWABLE.search(text):
        raise ValueError("heeft tekens die niet te tonen zijn")
    return text


Text = Annotated[str, Field(min_length=1), AfterValidator(_showable)]
# An empty list in YAML is often written as nothing at all.
Texts = Annotated[tuple[Text, ...], BeforeValidator(lambda value: () if value is None else value)]


def _written_date(value: object) -> object:
    # pydantic alone would also read "2021" (as seconds since 1970) and times of day.
    if value is not None and not re.fullmatch(r"\d{4}-\d{2}-\d{2}", str(value)):
        raise ValueError("moet een datum zijn als 2021-07-03")
    return value


Day = Annotated[date, BeforeValidator(_written_date)]


# Most entries do without these, so they are not shown empty.
_RARE = ("valid_from", "valid_until", "review_by")


class Entry(BaseModel):
    """One document in catalogue.yml; the order of the fields is the order in which entries are written."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Annotated[str, Field(pattern=ID_PATTERN)]
    title: Text
    file: Text
    publisher: Text | None = None
    published: Day | None = None
    url: Annotated[str, AfterValidator(_showable)] | None = None
    language: Language = "nl"
    licence: Text | None = None
    themes: Texts = ()
    status: Status = "unknown"
    supersedes: Texts = ()
    superseded_by: Text | None = None
    valid_from: Day | None = None
    valid_until: Day | None = None
    review_by: Day | None = None

    @field_validator("url")
    @classmethod
    def _is_web_address(cls, url: str | None) -> str | None:
        if url is not None and not url.startswith(("https://", "http://")):
            raise ValueError("moet een webadres zijn dat met https:// begint")
        return url

    @field_validator("valid_until")
    @classmethod
    def _is_not_before_its_start(cls, until: date | None, info: ValidationInfo) -> date | None:
        start = info.data.get("valid_from")
        if until is not None and start is not None and until < start:
            raise ValueError("ligt vóór 'valid_from'")
        return until

    @field_validator("language", "status", mode="before")
    @classmethod
    def _is_default_when_empty(cls, value: object, info: ValidationInfo) -> object:
        return cls.model_fields[str(info.field_name)].default if value is None else value


def entry_text(entry: Entry) -> str:
    """An entry as it is written in catalogue.yml, ready to paste under `documents:`."""
    values = entry.model_dump(mode="json", exclude={name for name in _RARE if getattr(entry, name) is None})
    for name in ("published", *_RARE):
        if day := getattr(entry, name):
            values[name] = day  # a plain date, without quotes
    dumped = yaml.safe_dump([values], allow_unicode=True, sort_keys=False, width=1000, default_flow_style=None)
    return "".join(f"  {line}\n" for line in dumped.splitlines())


def entry_id(file: Path, taken: set[str]) -> str:
    """An id after the file's name that is not in `taken`."""
    stem = re.sub(r"[^a-z0-9._-]+", "-", file.stem.lower()).strip("._-") or "document"
    candidates = [stem, f"{stem}-{file.suffix[1:].lower()}"]
    candidates += [f"{stem}-{number}" for number in range(2, len(taken) + 3)]
    return next(candidate for candidate in candidates if candidate not in taken)
