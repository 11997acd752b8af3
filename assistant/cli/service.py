"""`service close | open | status`: the kill switch of the web door and of Slack."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from assistant.cli.dutch import Choice, DutchGroup
from assistant.cli.keys import ACTOR
from assistant.cli.session import Session, pass_session

if TYPE_CHECKING:
    from assistant.settings_sections import Door

DOORS: dict[str, Door] = {"http": "http", "slack": "slack"}
DOOR_WORDS: dict[Door, str] = {"http": "Webpagina en API", "slack": "Slack"}


@click.group(
    cls=DutchGroup,
    epilog="""\b
    Voorbeelden:
      beleidswijzer service close http --melding "Er is onderhoud tot 14.00 uur."
      beleidswijzer service open http
    """,
)
def service() -> None:
    """Sluit de dienst meteen, of open hem weer."""


@service.command()
@click.argument("door", type=Choice(DOORS), metavar="http|slack")
@click.option("--melding", "message", metavar="TEKST", help="Wat gebruikers te lezen krijgen.")
@pass_session
def close(session: Session, door: Door, message: str | None) -> None:
    """Beantwoord geen vragen meer; gebruikers krijgen een melding."""
    from assistant.records import open_records
    from assistant.records.switch import CLOSED

    with open_records(session.settings) as records:
        records.switch.close(door, CLOSED if message is None else message)
        records.trail.add(ACTOR, "dienst sluiten", door, "gelukt")
    click.echo(session.with_folders(f"{DOOR_WORDS[door]}: gesloten. Weer openen: beleidswijzer service open {door}"))


@service.command("open")
@click.argument("door", type=Choice(DOORS), metavar="http|slack")
@pass_session
def open_door(session: Session, door: Door) -> None:
    """Beantwoord weer vragen."""
    from assistant.records import open_records

    with open_records(session.settings) as records:
        records.switch.reopen(door)
        records.trail.add(ACTOR, "dienst openen", door, "gelukt")
    click.echo(f"{DOOR_WORDS[door]}: open.")


@service.command()
@pass_session
def status(session: Session) -> None:
    """Toon wat open is en wat gesloten."""
    from assistant.records import open_records

    with open_records(session.settings) as records:
        for door, words in DOOR_WORDS.items():
            message = records.switch.state(door)
            click.echo(f"{words}: {f'gesloten. Melding: {message}' if message else 'open'}")
