"""A run on disk, so that a later one can be laid beside it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from assistant.errors import AssistantError, UsageError
from assistant.evaluation.judging import Verdict
from assistant.files import write_atomically
from assistant.wording import reason_words


class SavedRun(BaseModel):
    """What `eval … --uit` writes and `eval compare` reads."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    format: Literal["beleidswijzer-eval-1"] = "beleidswijzer-eval-1"
    kind: Literal["retrieval", "answers"]
    set: str  # name of the question set
    made: str  # ISO date and time
    conditions: dict[str, str] = {}  # model, settings: what may explain a difference
    figures: dict[str, Any]
    questions: dict[str, str]  # id -> text
    scores: dict[str, dict[str, float]]  # metric -> question id -> score
    verdicts: tuple[Verdict, ...] = ()


def save_run(run: SavedRun, path: Path) -> None:
    """Write `run` to `path`, whole or not at all."""
    write_report(path, json.dumps(run.model_dump(mode="json"), ensure_ascii=False, indent=1) + "\n")


def write_report(path: Path, text: str) -> None:
    """Write a file that the user asked for; says in Dutch why it cannot be."""
    try:
        write_atomically(path, text)
    except OSError as error:
        raise AssistantError(
            f"{path} kan niet worden geschreven ({reason_words(error)}). Controleer de map en de rechten."
        ) from error


def load_run(path: Path) -> SavedRun:
    """Read what `save_run` wrote."""
    try:
        return SavedRun.model_validate_json(path.read_bytes())
    except OSError as error:
        raise UsageError(
            f"{path} kan niet worden gelezen ({reason_words(error)}). Controleer de naam en de rechten."
        ) from error
    except ValidationError as error:
        raise UsageError(
            f"{path} is geen bewaarde meting. Maak er een met: beleidswijzer eval answers BESTAND --uit {path.name}"
        ) from error
