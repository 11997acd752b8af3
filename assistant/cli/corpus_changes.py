"""`corpus add | replace | withdraw | remove | undo`: every change in catalogue, files and index, or nowhere."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import click

from assistant.cli.corpus_adding import (
    BACK,
    FAILED,
    MOST_UNDONE,
    FoundFiles,
    add_files,
    adopt_originals,
    tell_report,
)
from assistant.cli.details import GivenDetails, detail_options
from assistant.cli.dutch import Day, DutchCommand, Number
from assistant.cli.progress import change_bar
from assistant.cli.recording import recording
from assistant.cli.session import Session, pass_session
from assistant.errors import DocumentError, UsageError

if TYPE_CHECKING:
    from assistant.change_journal import ChangeKind
    from assistant.types import Document

UNDONE: dict[ChangeKind, str] = {
    "add": "het toevoegen van {}",
    "withdraw": "het verwijderen van {}",
    "replace": "het nieuwe bestand van {}",
    "retire": "het intrekken van {}",
    "edit": "het wijzigen van de gegevens van {}",
    "import": "het overnemen van een map, met {}",
}
SHOWN_IDS = 5


@click.command(cls=DutchCommand)
@click.argument("places", nargs=-1, required=True, metavar="BESTAND|MAP|WEBADRES…")
@detail_options
@pass_session
def add(session: Session, places: tuple[str, ...], ja: bool, **options: Any) -> int:
    """Voeg documenten toe aan de map, de catalogus en de index.

    Wat niet als optie is gegeven, wordt gevraagd. Wat het document zelf noemt (titel, uitgever, datum), staat er dan
    bij en geldt pas na een bevestiging. Het bestand zelf wordt gekopieerd. Wat er al in staat, wordt overgeslagen.
    Onderbroken? Geef dezelfde opdracht nog eens.
    """
    from assistant.corpus_batches import files_below

    given = GivenDetails(**options)
    _refuse_without_terminal(ja)
    _check_options(given)
    with TemporaryDirectory() as folder:
        found = FoundFiles(session, Path(folder))
        files = list(files_below(list(found.files(places))))
        if given.titel is not None and len(files) > 1:
            raise UsageError("--titel kan alleen bij één document. Laat de optie weg of geef één bestand.")
        report, notes = add_files(session, files, given, found.addresses, ja)
        adopt_originals(session, report, found)
    report.failures[:0] = found.failures
    return tell_report(session, report, notes)


@click.command("replace", cls=DutchCommand)
@click.argument("document_id", metavar="ID")
@click.argument("place", metavar="BESTAND|WEBADRES")
@click.option("--verbetering", is_flag=True, help="Zelfde document, beter bestand: alleen het bestand verandert.")
@detail_options
@pass_session
def replace_document(
    session: Session, document_id: str, place: str, verbetering: bool, ja: bool, **options: Any
) -> int:
    """Vervang een document door een nieuwe versie.

    De nieuwe versie wordt een eigen document. De oude blijft vindbaar, krijgt de status 'vervangen' en verwijst in
    elk antwoord naar de nieuwe. Met --verbetering blijft het hetzelfde document (zelfde id en gegevens) en gaat het
    oude bestand uit de map; het blijft bewaard voor: beleidswijzer corpus undo
    """
    from assistant.corpus_changes import replace_file

    given = GivenDetails(**options, vervangt=(document_id,))
    old = _known(session, document_id)
    if verbetering and any(options.values()):
        raise UsageError("Met --verbetering blijven de gegevens zoals ze zijn. Laat de andere opties weg.")
    if not verbetering:
        _refuse_without_terminal(ja)
        _check_options(given)
    with TemporaryDirectory() as folder:
        found = FoundFiles(session, Path(folder))
        files = list(found.files([place]))
        if found.failures:
            raise DocumentError(found.failures[0][1])
        if verbetering:
            with recording(session, "bron-vervangen", document_id) as note, change_bar() as told:
                replace_file(session.settings, document_id, files[0], told)
                note(document_id)
            click.echo(session.with_folders(f"{old.id} ({old.title}) heeft een nieuw bestand. {BACK}"))
            return 0
        report, notes = add_files(session, files, given, found.addresses, ja, "bron-vervangen")
        adopt_originals(session, report, found)
    code = tell_report(session, report, notes)
    if report.added:
        click.echo(f"{old.id} ({old.title}) is nu vervangen door {report.added[0].id}.")
    return code if report.added else FAILED


@click.command(cls=DutchCommand)
@click.argument("document_id", metavar="ID")
@click.option("--door", metavar="ID", help="Het document dat er nu voor in de plaats is; de status wordt 'vervangen'.")
@click.option("--tot", type=Day(), metavar="DATUM", help="Laatste dag waarop het document gold.")
@pass_session
def withdraw(session: Session, document_id: str, door: str | None, tot: date | None) -> None:
    """Trek een document in: het blijft vindbaar, maar als verouderd.

    Antwoorden uit dit document krijgen een waarschuwing. Weg uit de index en de map? Zie: beleidswijzer corpus remove
    """
    from assistant.corpus_changes import retire_document

    _known(session, document_id)
    with recording(session, "bron-intrekken", document_id) as note, change_bar() as told:
        document = retire_document(session.settings, document_id, door, tot, told)
        note(document_id)
    state = f"vervangen door {door}" if door else "verouderd"
    click.echo(session.with_folders(f"{document.id} ({document.title}) is nu {state}. {BACK}"))


@click.command(cls=DutchCommand)
@click.argument("document_id", metavar="ID")
@click.option("--ja", is_flag=True, help="Vraag niet om een bevestiging.")
@pass_session
def remove(session: Session, document_id: str, ja: bool) -> int:
    """Verwijder een document uit de catalogus, de index en de map.

    Het bestand blijft bewaard voor: beleidswijzer corpus undo (tot er twintig andere wijzigingen zijn gedaan).
    """
    from assistant.corpus_changes import withdraw_document

    document = _known(session, document_id)
    _refuse_without_terminal(ja)
    if not ja and not _confirmed(f"Verwijder {document.id} ({document.title}) en het bestand {document.file.name}?"):
        click.echo("Er is niets veranderd.", err=True)
        return FAILED
    with recording(session, "bron-verwijderen", document_id) as note, change_bar() as told:
        withdraw_document(session.settings, document_id, told)
        note(document_id)
    click.echo(session.with_folders(f"{document.id} ({document.title}) is verwijderd. {BACK}"))
    return 0


@click.command(cls=DutchCommand)
@click.option(
    "--aantal", type=Number(1, MOST_UNDONE), default=1, metavar="GETAL", help="Hoeveel wijzigingen terug (1)."
)
@pass_session
def undo(session: Session, aantal: int) -> None:
    """Draai de laatste wijziging van de documenten terug, of de laatste paar.

    Het gaat om wijzigingen met add, replace, withdraw en remove. De laatste twintig worden bewaard. Een toegevoegd
    bestand gaat weer uit de map. Terugdraaien kan niet worden teruggedraaid.
    """
    from assistant.corpus_changes import undo_change

    for _ in range(aantal):
        with recording(session, "bron-terugdraaien") as note, change_bar() as told:
            change = undo_change(session.settings, told)
            note(*change.documents)
        shown = ", ".join(change.documents[:SHOWN_IDS])
        more = f" en nog {len(change.documents) - SHOWN_IDS}" if len(change.documents) > SHOWN_IDS else ""
        click.echo(f"Teruggedraaid: {UNDONE[change.kind].format(shown + more)}.")


def _check_options(given: GivenDetails) -> None:
    """Refuse what the catalogue would refuse, before anything is read or fetched."""
    from assistant.new_document import check_details

    check_details(given.details(Path("document")))


def _known(session: Session, document_id: str) -> Document:
    from assistant.catalogue import read_catalogue
    from assistant.wording import nearest

    documents = {document.id: document for document in read_catalogue(session.corpus_folder)}
    if document_id not in documents:
        proposal = nearest(document_id, documents)
        raise UsageError(f"Er is geen document met id '{document_id}'.{proposal} Typ: beleidswijzer corpus list")
    return documents[document_id]


def _refuse_without_terminal(ja: bool) -> None:
    if not ja and not sys.stdin.isatty():
        raise UsageError("Er is geen terminal om vragen te stellen. Geef wat bekend is als optie, en voeg --ja toe.")


def _confirmed(question: str) -> bool:
    typed: str = click.prompt(f"{question} Typ ja of nee", default="nee", show_default=False, err=True)
    return typed.strip().lower() in ("ja", "j")
