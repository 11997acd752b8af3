"""Files that a maintainer names, added in one go; and what became of each of them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from assistant.cli.details import GivenDetails, asked
from assistant.cli.progress import batch_bar
from assistant.cli.recording import recording
from assistant.cli.session import Session
from assistant.errors import DocumentError, OriginalsBusyError

if TYPE_CHECKING:
    from assistant.corpus_batches import BatchReport
    from assistant.downloading import Download
    from assistant.new_document import NewDocument
    from assistant.types import Document, Source

FAILED = 1
MOST_LISTED = 25  # documents that were added, one by one; of more than these the counts say enough
MOST_UNDONE = 20
UNDO = "beleidswijzer corpus undo"
BACK = f"Terug kan met: {UNDO}"


class FoundFiles:
    """The files that a maintainer names; a document on the web as the file that it is downloaded to."""

    def __init__(self, session: Session, folder: Path) -> None:
        self._session, self._folder = session, folder
        self.addresses: dict[Path, str] = {}
        self.downloads: dict[Path, Download] = {}
        self.failures: list[tuple[Path, str]] = []

    def files(self, places: Sequence[str]) -> Iterator[Path]:
        for number, place in enumerate(places):
            if not re.match(r"(?i)[a-z][a-z0-9+.-]*://", place):
                yield Path(place)
                continue
            own = self._folder / str(number)
            own.mkdir()
            try:
                download = self._session.open_downloader().fetch(place, own)
            except DocumentError as error:
                self.failures.append((Path(place.rstrip("/").rpartition("/")[2] or place), str(error)))
            else:
                assert download  # only who says that it was seen before gets none
                self.addresses[download.file] = place
                self.downloads[download.file] = download
                yield download.file


def add_files(
    session: Session,
    files: Sequence[Path],
    given: GivenDetails,
    addresses: Mapping[Path, str],
    ja: bool,
    action: str = "bron-toevoegen",
) -> tuple[BatchReport, dict[Path, str]]:
    """What became of each file, and for each document that was read what the catalogue does not know of it."""
    from assistant.corpus_batches import add_all

    notes: dict[Path, str] = {}

    def describe(file: Path, source: Source) -> NewDocument:
        known = given if given.url or file not in addresses else replace(given, url=addresses[file])
        known = known if ja else asked(known, file, source)
        notes[file] = known.missing(source)
        return known.details(file)

    def finished(added: Sequence[Document]) -> None:
        note(*(document.id for document in added))

    with recording(session, action) as note, batch_bar(ja) as told:
        return add_all(session.settings, files, describe, told, finished), notes


def adopt_originals(session: Session, report: BatchReport, found: FoundFiles) -> None:
    """Remember which documents are originals from the web, so that `corpus sync` may replace them."""
    from assistant.originals import adopt_original

    for document, file in zip(report.added, report.origins, strict=True):
        if file in found.downloads and document.url == found.addresses[file]:
            with suppress(OriginalsBusyError):  # then the first sync finds it out
                adopt_original(session.settings, document, found.addresses[file], found.downloads[file])


def tell_report(session: Session, report: BatchReport, notes: Mapping[Path, str]) -> int:
    listed = len(report.added) <= MOST_LISTED
    for document, file in zip(report.added, report.origins, strict=True) if listed else ():
        click.echo(f"Toegevoegd: {document.id} ({document.title}).")
        if notes[file]:
            click.echo(f"    {notes[file]}")
    for file, document_id in report.present if len(report.present) <= MOST_LISTED else ():
        click.echo(f"Staat er al: {file.name}, als {document_id}.")
    if not listed:
        _tell_counts(report, notes)
    if len(report.present) > MOST_LISTED:
        click.echo(f"Stonden er al: {len(report.present)} documenten.")
    if report.added:
        click.echo(session.with_folders(_back(report.changes)))
    if report.failures:
        click.echo(f"Niet toegevoegd: {len(report.failures)}.", err=True)
        for file, reason in report.failures:
            click.echo(f"✗ {file.name}: {reason}", err=True)
    elif not report.added and not report.present:
        click.echo("Er zijn geen documenten gevonden om toe te voegen.", err=True)
    return 0 if (report.added or report.present) and not report.failures else FAILED


def _tell_counts(report: BatchReport, notes: Mapping[Path, str]) -> None:
    click.echo(f"Toegevoegd: {len(report.added)} documenten.")
    if unfilled := sum(bool(notes[file]) for file in report.origins):
        click.echo(f"    Bij {unfilled} daarvan is niet alles ingevuld. Typ: beleidswijzer corpus check")


def _back(changes: int) -> str:
    """How to go back; a large folder is added in several changes, of which the last twenty are kept."""
    if changes <= 1:
        return BACK
    if changes <= MOST_UNDONE:
        return f"{BACK} --aantal {changes}"
    return f"De laatste {MOST_UNDONE} van {changes} wijzigingen kunnen terug met: {UNDO} --aantal {MOST_UNDONE}"
