"""`corpus preview`: what the assistant would make of a document, as one HTML page."""

from __future__ import annotations

from pathlib import Path

import click

from assistant.cli.dutch import DutchCommand
from assistant.cli.progress import page_bar
from assistant.cli.session import Session, pass_session
from assistant.errors import UsageError

MOST_QUESTIONS = 3


@click.command(cls=DutchCommand)
@click.argument("file", type=click.Path(path_type=Path, readable=False), metavar="BESTAND")
@click.option("--uit", type=click.Path(path_type=Path, readable=False), metavar="PAD", help="Waar de pagina komt.")
@click.option("--vraag", multiple=True, metavar="TEKST", help="Vraag aan dit document; mag drie keer.")
@pass_session
def preview(session: Session, file: Path, uit: Path | None, vraag: tuple[str, ...]) -> None:
    """Maak een webpagina die toont hoe de assistent een document leest.

    Er wordt niets toegevoegd. De pagina toont elke bladzijde naast de gelezen tekst, met koppen en passages, en de
    antwoorden op drie vragen aan alleen dit document. Open de pagina met een browser.
    """
    from assistant.embeddings import open_embedder
    from assistant.files import write_atomically
    from assistant.loaders.reading import Reading
    from assistant.preview import preview as make_preview
    from assistant.recognised_pages import RecognisedPages

    if len(vraag) > MOST_QUESTIONS:
        raise UsageError("Stel hoogstens drie vragen.")
    target = uit or Path(f"{file.stem}-voorbeeld.html")
    _refuse_other(target)
    settings = session.settings
    embedder = open_embedder(settings.embedding_model, settings.cache, settings.threads)
    with page_bar(file.name) as told:
        reading = Reading(told, RecognisedPages(settings.cache))
        made = make_preview(file, embedder, vraag, reading=reading)
    write_atomically(target, made.html)
    for finding in made.findings:
        click.echo(f"Let op: {finding}", err=True)
    click.echo(f"Passages: {made.passages}. De pagina staat in {target}. Klopt alles? Typ: beleidswijzer corpus add …")


def _refuse_other(target: Path) -> None:
    """Only an earlier preview may be written over."""
    from assistant.preview import MARKER

    if target.is_dir() or (target.exists() and MARKER.encode() not in target.read_bytes()[:200]):
        raise UsageError(f"{target} bestaat al en is geen voorbeeld. Kies een andere naam met --uit.")
