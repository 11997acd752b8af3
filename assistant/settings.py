"""Settings: which folders and which model; the only reader of the environment and of beleidswijzer.toml.

option on the command line  >  environment variable  >  beleidswijzer.toml in the current folder  >  default
"""

from __future__ import annotations

import hashlib
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from platformdirs import user_cache_path, user_data_path
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from assistant.errors import SettingsError
from assistant.settings_sections import ChatSettings, DatabaseSettings, HttpSettings, PrivacySettings, SlackSettings
from assistant.wording import finding_words, reason_words

SETTINGS_FILE = "beleidswijzer.toml"
CATALOGUE_FILE = "catalogue.yml"
VARIABLES = {
    "corpus": "BELEIDSWIJZER_CORPUS",
    "index": "BELEIDSWIJZER_INDEX",
    "cache": "BELEIDSWIJZER_CACHE",
    "data": "BELEIDSWIJZER_DATA",
    "prompts": "BELEIDSWIJZER_PROMPTS",
    "embedding_model": "EMBEDDING_MODEL",
}
SECTION_VARIABLES = {
    ("database", "organisation"): "BELEIDSWIJZER_ORGANISATION",
    ("http", "base_url"): "BELEIDSWIJZER_URL",
    ("http", "oidc_issuer"): "OIDC_ISSUER",
    ("http", "oidc_audience"): "OIDC_AUDIENCE",
    ("chat", "model"): "CHAT_MODEL",
    ("chat", "base_url"): "CHAT_BASE_URL",
}
SECRETS = {
    "slack_bot_token": "SLACK_BOT_TOKEN",
    "slack_app_token": "SLACK_APP_TOKEN",
    "slack_signing_secret": "SLACK_SIGNING_SECRET",
    "chat_api_key": "CHAT_API_KEY",
    "index_url": "INDEX_URL",
}


@dataclass(frozen=True)
class Secrets:
    """What only the environment may hold; never shown, not even in a representation."""

    slack_bot_token: str | None = field(default=None, repr=False)
    slack_app_token: str | None = field(default=None, repr=False)
    slack_signing_secret: str | None = field(default=None, repr=False)
    chat_api_key: str | None = field(default=None, repr=False)
    index_url: str | None = field(default=None, repr=False)  # of PostgreSQL; may hold a password


@dataclass(frozen=True)
class Settings:
    """What a run of Beleidswijzer works with; all folders are absolute."""

    corpus: Path  # documents and catalogue.yml
    index: Path  # snapshots
    cache: Path  # prepared models, embedding cache, log
    data: Path  # keys, feedback, tasks: what cannot be made again
    prompts: Path  # texts for the chat model
    embedding_model: str = "bundled"
    threads: int | None = None  # None: as many as the machine has
    database: DatabaseSettings = field(default_factory=DatabaseSettings)
    http: HttpSettings = field(default_factory=HttpSettings)
    slack: SlackSettings = field(default_factory=SlackSettings)
    chat: ChatSettings = field(default_factory=ChatSettings)
    privacy: PrivacySettings = field(default_factory=PrivacySettings)
    secrets: Secrets = field(default_factory=Secrets)


class _SettingsFile(BaseModel):
    """beleidswijzer.toml and the environment, as they are written."""

    model_config = ConfigDict(extra="forbid")

    corpus: str | None = Field(None, min_length=1)
    index: str | None = Field(None, min_length=1)
    cache: str | None = Field(None, min_length=1)
    data: str | None = Field(None, min_length=1)
    prompts: str | None = Field(None, min_length=1)
    embedding_model: str = Field("bundled", min_length=1)
    threads: int | None = Field(None, ge=1)
    database: DatabaseSettings = DatabaseSettings()
    http: HttpSettings = HttpSettings()
    slack: SlackSettings = SlackSettings()
    chat: ChatSettings = ChatSettings()
    privacy: PrivacySettings = PrivacySettings()


def load_settings(
    corpus: Path | None = None,
    index: Path | None = None,
    environ: Mapping[str, str] = os.environ,
    cwd: Path | None = None,
) -> Settings:
    """The settings of this run; `corpus` and `index` are the choices made on the command line."""
    here = cwd or Path.cwd()
    written = _checked(_with_environment(_file_contents(here / SETTINGS_FILE), environ), here / SETTINGS_FILE)
    corpus_folder = _absolute(corpus or (Path(written.corpus) if written.corpus else _default_corpus(here)), here)
    index_folder = index or (Path(written.index) if written.index else _default_index(corpus_folder, here))
    cache_folder = Path(written.cache) if written.cache else user_cache_path("beleidswijzer", appauthor=False)
    data_folder = Path(written.data) if written.data else _user_folder("gegevens", corpus_folder)
    prompts_folder = Path(written.prompts) if written.prompts else _packaged("prompts")
    return Settings(
        corpus=corpus_folder,
        index=_absolute(index_folder, here),
        cache=_absolute(cache_folder, here),
        data=_absolute(data_folder, here),
        prompts=_absolute(prompts_folder, here),
        embedding_model=written.embedding_model,
        threads=written.threads,
        database=written.database,
        http=written.http,
        slack=written.slack,
        chat=written.chat,
        privacy=written.privacy,
        secrets=Secrets(**{name: environ.get(variable) or None for name, variable in SECRETS.items()}),
    )


def _with_environment(contents: dict[str, object], environ: Mapping[str, str]) -> dict[str, object]:
    """The file's contents, with what the environment says in its place."""
    # An empty variable counts as absent, as in most programs.
    values = contents | {name: environ[variable] for name, variable in VARIABLES.items() if environ.get(variable)}
    for (section, name), variable in SECTION_VARIABLES.items():
        table = values.get(section, {})
        if environ.get(variable) and isinstance(table, dict):
            values[section] = table | {name: environ[variable]}
    return values


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
    return _packaged("corpus")


def _packaged(folder: str) -> Path:
    """A folder of the checkout; or where the wheel puts it, see pyproject.toml."""
    installed = Path(__file__).parent / "data" / folder
    return installed if installed.exists() else Path(__file__).parents[1] / folder


def _default_index(corpus: Path, here: Path) -> Path:
    if corpus == here / "corpus" and (corpus / CATALOGUE_FILE).exists():
        return here / "indexes"
    return _user_folder("indexes", corpus)


def _user_folder(kind: str, corpus: Path) -> Path:
    # One folder a corpus, so that a question never meets the index of another corpus.
    name = f"{corpus.name}-{hashlib.sha256(str(corpus).encode('utf-8', 'surrogateescape')).hexdigest()[:8]}"
    return user_data_path("beleidswijzer", appauthor=False) / kind / name
