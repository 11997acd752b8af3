"""`doctor`: is everything that Beleidswijzer needs on this machine in order? One line a check, with the next step."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from assistant.cli.dutch import DutchCommand
from assistant.cli.session import Session, pass_session
from assistant.errors import AssistantError

if TYPE_CHECKING:
    from assistant.settings import Settings

NEEDED_BYTES = 1_000_000_000  # the prepared model takes about 0.2 GB, and an index needs room for two snapshots


@dataclass(frozen=True)
class Check:
    """The outcome of one check; a Dutch sentence, with the next step where it failed."""

    ok: bool
    sentence: str


@click.command(cls=DutchCommand)
@pass_session
def doctor(session: Session) -> int:
    """Controleer of alles op deze computer in orde is."""
    from assistant.cli.rendering import print_check, terminal

    console = terminal()
    failed = 0
    for check in run_checks(session.settings):
        print_check(console, check.ok, session.with_folders(check.sentence))
        failed += not check.ok
    console.print("Alles is in orde." if not failed else "Los eerst op wat een ✗ heeft.")
    return 1 if failed else 0


def run_checks(settings: Settings) -> Iterator[Check]:
    """Every check in turn; a later one does not depend on an earlier one."""
    yield _check_python()
    yield _check_packages()
    yield _check_model(settings)
    if settings.secrets.index_url is not None:
        yield _check_database(settings)
    yield _check_corpus(settings)
    yield _check_index(settings)
    yield _check_chat_model(settings)
    yield from _check_folders(settings)


def _check_python() -> Check:
    # pip refuses an older Python, so that the version is for information only.
    return Check(True, f"Python {'.'.join(map(str, sys.version_info[:3]))}")


def _check_packages() -> Check:
    from importlib.metadata import PackageNotFoundError, requires, version

    names = [line.split(";")[0] for line in requires("beleidswijzer") or () if "extra ==" not in line]
    missing = []
    for name in (_package_name(line) for line in names):
        try:
            version(name)
        except PackageNotFoundError:
            missing.append(name)
    if missing:
        return Check(False, f"Deze pakketten ontbreken: {', '.join(missing)}. Typ: pip install beleidswijzer")
    return Check(True, f"Pakketten: alle {len(names)} aanwezig")


def _package_name(requirement: str) -> str:
    return requirement.translate({ord(sign): " " for sign in "<>=!~[("}).split()[0]


def _check_model(settings: Settings) -> Check:
    from assistant.embeddings import open_embedder

    try:
        description = open_embedder(settings.embedding_model, settings.cache, settings.threads).description
    except AssistantError as error:
        return Check(False, str(error))
    return Check(True, f"Model: {description.name}, {description.dimension} getallen per tekst, in {settings.cache}")


def _check_database(settings: Settings) -> Check:
    from assistant.postgres.database import open_database

    try:
        with open_database(settings) as database:
            server = database.describe()
    except AssistantError as error:
        return Check(False, str(error))
    secure = "versleutelde verbinding" if server.is_encrypted else "verbinding zonder versleuteling"
    return Check(True, f"Database: PostgreSQL {server.version}, {secure}, organisatie {database.organisation}")


def _check_corpus(settings: Settings) -> Check:
    from assistant.catalogue import read_documents
    from assistant.changing import readable

    try:
        folder = readable(settings).corpus
        place = folder if settings.secrets.index_url is None else "de database"
        return Check(True, f"Documenten: {len(read_documents(folder))} in {place}")
    except AssistantError as error:
        return Check(False, str(error))


def _check_index(settings: Settings) -> Check:
    from assistant.index_opening import open_index

    try:
        open_index(settings).verify()
    except AssistantError as error:
        return Check(False, str(error))
    place = settings.index if settings.secrets.index_url is None else "in de database"
    return Check(True, f"Index: {place}")


def _check_chat_model(settings: Settings) -> Check:
    if settings.chat.model is None:
        return Check(True, "Taalmodel: geen; antwoorden zijn letterlijke citaten uit de bronnen")
    from assistant.writer import check_writer

    try:
        return Check(True, f"Taalmodel: {settings.chat.model} antwoordt, met prompts {check_writer(settings)}")
    except AssistantError as error:
        return Check(False, str(error))


def _check_folders(settings: Settings) -> Iterator[Check]:
    for name, folder in (("index", settings.index), ("voorbereide modellen", settings.cache)):
        place = _existing(folder)
        if not os.access(place, os.W_OK | os.X_OK):
            yield Check(False, f"In de map voor {name} kan niet worden geschreven: {place}. Pas de rechten aan.")
            continue
        free = shutil.disk_usage(place).free
        room = f"{free / 1e9:.1f} GB vrij"
        if free < NEEDED_BYTES:
            yield Check(False, f"Er is te weinig ruimte voor {name}: {room} in {place}. Maak minstens 1 GB vrij.")
        else:
            yield Check(True, f"Map voor {name}: {folder} ({room})")


def _existing(folder: Path) -> Path:
    """The folder itself, or the nearest one above it that exists."""
    return next(place for place in (folder, *folder.parents) if place.exists())
