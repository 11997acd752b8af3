"""Settings: which folders and which model; the only reader of the environment and of beleidswijzer.toml.

option on the command line  >  environment variable  >  beleidswijzer.toml in the current folder  >  default
"""

from __future__ import annotations

import hashlib
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from platformdirs import user_cache_path, user_data_path
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from assistant.errors import SettingsError
from assistant.wording import finding_words, reason_words

SETTINGS_FILE = "beleidswijzer.toml"
CATALOGUE_FILE = "catalogue.yml"
VARIABLES = {
    "corpus": "BELEIDSWIJZER_CORPUS",
    "index": "BELEIDSWIJZER_INDEX",
    "cache": "BELEIDSWIJZER_CACHE",
    "embedding_model": "EMBEDDING_MODEL",
}


@dataclass(frozen=True)
class Settings:
    """What a run of Beleidswijzer works with; all folders are absolute."""

    corpus: Path  # documents and catalogue.yml
    index: Path  # snapshots
    cache: Path  # prepared models, embedding cache, log
    embedding_model: str = "bundled"
    threads: int | None = None  # None: as many as the machine has


class _SettingsFile(BaseModel):
    """beleidswijzer.toml and the environment, as they are written."""

    model_config = ConfigDict(extra="forbid")

    corpus: str | None = Field(None, min_length=1)
    index: str | None = Field(None, min_length=1)
    cache: str | None = Field(None, min_length=1)
    embedding_model: str = Field("bundled", min_length=1)
    threads: int | None = Field(None, ge=1)


def load_settings(
    corpus: Path | None = None,
    index: Path | None = None,
    environ: Mapping[str, str] = os.environ,
    cwd: Path | None = None,
) -> Settings:
    """The settings of this run; `corpus` and `index` are the choices made on the command line."""
    here = cwd or Path.cwd()
    # An empty variable counts as absent, as in most programs.
    from_environment = {name: environ[variable] for name, variable in VARIABLES.items() if environ.get(variable)}
    written = _checked({**_file_contents(here / SETTINGS_FILE), **from_environment}, here / SETTINGS_FILE)
    corpus_folder = _absolute(corpus or (Path(written.corpus) if written.corpus else _default_corpus(here)), here)
    index_folder = index or (Path(written.index) if written.index else _default_index(corpus_folder, here))
    cache_folder = Path(written.cache) if written.cache else user_cache_path("beleidswijzer", appauthor=False)
    return Settings(
        corpus=corpus_folder,
        index=_absolute(index_folder, here),
        cache=_absolute(cache_folder, here),
        embedding_model=written.embedding_model,
        threads=written.threads,
    )


def _file_contents(path: Path) -> dict[str, object]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} is geen geldige TOML ({error}). Herstel het bestand of verwijder het.") from error
    except OSError as error:
        raise SettingsError(f"{path} kan niet worden gelezen: {reason_words(error)}. Controleer de rechten.") from error


def _checked(values: dict[str, object], path: Path) -> _SettingsFile:
    try:
        return _SettingsFile.model_validate(values)
    except ValidationError as error:
        findings = " En: ".join(finding_words(finding, _SettingsFile.model_fields) for finding in error.errors())
        raise SettingsError(f"In {path}: {findings} Toegestaan: {', '.join(_SettingsFile.model_fields)}.") from error


def _absolute(folder: Path, here: Path) -> Path:
    # Not resolve(): a folder reached through a link keeps the name that its user gave it.
    # os.path: Path.absolute() keeps ".." parts, and Path.expanduser() fails on a user who does not exist.
    return Path(os.path.abspath(here / os.path.expanduser(folder)))  # noqa: PTH100, PTH111


def _default_corpus(here: Path) -> Path:
    if (here / "corpus" / CATALOGUE_FILE).exists():
        return here / "corpus"
    checkout = Path(__file__).parents[1] / "corpus"
    packaged = Path(__file__).parent / "data" / "corpus"  # where the wheel puts it, see pyproject.toml
    return packaged if packaged.exists() else checkout


def _default_index(corpus: Path, here: Path) -> Path:
    if corpus == here / "corpus" and (corpus / CATALOGUE_FILE).exists():
        return here / "indexes"
    # One folder a corpus, so that a question never meets the index of another corpus.
    name = f"{corpus.name}-{hashlib.sha256(str(corpus).encode('utf-8', 'surrogateescape')).hexdigest()[:8]}"
    return user_data_path("beleidswijzer", appauthor=False) / "indexes" / name
