"""`corpus check | diff | review`: what is the matter with documents, what changed in them, which are due."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

import click

from assistant.cli.dutch import Day, DutchCommand
from assistant.cli.session import Session, pass_session
from assistant.errors import DocumentError, UsageError
from assistant.types import Document, Source

if TYPE_CHECKING:
    from rich.console import Console

    from assistant.document_diff import Difference

FAILED = 1
SIGNS = {"added": "+", "removed": "-", "changed": "~", "moved": "»"}
COUNTED = {"added": "toegevoegd", "removed": "vervallen", "changed": "gewijzigd", "moved": "verplaatst"}


@click.command(cls=DutchCommand)
@pass_session
def check(session: Session) -> int:
    """Controleer de catalogus en lees elk document.

    Een kruisje (✗) is een fout die hersteld moet worden. Wat eronder inspringt, is om even naar te kijken: lege
    gegevens, bijna gelijke documenten, privénummers, bladzijden zonder tekst, een andere taal, een verlopen datum.
    """
    from assistant.catalogue import read_documents, same_content
    from assistant.cli.rendering import print_check, terminal
    from assistant.corpus_check import chain_problems
    from assistant.loaders import load
    from assistant.unlisted import unlisted_documents

    folder, console = session.settings.corpus, terminal()
    documents = read_documents(folder)
    by_id = {document.id: document for document in documents}
    problems = {
        **chain_problems(by_id),
        **{
            copy: f"hetzelfde bestand als {original}. Verwijder één van de twee."
            for copy, original in same_content(documents).items()
        },
    }
    sources = _read(documents, problems)
    notes = _notes(documents, sources, problems)
    for document in documents:
        if document.id in problems:
            print_check(console, False, f"{document.id}: {problems[document.id]}")
        else:
            print_check(console, True, f"{document.id}: {len(sources[document.id].text.split())} woorden")
        for note in notes.get(document.id, ()):
            console.print(f"    {note}")
    unlisted = list(unlisted_documents(folder, documents, load))
    for each in unlisted:
        print_check(console, False, each.message)
    if failures := len(problems) + len(unlisted):
        ending = "Herstel ze en typ daarna: beleidswijzer corpus check"
        click.echo(session.with_folders(f"Problemen: {failures}. {ending}"), err=True)
        return FAILED
    console.print(f"Alle {len(documents)} documenten zijn in orde.")
    return 0


@click.command(cls=DutchCommand)
@click.argument("old", metavar="OUD")
@click.argument("new", metavar="[NIEUW]", required=False)
@click.option("--json", "as_json", is_flag=True, help="Geef de verschillen als JSON, voor programma's.")
@pass_session
def diff(session: Session, old: str, new: str | None, as_json: bool) -> None:
    """Toon per kop wat er is veranderd tussen twee documenten.

    OUD en NIEUW zijn een id uit de catalogus of een bestand. Met één id wordt dat document vergeleken met het
    document dat het vervangt. De tekens: + toegevoegd, - vervallen, ~ gewijzigd, » verplaatst.
    """
    from assistant.catalogue import read_catalogue
    from assistant.cli.rendering import print_json, terminal
    from assistant.document_diff import differences

    documents = {document.id: document for document in read_catalogue(session.settings.corpus)}
    if new is None:
        old, new = _predecessor(documents, old), old
    before, after = (_opened(documents, each) for each in (old, new))
    found = differences(before, after)
    if as_json:
        print_json([_as_json(each) for each in found])
        return
    console = terminal()
    console.print(f"{before[0].title} → {after[0].title}")
    console.print(_summary(found))
    for path, group in groupby(found, key=lambda each: each.heading_path):
        console.print()
        console.print(" › ".join(path) or "(boven de eerste kop)", style="bold")
        for each in group:
            _print_difference(console, each)


@click.command(cls=DutchCommand)
@click.option("--voor", type=Day(), metavar="DATUM", help="Kijk vooruit tot deze datum; zonder deze optie: vandaag.")
@click.option("--json", "as_json", is_flag=True, help="Geef de lijst als JSON, voor programma's.")
@pass_session
def review(session: Session, voor: date | None, as_json: bool) -> None:
    """Toon welke documenten nagekeken moeten worden.

    Dat zijn documenten met een verlopen 'review_by', en documenten waarvan 'valid_until' voorbij is terwijl de status
    nog geldig of onbekend is.
    """
    from assistant.catalogue import read_documents
    from assistant.cli.rendering import print_json
    from assistant.corpus_check import due
    from assistant.wording import date_words

    day = voor or date.today()
    documents = read_documents(session.settings.corpus)
    found = due(documents, day)
    if as_json:
        print_json(
            [{"id": e.document.id, "titel": e.document.title, "reden": e.reason, "datum": str(e.since)} for e in found]
        )
        return
    for each in found:
        click.echo(f"{each.document.id} ({each.document.title}): {each.reason}")
    undated = sum(document.review_by is None for document in documents)
    click.echo(f"Na te kijken op {date_words(day)}: {len(found)} van {len(documents)}. Zonder nakijkdatum: {undated}.")


def _read(documents: Sequence[Document], problems: dict[str, str]) -> dict[str, Source]:
    """The text of each document; what cannot be read is added to the problems."""
    from assistant.loaders import load

    sources = {}
    for document in documents:
        try:
            sources[document.id] = load(document.file)
        except DocumentError as error:
            problems.setdefault(document.id, str(error))
    return sources


def _notes(documents: Sequence[Document], sources: dict[str, Source], problems: dict[str, str]) -> dict[str, list[str]]:
    """What to look at, by the id of the document."""
    from assistant.corpus_check import chain_findings, due, metadata_findings, near_twins, text_findings

    twins = near_twins(
        {document_id: source.text for document_id, source in sources.items() if document_id not in problems}
    )
    overdue = {each.document.id: each.reason for each in due(documents, date.today())}
    notes: dict[str, list[str]] = {}
    for document in documents:
        found = notes.setdefault(document.id, [])
        if source := sources.get(document.id):
            found += [*source.warnings, *text_findings(document, source)]
        found += [*metadata_findings(document), *chain_findings(document)]
        if document.id in twins:
            other, percent = twins[document.id]
            found.append(f"voor {percent} % gelijk aan {other}: vergelijk met 'corpus diff {other} {document.id}'")
        if document.id in overdue:
            found.append(overdue[document.id])
    return notes


def _predecessor(documents: dict[str, Document], document_id: str) -> str:
    document = documents.get(document_id)
    if document is None or not document.supersedes:
        raise UsageError(f"'{document_id}' vervangt geen ander document. Geef twee documenten: corpus diff OUD NIEUW")
    return document.supersedes[0]


def _opened(documents: dict[str, Document], name: str) -> tuple[Document, Source]:
    from assistant.limited_load import load_limited
    from assistant.loaders import load
    from assistant.wording import nearest

    if name in documents:
        return documents[name], load(documents[name].file)
    path = Path(name)
    if not path.exists():
        proposal = nearest(name, documents)
        raise UsageError(
            f"'{name}' is geen id in de catalogus en geen bestand.{proposal} Typ: beleidswijzer corpus list"
        )
    source = load_limited(path)
    return Document("bestand", source.title or path.name, path.absolute()), source


def _summary(found: Sequence[Difference]) -> str:
    counts = {kind: sum(each.kind == kind for each in found) for kind in COUNTED}
    parts = [f"{words}: {counts[kind]}" for kind, words in COUNTED.items() if counts[kind]]
    return f"Zinnen {', '.join(parts)}." if parts else "Er is geen verschil in de tekst."


def _print_difference(console: Console, each: Difference) -> None:
    if each.kind == "changed":
        console.print(f"~ {each.old}", style="yellow")
        console.print(f"  wordt: {each.new}", style="yellow")
    elif each.kind == "moved":
        console.print(f"» {each.new} (stond onder: {' › '.join(each.old_path) or 'het begin'})")
    else:
        console.print(f"{SIGNS[each.kind]} {each.old or each.new}", style="green" if each.kind == "added" else "red")


def _as_json(each: Difference) -> dict[str, object]:
    return {
        "soort": COUNTED[each.kind],
        "kop": list(each.heading_path),
        "oud": each.old or None,
        "nieuw": each.new or None,
        "oudeKop": list(each.old_path),
    }
