"""`index build | watch | status | verify | rollback`: the index that questions are answered from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import click

from assistant.cli.dutch import DutchGroup
from assistant.cli.index_watch import watch
from assistant.cli.session import Session, pass_session

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress, TaskID

    from assistant.engine import IndexStatus
    from assistant.ingest import BuildReport, Stage

FAILED = 1
STAGE_WORDS: dict[Stage, str] = {"read": "Documenten lezen", "embed": "Passages verwerken", "write": "Index schrijven"}


@click.group(
    cls=DutchGroup,
    epilog="""\b
    Voorbeelden:
      beleidswijzer index build
      beleidswijzer --corpus mijn-documenten --index mijn-index index build
    """,
)
def index() -> None:
    """Maak, controleer of herstel de index waarin wordt gezocht."""


index.add_command(watch)


@index.command()
@click.option("--opnieuw", is_flag=True, help="Begin helemaal opnieuw in plaats van alleen te doen wat is veranderd.")
@click.option("--json", "as_json", is_flag=True, help="Geef het verslag als JSON, voor programma's.")
@click.option("--stil", is_flag=True, help="Zeg niets als er niets is veranderd.")
@pass_session
def build(session: Session, opnieuw: bool, as_json: bool, stil: bool) -> int:
    """Maak de index, of werk bij wat er in de documenten is veranderd.

    De oude index blijft in gebruik tot de nieuwe klaar is.
    """
    from assistant.changing import indexable
    from assistant.cli.rendering import print_json, terminal
    from assistant.embeddings import open_embedder
    from assistant.index_opening import open_index
    from assistant.ingest import build as build_index
    from assistant.unlisted import unlisted_documents

    settings, console = session.settings, terminal(errors=True)
    with build_progress(console) as progress, indexable(settings, progress.count_pages) as (documents, stages):
        embedder = open_embedder(settings.embedding_model, settings.cache, settings.threads, console.print)
        report = build_index(documents, open_index(settings), embedder, stages, progress, fresh=opnieuw)
        failures = [f"{failure.document_id}: {failure.message}" for failure in report.failures]
        if settings.secrets.index_url is None:  # in a database, every file belongs to an entry
            failures += [unlisted.message for unlisted in unlisted_documents(settings.corpus, documents, stages.load)]
    if as_json:
        print_json(_report_as_json(report, failures))
    elif report.switched or failures or not stil:
        _print_report(terminal(), console, report, failures)
    return FAILED if failures else 0


@index.command()
@click.option("--json", "as_json", is_flag=True, help="Geef de stand als JSON, voor programma's.")
@pass_session
def status(session: Session, as_json: bool) -> None:
    """Toon welke index er is en waarvan hij is gemaakt."""
    from assistant.index_opening import open_index

    _print_status(open_index(session.settings).status(), as_json)


@index.command()
@pass_session
def verify(session: Session) -> None:
    """Lees de hele index en controleer of er niets beschadigd is."""
    from assistant.index_opening import open_index

    found = open_index(session.settings).verify()
    click.echo(f"De index is heel. Documenten: {found.documents}, passages: {found.chunks}.")


@index.command()
@pass_session
def rollback(session: Session) -> None:
    """Ga terug naar de vorige index; nog een keer gaat weer vooruit."""
    from assistant.index_opening import open_index

    found = open_index(session.settings).rollback()
    click.echo(f"Deze index is nu in gebruik: {found.id}. Documenten: {found.documents}, passages: {found.chunks}.")


class BuildProgress(Protocol):
    """Is told how far a build is, and how far a document is that takes long to read."""

    def __call__(self, stage: Stage, done: int, total: int) -> None: ...

    def count_pages(self, file: Path, done: int, total: int) -> None: ...


@contextmanager
def build_progress(console: Console) -> Iterator[BuildProgress]:
    """A progress bar a stage; one line a finished stage where nobody watches a terminal."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    if not console.is_terminal:
        yield _FinishedStages(console)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console) as bars:
        yield _Bars(bars)


class _Bars:
    def __init__(self, bars: Progress) -> None:
        self._bars = bars
        self._tasks: dict[Stage, TaskID] = {}

    def __call__(self, stage: Stage, done: int, total: int) -> None:
        self._bars.update(self._task(stage), completed=done, total=total, description=STAGE_WORDS[stage])

    def count_pages(self, file: Path, done: int, total: int) -> None:
        if total > 1:
            words = f"{STAGE_WORDS['read']} ({file.name}: bladzijde {done} van {total})"
            self._bars.update(self._task("read"), description=words)

    def _task(self, stage: Stage) -> TaskID:
        if stage not in self._tasks:
            self._tasks[stage] = self._bars.add_task(STAGE_WORDS[stage])
        return self._tasks[stage]


class _FinishedStages:
    def __init__(self, console: Console) -> None:
        self._console = console
        self._told: set[tuple[Stage, int]] = set()

    def __call__(self, stage: Stage, done: int, total: int) -> None:
        if done == total and (stage, total) not in self._told:
            self._told.add((stage, total))
            self._console.print(f"{STAGE_WORDS[stage]}: {done} van {total}")

    def count_pages(self, file: Path, done: int, total: int) -> None:
        """Nobody watches."""


def _print_report(console: Console, errors: Console, report: BuildReport, failures: Sequence[str]) -> None:
    for document_id, warning in report.warnings:
        errors.print(f"Let op, {document_id}: {warning}")
    counts = {
        "nieuw": report.added,
        "gewijzigd": report.changed,
        "verwijderd": report.removed,
        "ongewijzigd": report.unchanged,
    }
    told = ", ".join(f"{len(ids)} {words}" for words, ids in counts.items() if ids) or "geen documenten"
    console.print(
        f"{'De index is klaar' if report.switched else 'De index was al bij'}: {told}; {report.chunks} passages."
    )
    if failures:
        errors.print("Dit staat niet in de index:")
        for failure in failures:
            errors.print(f"✗ {failure}")


def _report_as_json(report: BuildReport, failures: Sequence[str]) -> dict[str, object]:
    return {
        "index": report.snapshot,
        "nieuw": list(report.added),
        "gewijzigd": list(report.changed),
        "verwijderd": list(report.removed),
        "ongewijzigd": list(report.unchanged),
        "mislukt": list(failures),
        "waarschuwingen": [{"id": document_id, "tekst": warning} for document_id, warning in report.warnings],
        "passages": report.chunks,
    }


def _print_status(found: IndexStatus, as_json: bool) -> None:
    from assistant.cli.rendering import print_json

    if as_json:
        print_json(
            {
                "index": found.id,
                "gemaakt": found.created.isoformat(),
                "model": found.model,
                "documenten": found.documents,
                "passages": found.chunks,
                "bytes": found.bytes,
                "vorige": found.previous,
            }
        )
        return
    click.echo(f"Index:      {found.id}")
    click.echo(f"Gemaakt:    {found.created:%d-%m-%Y %H:%M} UTC")
    click.echo(f"Model:      {found.model}")
    click.echo(f"Inhoud:     documenten: {found.documents}, passages: {found.chunks}, {found.bytes / 1e6:.1f} MB")
    click.echo(f"Vorige:     {found.previous or 'geen'}")
