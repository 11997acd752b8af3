"""`database init | migrate | status | organisation`: the shared PostgreSQL database, for its administrator."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from assistant.cli.dutch import DutchGroup
from assistant.cli.session import Session, pass_session

if TYPE_CHECKING:
    from assistant.postgres.schema import SchemaState

FAILED = 1


@click.group(
    cls=DutchGroup,
    epilog="""\b
    Het adres van de database staat in de omgeving:
      INDEX_URL=postgresql://gebruiker:wachtwoord@server:5432/database

    \b
    Voorbeelden:
      beleidswijzer database init
      beleidswijzer database status
      beleidswijzer database organisation gemeente-voorbeeld
    """,
)
def database() -> None:
    """Richt de gedeelde database in, werk hem bij of bekijk hem."""


@database.command()
@pass_session
def init(session: Session) -> None:
    """Richt een lege database in; opnieuw uitvoeren kan geen kwaad."""
    from assistant.postgres.database import open_database
    from assistant.postgres.migrating import init_database

    with open_database(session.settings) as opened:
        applied = init_database(opened)
        click.echo("De database is ingericht." if applied else "De database was al ingericht.")
        click.echo(f"Organisatie: {opened.organisation}")


@database.command()
@pass_session
def migrate(session: Session) -> None:
    """Breng de tabellen op de versie van dit programma. Maak eerst een reservekopie."""
    from assistant.postgres.database import open_database
    from assistant.postgres.migrating import migrate_database

    with open_database(session.settings) as opened:
        applied = migrate_database(opened)
    if applied:
        click.echo(f"De database is bijgewerkt tot en met stap {applied[-1]}.")
    else:
        click.echo("De database was al bij.")


@database.command()
@click.option("--json", "as_json", is_flag=True, help="Geef de stand als JSON, voor programma's.")
@pass_session
def status(session: Session, as_json: bool) -> int:
    """Toon of de database te gebruiken is en welke organisaties erin staan."""
    from assistant.cli.rendering import print_json
    from assistant.errors import DatabaseError
    from assistant.postgres.database import open_database
    from assistant.postgres.migrating import organisations, schema_state
    from assistant.postgres.schema import complaint

    with open_database(session.settings) as opened:
        state = schema_state(opened)
        told = complaint(state)
        names: tuple[str, ...] = ()
        if told is None:
            try:
                opened.check()
                names = organisations(opened)
            except DatabaseError as error:
                told = str(error)
    if as_json:
        print_json(_state_as_json(state, names, told))
    else:
        if state.revision:
            click.echo(f"Stap van de tabellen: {state.revision}")
        if names:
            click.echo(f"Organisaties: {', '.join(names)}")
        click.echo(told or "De database is te gebruiken.")
    return FAILED if told else 0


@database.command()
@click.argument("name", metavar="NAAM")
@pass_session
def organisation(session: Session, name: str) -> None:
    """Voeg een organisatie toe, met eigen documenten, sleutels en feedback."""
    from assistant.postgres.database import open_database
    from assistant.postgres.migrating import add_organisation

    with open_database(session.settings) as opened:
        added = add_organisation(opened, name)
    click.echo(f"Organisatie {name} is toegevoegd." if added else f"Organisatie {name} was er al.")
    click.echo(f"Zet voor haar processen in de omgeving: BELEIDSWIJZER_ORGANISATION={name}")


def _state_as_json(state: SchemaState, names: tuple[str, ...], told: str | None) -> dict[str, object]:
    return {
        "bruikbaar": told is None,
        "stap": state.revision,
        "ontbreekt": list(state.missing),
        "organisaties": list(names),
        "melding": told,
    }
