"""`eval retrieval | answers | compare`: question sets in, figures, reports and comparisons out."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from assistant.cli.dutch import DutchGroup, Number
from assistant.cli.session import Session, pass_session
from assistant.errors import UsageError

if TYPE_CHECKING:
    from rich.console import Console

    from assistant.embeddings import Embedder
    from assistant.engine import Index
    from assistant.evaluation.beir import QuestionSet
    from assistant.evaluation.judging import Verdict
    from assistant.evaluation.questions import GoldQuestion
    from assistant.evaluation.resampling import Estimate
    from assistant.evaluation.retrieval import RetrievalFigures
    from assistant.evaluation.saved_runs import SavedRun

_PATH = click.Path(path_type=Path, readable=False)  # whoever reads it says in Dutch what is the matter
KEEP_HELP = "Bewaar de index in deze map, zodat een volgende meting hem niet opnieuw maakt."
SAVE_HELP = "Bewaar de meting in dit bestand, voor eval compare."


@click.group(
    "eval",
    cls=DutchGroup,
    epilog="""\b
    Voorbeelden:
      beleidswijzer eval retrieval vragenset
      beleidswijzer eval answers vragen.jsonl --html verslag.html
      beleidswijzer eval compare oud.json nieuw.json
    """,
)
def evaluation() -> None:
    """Meet hoe goed het zoeken en de antwoorden zijn."""


@evaluation.command(
    epilog="""\b
    Voorbeelden:
      beleidswijzer eval retrieval vragenset
      beleidswijzer eval retrieval vragenset --bewaar /tmp/vragenset --uit nieuw.json
    """
)
@click.argument("folder", type=_PATH, metavar="MAP")
@click.option("--bewaar", type=_PATH, metavar="MAP", help=KEEP_HELP)
@click.option("--uit", type=_PATH, metavar="BESTAND", help=SAVE_HELP)
@click.option("--json", "as_json", is_flag=True, help="Geef de cijfers als JSON, voor programma's.")
@pass_session
def retrieval(session: Session, folder: Path, bewaar: Path | None, uit: Path | None, as_json: bool) -> None:
    """Meet het zoeken op een vragenset in BEIR-indeling.

    MAP heeft corpus.jsonl, queries.jsonl en qrels.tsv. De passages komen in een eigen index.
    """
    from assistant.cli.rendering import print_json, terminal
    from assistant.evaluation.beir import read_question_set
    from assistant.evaluation.product import open_ranker
    from assistant.evaluation.retrieval import measure_retrieval
    from assistant.evaluation.saved_runs import save_run

    _check_targets(uit)
    console = terminal(errors=True)
    question_set = read_question_set(folder)
    with _passage_index(session, question_set, bewaar, console) as (index, embedder):
        rank = open_ranker(index, embedder)
        with _counting(console, "Vragen stellen") as progress:
            figures = measure_retrieval(question_set, rank, progress)
        if uit:
            save_run(_retrieval_run(session, folder, question_set, figures), uit)
    if as_json:
        print_json(figures.as_json())
    else:
        _print_retrieval(folder, question_set, figures)


@evaluation.command(
    epilog="""\b
    Voorbeelden:
      beleidswijzer eval answers vragen.jsonl
      beleidswijzer --corpus artikelen --index artikelen-index eval answers vragen.jsonl
      beleidswijzer eval answers vragenset --weglaten --html verslag.html --uit nieuw.json
    """
)
@click.argument("questions", type=_PATH, metavar="BESTAND|MAP")
@click.option("--weglaten", is_flag=True, help="Stel elke vraag nog eens zonder de passages met het goede antwoord.")
@click.option("--onbekend", type=_PATH, metavar="BESTAND|MAP", help="Vragen uit een ander veld: die horen geweigerd.")
@click.option("--aantal", type=Number(1, 999_999), metavar="GETAL", help="Neem een vaste steekproef van zoveel vragen.")
@click.option("--bewaar", type=_PATH, metavar="MAP", help=KEEP_HELP)
@click.option(
    "--html", type=_PATH, metavar="BESTAND", help="Schrijf een verslag met grafieken en de slechtste gevallen."
)
@click.option("--uit", type=_PATH, metavar="BESTAND", help=SAVE_HELP)
@click.option("--json", "as_json", is_flag=True, help="Geef alles als JSON, voor programma's.")
@pass_session
def answers(
    session: Session,
    questions: Path,
    weglaten: bool,
    onbekend: Path | None,
    aantal: int | None,
    bewaar: Path | None,
    html: Path | None,
    uit: Path | None,
    as_json: bool,
) -> None:
    """Meet de antwoorden op een vragenbestand of een vragenset.

    Een BESTAND met vragen (JSONL) gaat over de index van --corpus en --index. Een MAP in BEIR-indeling, met
    answers.jsonl als de plaats van de antwoorden bekend is, krijgt een eigen index.
    """
    from assistant.cli.rendering import print_json, terminal
    from assistant.evaluation.answers import measure_answers, sample
    from assistant.evaluation.figures import compute_figures
    from assistant.evaluation.product import open_asking
    from assistant.evaluation.report import report_html
    from assistant.evaluation.saved_runs import save_run, write_report

    _check_targets(uit, html)
    console = terminal(errors=True)
    asked, question_set = _read_questions(questions)
    unknown = _read_questions(onbekend)[0] if onbekend else []
    with _index_for(session, question_set, bewaar, console) as (index, embedder):
        ask, library = open_asking(index, embedder)
        with _counting(console, "Vragen stellen") as progress:
            verdicts = measure_answers(
                sample(asked, aantal),
                ask,
                library,
                leave_out=weglaten,
                unknown=sample(unknown, aantal),
                progress=progress,
            )
    figures = compute_figures(verdicts)
    if uit:
        save_run(_answers_run(session, questions, figures.as_json(), verdicts), uit)
    if html:
        write_report(
            html, report_html(f"Antwoorden op {questions.name}", _description(session, verdicts), figures, verdicts)
        )
    if as_json:
        print_json({**figures.as_json(), "questions": [verdict.model_dump(mode="json") for verdict in verdicts]})
    else:
        _print_answers(questions, figures.estimates, html)


@evaluation.command(
    epilog="""\b
    Voorbeeld:
      beleidswijzer eval compare oud.json nieuw.json
    """
)
@click.argument("first", type=_PATH, metavar="OUD")
@click.argument("second", type=_PATH, metavar="NIEUW")
@click.option("--json", "as_json", is_flag=True, help="Geef de vergelijking als JSON, voor programma's.")
def compare(first: Path, second: Path, as_json: bool) -> None:
    """Vergelijk twee metingen die met --uit zijn bewaard."""
    from assistant.cli.rendering import print_json
    from assistant.evaluation.compare import compare_runs, comparison_json, comparison_words
    from assistant.evaluation.saved_runs import load_run

    old, new = load_run(first), load_run(second)
    differences, questions = compare_runs(old, new), {**old.questions, **new.questions}
    if as_json:
        print_json(comparison_json(differences, questions))
        return
    click.echo(f"Oud:   {first} ({old.made})\nNieuw: {second} ({new.made})")
    for line in comparison_words(differences, questions):
        click.echo(line)


def _check_targets(*targets: Path | None) -> None:
    """Refuse a target that cannot be written before the measuring starts, not half an hour later."""
    for target in targets:
        if target and (target.is_dir() or not os.access(target.absolute().parent, os.W_OK)):
            raise UsageError(f"{target} kan niet worden geschreven. Kies een bestand in een map die bestaat.")


def _read_questions(path: Path) -> tuple[list[GoldQuestion], QuestionSet | None]:
    from assistant.evaluation.beir import read_question_set
    from assistant.evaluation.questions import questions_of, read_question_file

    if not path.is_dir():
        return read_question_file(path), None
    question_set = read_question_set(path)
    return questions_of(question_set), question_set


@contextmanager
def _index_for(
    session: Session, question_set: QuestionSet | None, kept: Path | None, console: Console
) -> Iterator[tuple[Index | Path, Embedder]]:
    from assistant.index_opening import open_index

    if question_set is None:
        if kept:
            raise UsageError(
                "--bewaar hoort bij een map in BEIR-indeling. Kies de index van een vragenbestand met --index."
            )
        yield open_index(session.settings), _embedder(session, console)
        return
    with _passage_index(session, question_set, kept, console) as found:
        yield found


@contextmanager
def _passage_index(
    session: Session, question_set: QuestionSet, kept: Path | None, console: Console
) -> Iterator[tuple[Path, Embedder]]:
    """The question set's own index, in the folder that keeps it or in one that goes afterwards."""
    from assistant.cli.index import build_progress
    from assistant.evaluation.passage_index import build_passage_index

    embedder = _embedder(session, console)
    with tempfile.TemporaryDirectory(prefix="beleidswijzer-eval-") as temporary:
        with build_progress(console) as progress:
            index = build_passage_index(question_set.passages.values(), kept or Path(temporary), embedder, progress)
        yield index, embedder


def _embedder(session: Session, console: Console) -> Embedder:
    from assistant.embeddings import open_embedder

    settings = session.settings
    return open_embedder(settings.embedding_model, settings.cache, settings.threads, console.print)


@contextmanager
def _counting(console: Console, words: str) -> Iterator[Callable[[int, int], None]]:
    """A progress bar in a terminal; nothing where nobody watches."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    if not console.is_terminal:
        yield _uncounted
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console) as bars:
        task = bars.add_task(words)
        yield lambda done, total: bars.update(task, completed=done, total=total)


def _uncounted(done: int, total: int) -> None:
    """Progress that nobody watches."""


def _conditions(session: Session) -> dict[str, str]:
    from importlib.metadata import version

    return {"versie": version("beleidswijzer"), "model": session.settings.embedding_model}


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _retrieval_run(session: Session, folder: Path, question_set: QuestionSet, figures: RetrievalFigures) -> SavedRun:
    from assistant.evaluation.saved_runs import SavedRun

    return SavedRun(
        kind="retrieval",
        set=folder.name,
        made=_now(),
        conditions=_conditions(session),
        figures={**figures.as_json(), "intervals": figures.intervals()},
        questions=dict(question_set.questions),
        scores={f"{mode} {metric}": each for mode, found in figures.scores.items() for metric, each in found.items()},
    )


def _answers_run(session: Session, path: Path, figures: dict[str, object], verdicts: list[Verdict]) -> SavedRun:
    from assistant.evaluation.figures import question_key, question_scores
    from assistant.evaluation.saved_runs import SavedRun

    return SavedRun(
        kind="answers",
        set=path.name,
        made=_now(),
        conditions=_conditions(session),
        figures=figures,
        questions={question_key(verdict): verdict.question for verdict in verdicts},
        scores=question_scores(verdicts),
        verdicts=tuple(verdicts),
    )


def _description(session: Session, verdicts: list[Verdict]) -> str:
    facts = _conditions(session)
    return f"{len(verdicts)} antwoorden, gemeten op {_now()} met versie {facts['versie']} en model {facts['model']}."


def _print_retrieval(folder: Path, question_set: QuestionSet, figures: RetrievalFigures) -> None:
    from assistant.evaluation.metrics import METRICS
    from assistant.evaluation.report import decimal
    from assistant.evaluation.retrieval import MODES

    click.echo(f"{folder}: {len(question_set.questions)} vragen, {len(question_set.passages)} passages")
    click.echo(f"{'':12}" + "".join(f"{mode:24}" for mode in MODES).rstrip())
    for metric in METRICS:
        cells = [figures.estimate(mode, metric) for mode in MODES]
        words = [f"{decimal(each.value)} ({decimal(each.low)} – {decimal(each.high)})" for each in cells]
        click.echo(f"{metric:12}" + "".join(f"{cell:24}" for cell in words).rstrip())
    click.echo("Tussen haakjes: 95 %-interval (bootstrap).")


def _print_answers(questions: Path, estimates: dict[str, Estimate], html: Path | None) -> None:
    from assistant.evaluation.report import figure_words

    click.echo(f"{questions}")
    for name, estimate in estimates.items():
        what, value, interval = figure_words(name, estimate)
        click.echo(f"{value:>9}  {what}" + (f" ({interval})" if interval else ""))
    if html:
        click.echo(f"Verslag: {html}")
