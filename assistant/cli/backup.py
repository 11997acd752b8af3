"""`backup` and `restore`: everything in one file, and back."""

from __future__ import annotations

from pathlib import Path

import click

from assistant.cli.dutch import DutchCommand
from assistant.cli.session import Session, pass_session
from assistant.wording import date_words

_FILE = click.Path(path_type=Path, dir_okay=False, readable=False)


@click.command(
    cls=DutchCommand,
    epilog="""\b
    Voorbeeld:
      beleidswijzer backup /veilige-plek/beleidswijzer-$(date +%F).tar
    """,
)
@click.argument("file", type=_FILE, metavar="BESTAND")
@pass_session
def backup(session: Session, file: Path) -> None:
    """Maak een reservekopie van documenten, index en gegevens in één bestand.

    De dienst mag blijven draaien. Bewaar het bestand veilig: er staan ook bewaarde vragen in.
    """
    from assistant.backup import make_backup

    contents = make_backup(session.settings, file.absolute())
    size = file.stat().st_size / 1e6
    click.echo(f"Gemaakt: {file} ({size:.1f} MB). Documenten: {contents.documents}.")
    click.echo(f"Bij het terugzetten worden {len(contents.questions)} vragen opnieuw gesteld en vergeleken.")


@click.command(
    cls=DutchCommand,
    epilog="""\b
    Voorbeelden:
      beleidswijzer restore beleidswijzer-2026-11-22.tar
      beleidswijzer --corpus elders/documenten restore beleidswijzer-2026-11-22.tar
    """,
)
@click.argument("file", type=_FILE, metavar="BESTAND")
@click.option("--vervang", "replacing", is_flag=True, help="Vervang wat er nu is. Stop eerst de dienst.")
@pass_session
def restore(session: Session, file: Path, replacing: bool) -> None:
    """Zet een reservekopie terug.

    Eerst wordt alles gecontroleerd en worden de vragen uit de reservekopie gesteld. Lukt dat niet, dan verandert
    er niets.
    """
    from assistant.backup import restore_backup

    restored = restore_backup(session.settings, file.absolute(), replacing=replacing)
    contents = restored.contents
    click.echo(f"Teruggezet: {contents.documents} documenten, stand van {date_words(contents.created.date())}.")
    click.echo(f"Vragen met precies hetzelfde antwoord als toen: {restored.same} van {len(contents.questions)}.")
    if restored.same < len(contents.questions):
        click.echo("Andere antwoorden kunnen door een andere versie van Beleidswijzer komen. Kijk ze na.", err=True)
