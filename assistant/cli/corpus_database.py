"""`corpus import | export`: between a folder and the database that several machines share."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from assistant.cli.dutch import DutchCommand
from assistant.cli.progress import change_bar
from assistant.cli.recording import recording
from assistant.cli.session import Session, pass_session

if TYPE_CHECKING:
    from assistant.corpus_import import Imported

SHOWN_IDS = 10
_FOLDER = click.Path(path_type=Path, readable=False)


@click.command("import", cls=DutchCommand)
@click.argument("folder", type=_FOLDER, required=False, metavar="[MAP]")
@click.option("--vervang", is_flag=True, help="Documenten in de database mogen veranderen en verdwijnen.")
@click.option("--proef", is_flag=True, help="Toon alleen wat er zou veranderen.")
@pass_session
def import_folder(session: Session, folder: Path | None, vervang: bool, proef: bool) -> None:
    """Neem een map met documenten en catalogue.yml over in de database.

    Zonder MAP: de map die anders gebruikt zou worden (--corpus). De map zelf verandert niet en is daarna niet meer
    nodig. Staan er al documenten in de database, dan worden er alleen nieuwe toegevoegd; met --vervang wordt de
    database gelijk aan de map.
    """
    from assistant.corpus_import import import_corpus
    from assistant.embeddings import open_embedder

    settings = session.settings
    place = folder or settings.corpus
    embedder = open_embedder(settings.embedding_model, settings.cache, settings.threads)
    with recording(session, "bronnen-overnemen") as note, change_bar() as told:
        found = import_corpus(settings, place, embedder, told, replaces=vervang, looks=proef)
        if not proef:
            note(*found.added, *found.changed, *found.removed)
    _tell(found, proef)


@click.command("export", cls=DutchCommand)
@click.argument("folder", type=_FOLDER, metavar="MAP")
@pass_session
def export_folder(session: Session, folder: Path) -> None:
    """Zet de documenten en de catalogus uit de database in een nieuwe map.

    Om de catalogus met de hand te wijzigen: pas catalogue.yml in die map aan en typ daarna corpus import MAP --vervang.
    """
    from assistant.corpus_import import export_corpus

    count = export_corpus(session.settings, folder)
    click.echo(f"In {folder} staan nu de catalogus en de bestanden. Documenten: {count}.")


def _tell(found: Imported, is_trial: bool) -> None:
    words = {"nieuw": found.added, "gewijzigd": found.changed, "weg": found.removed}
    for word, ids in words.items():
        if ids:
            click.echo(f"{word.capitalize()}: {_shown(ids)}")
    if is_trial:
        click.echo("Er is niets veranderd.")
    elif found.is_same:
        click.echo(f"De database was al gelijk aan de map. Documenten: {found.documents}.")
    else:
        back = "" if found.is_first else " Terug kan met: beleidswijzer corpus undo"
        click.echo(f"De database is bijgewerkt. Documenten: {found.documents}.{back}")


def _shown(ids: Sequence[str]) -> str:
    more = f" en nog {len(ids) - SHOWN_IDS}" if len(ids) > SHOWN_IDS else ""
    return f"{', '.join(ids[:SHOWN_IDS])}{more} ({len(ids)})"
