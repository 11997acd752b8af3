"""Files with one JSON object a line, checked line by line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from assistant.errors import UsageError
from assistant.wording import finding_words, reason_words

Line = TypeVar("Line", bound=BaseModel)


def read_json_lines(path: Path, kind: type[Line]) -> Iterator[tuple[int, Line]]:
    """The lines of `path` as `kind`, each with its line number from 1; empty lines are skipped.

    Raises UsageError, in Dutch with file and line number, at the first line that is not a proper `kind`.
    """
    try:
        # "utf-8-sig" because some editors put a byte order mark in front.
        with path.open(encoding="utf-8-sig") as stream:
            for number, line in enumerate(stream, start=1):
                if line.strip():
                    yield number, _parsed(path, number, line, kind)
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is geen UTF-8-tekst. Sla het bestand op als UTF-8.") from error
    except OSError as error:
        raise UsageError(
            f"{path} kan niet worden gelezen ({reason_words(error)}). Controleer de naam en de rechten."
        ) from error


def _parsed(path: Path, number: int, line: str, kind: type[Line]) -> Line:
    try:
        value = json.loads(line)
    except (json.JSONDecodeError, RecursionError) as error:
        where = f" bij teken {error.colno}" if isinstance(error, json.JSONDecodeError) else ""
        raise UsageError(f"{path}, regel {number}: geen geldige JSON{where}. Elke regel is één JSON-object.") from error
    if not isinstance(value, dict):
        raise UsageError(f'{path}, regel {number}: hier moet een JSON-object staan, zoals {{"id": "v1"}}.')
    try:
        return kind.model_validate(value)
    except ValidationError as error:
        findings = " ".join(finding_words(finding, kind.model_fields) for finding in error.errors())
        raise UsageError(f"{path}, regel {number}: {findings}") from error
