"""`corpus list | init | show`: the documents and what the catalogue says of them; other modules have the rest."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from assistant.cli.corpus_changes import add, remove, replace_document, undo, withdraw
from assistant.cli.corpus_database import export_folder, import_folder
from assistant.cli.corpus_fetch import fetch
from assistant.cli.corpus_preview import preview
from assistant.cli.corpus_reports import check, diff, review
from assistant.cli.corpus_sync import sync
from assistant.cli.dutch import DutchGroup
from assistant.cli.session import Session, pass_session
from assistant.errors import UsageError

if TYPE_CHECKING:
    from assistant.catalogue_entry import Entry
    from assistant.types import Document

FAILED = 1
# What a person must fill in, in the words of the catalogue and of the reader.
TO_FILL = {"publisher": "uitgever", "published": "datum", "url": "webadres", "licence": "licentie", "themes": "thema's"}


@click.group(
    cls=DutchGroup,
    epilog="""\b
    Voorbeelden:
      beleidswijzer corpus init mijn-documenten
      beleidswijzer --corpus mijn-documenten corpus check
      beleidswijzer --corpus mijn-documenten corpus add nota.pdf
    """,
)
def corpus() -> None:
    """Bekijk, controleer en wijzig de documenten en hun catalogus."""


for command in (
    check,
    add,
    replace_document,
    withdraw,
    remove,
    undo,
    diff,
    review,
    fetch,
    sync,
    preview,
    import_folder,
    export_folder,
):
    corpus.add_command(command)


@corpus.command("list")
@click.option("--json", "as_json", is_flag=True, help="Geef de lijst als JSON, voor programma's.")
@pass_session
def list_documents(session: Session, as_json: bool) -> None:
    """Toon alle documenten."""
    from assistant.catalogue import read_documents
    from assistant.cli.rendering import print_documents, print_json, terminal
    from assistant.serialisation import document_as_json

    documents = read_documents(session.corpus_folder)
    if as_json:
        print_json([document_as_json(document) for document in documents])
    else:
        print_documents(terminal(), documents)


@corpus.command()
@click.argument("folder", type=click.Path(path_type=Path, readable=False), metavar="MAP")
def init(folder: Path) -> int:
    """Maak of vul catalogue.yml voor de documenten in een map.

    Wat er al staat, blijft staan. Een datum wordt alleen ingevuld als het document die zelf noemt.
    """
    from assistant.catalogue_init import initiate_catalogue
    from assistant.cli.rendering import terminal
    from assistant.loaders import SUPPORTED_SUFFIXES, load

    done = initiate_catalogue(folder, load)
    console = terminal()
    for entry in done.added:
        console.print(f"{entry.id}: {entry.title}{_still_empty(entry)}")
    for _, reason in done.skipped:
        click.echo(f"Overgeslagen: {reason}", err=True)
    if not done.added and not done.kept:
        readable = ", ".join(SUPPORTED_SUFFIXES)
        click.echo(
            f"In {folder} staat geen document dat gelezen kan worden. Zet er bestanden in: {readable}.", err=True
        )
        return FAILED
    console.print(f"Toegevoegd aan {done.path}: {len(done.added)}. Stonden er al: {done.kept}.")
    console.print(f"Typ daarna: beleidswijzer --corpus {shlex.quote(str(folder))} index build")
    return 0


@corpus.command()
@click.argument("document_id", metavar="ID")
@click.option("--json", "as_json", is_flag=True, help="Geef het document als JSON, voor programma's.")
@pass_session
def show(session: Session, document_id: str, as_json: bool) -> None:
    """Toon de gegevens en de tekst van één document."""
    from assistant.catalogue import read_documents
    from assistant.cli.rendering import print_document, print_json, terminal
    from assistant.limited_load import load_limited
    from assistant.serialisation import document_as_json

    document = _named(document_id, read_documents(session.corpus_folder))
    source = load_limited(document.file)
    if as_json:
        print_json(document_as_json(document, source))
    else:
        console = terminal()
        print_document(console, document)
        console.print()
        console.print(source.text)


def _named(document_id: str, documents: Sequence[Document]) -> Document:
    from assistant.wording import nearest

    for document in documents:
        if document.id == document_id:
            return document
    proposal = nearest(document_id, (document.id for document in documents))
    raise UsageError(f"Er is geen document met id '{document_id}'.{proposal} Typ: beleidswijzer corpus list")


def _still_empty(entry: Entry) -> str:
    empty = [words for key, words in TO_FILL.items() if not getattr(entry, key)]
    return f"\n    Vul aan: {', '.join(empty)}." if empty else ""
