"""The corpus folder followed: files and catalogue that change there are in the index a quiet moment later.

In: settings. Out: an index that is built again after every change, and sentences about what was done.
The folder is looked at every few seconds. That costs milliseconds, and it works the same on a network drive, in a
container and on a local disk, where messages of the system about changes often do not.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from assistant.changing import indexable
from assistant.corpus_changes import recover_changes
from assistant.embeddings import Embedder, open_embedder
from assistant.errors import AssistantError, IndexBusyError, SnapshotError
from assistant.index_opening import open_index
from assistant.ingest import BuildReport, Stage, build
from assistant.settings import CATALOGUE_FILE, Settings
from assistant.types import Document, Source
from assistant.unlisted import document_files, unlisted_documents
from assistant.wording import reason_words

LOOK_SECONDS = 2.0
QUIET_SECONDS = 5.0
_BUSY_SECONDS, _TROUBLE_SECONDS = 5.0, 60.0  # until it is tried again: another one is building; the disk is full
_MOST_NAMED = 5  # documents, in one sentence

Look = Mapping[str, tuple[int, int, int]]  # name of a file → size, moment of change, inode
Say = Callable[[str], None]


class _StoppedError(Exception):
    """The watcher must end in the middle of a build; the index stays as it was."""


@dataclass(frozen=True)
class Pace:
    """How often the folder is looked at, and how long it must be quiet before anything is done."""

    look_seconds: float = LOOK_SECONDS
    quiet_seconds: float = QUIET_SECONDS


def watch(
    settings: Settings,
    stop: Event,
    say: Say,
    pace: Pace | None = None,
    *,
    embedder: Embedder | None = None,
) -> None:
    """Keep the index up to date until `stop` is set; what goes wrong is said, and tried again after the next change.

    Args:
        say: is told in Dutch what was done.
    """
    pace = pace or Pace()
    watcher = _Watcher(settings, stop, say, embedder)
    seen: Look | None = None
    built: Look | None = None
    quiet_since = 0.0
    while not stop.is_set():
        now = _look(settings.corpus)
        if now != seen:
            seen, quiet_since = now, time.monotonic()
            watcher.note_unreadable(now)
        elif now and now != built and time.monotonic() - quiet_since >= pace.quiet_seconds:
            built = now
            if again := watcher.build():
                built, quiet_since = None, time.monotonic() + again
        stop.wait(pace.look_seconds)


def _look(folder: Path) -> Look:
    """What the folder holds at this moment; nothing when it cannot be read."""
    found: dict[str, tuple[int, int, int]] = {}
    for name in (CATALOGUE_FILE, *map(str, document_files(folder))):
        try:
            state = os.stat(folder / name)  # noqa: PTH116 — as Path.stat, in half the time for thousands of files
        except OSError:
            continue  # it went away between the two looks
        found[name] = (state.st_size, state.st_mtime_ns, state.st_ino)
    return found


class _Watcher:
    """Builds the index and says what came of it; the same sentence is not said twice."""

    def __init__(self, settings: Settings, stop: Event, say: Say, embedder: Embedder | None) -> None:
        self._settings, self._stop, self._say, self._embedder = settings, stop, say, embedder
        self._told: set[str] = set()
        self._was_readable = True

    def note_unreadable(self, found: Look) -> None:
        """Say once that the folder is gone, such as a network drive that is not there, and once that it is back."""
        if bool(found) == self._was_readable:
            return
        self._was_readable = bool(found)
        self._say(
            f"De map {self._settings.corpus} is weer te lezen."
            if found
            else f"De map {self._settings.corpus} is niet te lezen of leeg. De index blijft zoals die is."
        )

    def build(self) -> float:
        """Build the index; returns after how many seconds that is worth trying again, 0 for the next change."""
        try:
            recover_changes(self._settings)
            self._built()
        except _StoppedError:
            return 0.0
        except IndexBusyError:
            return _BUSY_SECONDS
        except AssistantError as error:
            self._say_once(str(error))
            return _TROUBLE_SECONDS if isinstance(error, SnapshotError) else 0.0
        except OSError as error:
            self._say_once(f"{error.filename or self._settings.corpus}: {reason_words(error)}.")
            return _TROUBLE_SECONDS
        return 0.0

    def _built(self) -> None:
        settings = self._settings
        with indexable(settings) as (documents, stages):
            # Opened for each build: between two of them no model is in memory.
            embedder = self._embedder or open_embedder(settings.embedding_model, settings.cache, settings.threads)
            report = build(documents, open_index(settings), embedder, stages, self._go_on)
            self._tell(report, list(_unlisted(settings, documents, stages.load)))

    def _go_on(self, stage: Stage, done: int, total: int) -> None:  # noqa: ARG002 — as a build calls it
        if self._stop.is_set():
            raise _StoppedError

    def _tell(self, report: BuildReport, unlisted: list[str]) -> None:
        if report.switched:
            self._say(f"De index is bijgewerkt: {_counted(report)}; {report.chunks} passages.")
        problems = [f"{each.document_id}: {each.message}" for each in report.failures] + unlisted
        for problem in problems:
            self._say_once(f"Niet in de index: {problem}")
        mended = self._told - {f"Niet in de index: {problem}" for problem in problems}
        if mended and not problems:
            self._say("Alles staat weer in de index.")
        self._told -= mended

    def _say_once(self, sentence: str) -> None:
        if sentence not in self._told:
            self._told.add(sentence)
            self._say(sentence)


def _unlisted(settings: Settings, documents: tuple[Document, ...], load: Callable[[Path], Source]) -> Iterator[str]:
    if settings.secrets.index_url is None:
        for each in unlisted_documents(settings.corpus, documents, load):
            yield each.message


def _counted(report: BuildReport) -> str:
    parts = {"nieuw": report.added, "gewijzigd": report.changed, "verwijderd": report.removed}
    return ", ".join(f"{len(ids)} {words} ({_names(ids)})" for words, ids in parts.items() if ids) or "volgorde"


def _names(ids: tuple[str, ...]) -> str:
    more = f" en nog {len(ids) - _MOST_NAMED}" if len(ids) > _MOST_NAMED else ""
    return f"{', '.join(ids[:_MOST_NAMED])}{more}"
