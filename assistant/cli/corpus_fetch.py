"""`corpus fetch`: the originals that the catalogue names, from the web."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import click

from assistant.cli.dutch import DutchCommand
from assistant.cli.recording import recording
from assistant.cli.session import Session, pass_session
from assistant.errors import AssistantError, UsageError

if TYPE_CHECKING:
    from assistant.originals import Original

FAILED = 1
WORDS = {"new": "opgehaald", "changed": "gewijzigd sinds de vorige keer", "unchanged": "niet gewijzigd"}


@click.command(cls=DutchCommand)
@click.argument("document_ids", nargs=-1, metavar="[ID…]")
@pass_session
def fetch(session: Session, document_ids: tuple[str, ...]) -> int:
    """Haal de originelen op die de catalogus noemt, of alleen die van deze documenten.

    De bestanden komen niet vanzelf in de map met documenten: per bestand staat erbij hoe dat kan. Alleen een bestand
    dat daar ontbreekt, wordt teruggezet. Wat al is opgehaald, komt alleen opnieuw als het is veranderd.
    """
    from assistant.catalogue import read_documents
    from assistant.originals import fetch_originals
    from assistant.wording import nearest

    documents = {document.id: document for document in read_documents(session.corpus_folder)}
    for document_id in document_ids:
        if document_id not in documents:
            proposal = nearest(document_id, documents)
            raise UsageError(f"Er is geen document met id '{document_id}'.{proposal} Typ: beleidswijzer corpus list")
    chosen = [documents[each] for each in document_ids] or list(documents.values())
    counts = {"fetched": 0, "failed": 0}
    for each in fetch_originals(session.settings, chosen, session.open_downloader()):
        told = _put_back(session, each) if each.file and not each.document.file.exists() else _tell(session, each)
        counts["fetched" if told else "failed"] += 1
    silent = sum(document.url is None for document in chosen)
    click.echo(f"Opgehaald of nog gelijk: {counts['fetched']}. Mislukt: {counts['failed']}. Zonder webadres: {silent}.")
    return FAILED if counts["failed"] else 0


def _put_back(session: Session, original: Original) -> bool:
    """Whether the missing file is in the corpus again."""
    from assistant.corpus_restoring import restore_file

    document, file = original.document, original.file
    assert file is not None  # it was fetched
    try:
        with recording(session, "bron-bijwerken", document.id) as note:
            restore_file(session.settings, document, file)
            note(document.id)
    except AssistantError as error:
        click.echo(f"✗ {document.id}: {session.with_folders(str(error))}", err=True)
        return False
    click.echo(f"✓ {document.id}: het bestand ontbrak en is teruggezet: {document.file.name}")
    return True


def _tell(session: Session, original: Original) -> bool:
    """Whether it was fetched."""
    document = original.document
    if original.outcome in ("gone", "failed"):
        click.echo(f"✗ {document.id}: {original.reason}", err=True)
        return False
    click.echo(f"✓ {document.id}: {WORDS[original.outcome]}: {original.file}")
    if original.outcome != "unchanged" and not original.in_corpus:
        step = f"beleidswijzer corpus replace {document.id} {shlex.quote(str(original.file))}"
        click.echo(session.with_folders(f"    Nieuwe versie van dit document? Typ: {step}"))
    return True
