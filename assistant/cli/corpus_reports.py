"""`corpus check | diff | review`: what is the matter with documents, what changed in them, which are due."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from contextlib import AbstractContextManager, ExitStack, closing
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from assistant.cli.differences import COUNTED, print_differences
from assistant.cli.dutch import Day, DutchCommand, Number
from assistant.cli.session import Session, pass_session
from assistant.errors import UsageError
from assistant.types import Document, Source

if TYPE_CHECKING:
    from assistant.document_diff import Difference

FAILED = 1


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
    from assistant.limited_load import LimitedReader
    from assistant.unlisted import unlisted_documents

    folder, console = session.corpus_folder, terminal()
    documents = read_documents(folder)
    by_id = {document.id: document for document in documents}
    problems = {
        **chain_problems(by_id),
        **{
            copy: f"hetzelfde bestand als {original}. Verwijder één van de twee."
            for copy, original in same_content(documents).items()
        },
    }
    sources = _read(session, documents, problems)
    notes = _notes(documents, sources, problems)
    for document in documents:
        if document.id in problems:
            print_check(console, False, f"{document.id}: {problems[document.id]}")
        else:
            print_check(console, True, f"{document.id}: {len(sources[document.id].text.split())} woorden")
        for note in notes.get(document.id, ()):
            console.print(f"    {note}")
    with LimitedReader() as reader:
        unlisted = list(unlisted_documents(folder, documents, reader.read))
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
@click.option(
    "--versie", type=Number(1, 20), default=1, metavar="GETAL", help="Hoeveel bestanden terug, bij één id (1)."
)
@click.option("--json", "as_json", is_flag=True, help="Geef de verschillen als JSON, voor programma's.")
@pass_session
def diff(session: Session, old: str, new: str | None, versie: int, as_json: bool) -> None:
    """Toon per kop wat er is veranderd tussen twee documenten of twee versies.

    OUD en NIEUW zijn een id uit de catalogus of een bestand. Met één id wordt dat document vergeleken met zijn vorige
    bestand (van de laatste twintig wijzigingen blijft dat bewaard), en anders met het document dat het vervangt.
    De tekens: + toegevoegd, - vervallen, ~ gewijzigd, » verplaatst.
    """
    from assistant.catalogue import read_catalogue
    from assistant.cli.rendering import print_json, terminal
    from assistant.document_diff import differences

    documents = {document.id: document for document in read_catalogue(session.corpus_folder)}
    with ExitStack() as stack:
        if new is not None:
            before = _opened(documents, old)
        elif earlier := stack.enter_context(_earlier_file(session, documents, old, versie)):
            before = _opened_version(documents[old], earlier)
        else:
            before = _opened(documents, _predecessor(documents, old))
    after = _opened(documents, new or old)
    found = differences(before, after)
    if as_json:
        print_json([_as_json(each) for each in found])
        return
    console = terminal()
    console.print(f"{before[0].title} → {after[0].title}")
    print_differences(console, found)


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
    documents = read_documents(session.corpus_folder)
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


def _read(session: Session, documents: Sequence[Document], problems: dict[str, str]) -> dict[str, Source]:
    """The text of each document; what cannot be read is added to the problems."""
    from assistant.reading_ahead import READERS, read_ahead
    from assistant.recognised_pages import RecognisedPages

    sources = {}
    memory = RecognisedPages(session.settings.cache)
    with closing(read_ahead([each.file for each in documents], 2 * READERS, memory=memory)) as read:
        for document, (_, source) in zip(documents, read, strict=True):
            if isinstance(source, str):
                problems.setdefault(document.id, source)
            else:
                sources[document.id] = source
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


def _earlier_file(
    session: Session, documents: dict[str, Document], document_id: str, back: int
) -> AbstractContextManager[Path | None]:
    from assistant.earlier_versions import earlier_file

    if document_id not in documents:
        raise UsageError(f"'{document_id}' is geen id in de catalogus. Geef twee documenten: corpus diff OUD NIEUW")
    return earlier_file(session.settings, document_id, back)


def _predecessor(documents: dict[str, Document], document_id: str) -> str:
    document = documents[document_id]
    if not document.supersedes:
        raise UsageError(
            f"'{document_id}' heeft geen eerder bestand en vervangt geen ander document. "
            "Geef twee documenten: corpus diff OUD NIEUW"
        )
    return document.supersedes[0]


def _opened_version(document: Document, file: Path) -> tuple[Document, Source]:
    from assistant.limited_load import load_limited

    return dataclasses.replace(document, title=f"{document.title} (eerder bestand)"), load_limited(file)


def _opened(documents: dict[str, Document], name: str) -> tuple[Document, Source]:
    from assistant.limited_load import load_limited
    from assistant.wording import nearest

    if name in documents:
        return documents[name], load_limited(documents[name].file)
    path = Path(name)
    if not path.exists():
        proposal = nearest(name, documents)
        raise UsageError(
            f"'{name}' is geen id in de catalogus en geen bestand.{proposal} Typ: beleidswijzer corpus list"
        )
    source = load_limited(path)
    return Document("bestand", source.title or path.name, path.absolute()), source


def _as_json(each: Difference) -> dict[str, object]:
    return {
        "soort": COUNTED[each.kind],
        "kop": list(each.heading_path),
        "oud": each.old or None,
        "nieuw": each.new or None,
        "oudeKop": list(each.old_path),
    }
