"""Backup and restore: everything that an installation keeps in one file, and back, checked by asking questions.

`make_backup` writes it, `restore_backup` puts it back only after every byte of it was checked.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from assistant.answering import Assistant
from assistant.backup import files
from assistant.backup.archive import FORMAT, Contents, Engine, read_contents
from assistant.backup.questions import checked_questions, count_same
from assistant.catalogue import read_catalogue
from assistant.embeddings import Embedder, open_embedder
from assistant.errors import BackupError
from assistant.ingest import build, standard_stages
from assistant.settings import Settings
from assistant.snapshot_follower import SnapshotFollower

__all__ = ["Contents", "Restored", "make_backup", "restore_backup"]


@dataclass(frozen=True)
class Restored:
    """What a restore did."""

    contents: Contents
    same: int  # of the questions in the backup, how many have the very same answer


def make_backup(settings: Settings, path: Path, *, embedder: Embedder | None = None) -> Contents:
    """Write everything that this installation keeps to one new file, for its owner only.

    Raises:
        BackupError: the file exists or cannot be written.
        SnapshotError, CatalogueError, RecordsError: there is no index, or what is kept cannot be read or is busy.
    """
    assistant = _quoting(settings, embedder or _embedder(settings))
    documents = assistant.documents()
    contents = Contents(
        format=FORMAT,
        created=datetime.now(UTC).replace(microsecond=0),
        program=version("beleidswijzer"),
        engine=_engine(settings),
        corpus=str(settings.corpus),
        documents=len(documents),
        questions=checked_questions(documents, assistant.ask),
    )
    return files.write_backup(settings, path, contents)


def restore_backup(
    settings: Settings,
    path: Path,
    *,
    replacing: bool = False,
    told: Callable[[int], None] = lambda _: None,
    embedder: Embedder | None = None,
) -> Restored:
    """Put a backup back, after checking it whole and asking its questions; on any error nothing is changed.

    Args:
        replacing: take the place of what is there now.
        told: hears how many bytes were unpacked.

    Raises:
        BackupError: the backup is damaged or of another engine, or there is something that it would replace.
        SnapshotError: the index in it is damaged or does not fit this version.
    """
    contents = read_contents(path)
    if contents.engine != _engine(settings):
        raise BackupError(_OTHER_ENGINE[contents.engine])
    if not replacing and files.is_in_use(settings):
        raise BackupError(
            "Er is hier al een installatie met documenten, een index of gegevens. Stop de dienst en typ: "
            "beleidswijzer restore BESTAND --vervang"
        )
    with files.staged(settings, path, told) as (contents, looking):
        embedder = embedder or _embedder(settings)
        same = count_same(contents.questions, _quoting(looking, embedder).ask)
        files.take(settings)
    if contents.corpus != str(settings.corpus):  # the index still knows the documents by their old place
        build(read_catalogue(settings.corpus), settings.index, embedder, standard_stages())
    return Restored(contents, same)


_OTHER_ENGINE: dict[Engine, str] = {
    "files": "Deze reservekopie is van een installatie op bestanden. Haal INDEX_URL uit de omgeving.",
    "postgresql": "Deze reservekopie is van een installatie op PostgreSQL. Zet INDEX_URL in de omgeving.",
}


def _engine(settings: Settings) -> Engine:
    return "postgresql" if settings.secrets.index_url else "files"


def _quoting(settings: Settings, embedder: Embedder) -> Assistant:
    """An assistant that answers the same way every time: with quotes, whatever chat model there is."""
    return Assistant(SnapshotFollower(settings.index, embedder.description), embedder)


def _embedder(settings: Settings) -> Embedder:
    return open_embedder(settings.embedding_model, settings.cache, settings.threads)
