"""`keys create | list | revoke`: API keys for people and programs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from assistant.cli.dutch import Choice, DutchGroup
from assistant.cli.session import Session, pass_session
from assistant.errors import UsageError

if TYPE_CHECKING:
    from assistant.records import Key

ACTOR = "opdrachtregel"  # in the trail: who has a shell on the machine needs no key
ROLES = {"gebruiker": "gebruiker", "beheerder": "beheerder"}


@click.group(
    cls=DutchGroup,
    epilog="""\b
    Voorbeelden:
      beleidswijzer keys create afdeling-zorg
      beleidswijzer keys create jan-beheer --rol beheerder
      beleidswijzer keys revoke 1a2b3c4d
    """,
)
def keys() -> None:
    """Maak, bekijk of stop sleutels voor de webpagina en de API."""


@keys.command()
@click.argument("name", metavar="NAAM")
@click.option(
    "--rol",
    "role",
    type=Choice(ROLES),
    default="gebruiker",
    help="Een gebruiker stelt vragen; een beheerder beheert ook documenten.",
)
@pass_session
def create(session: Session, name: str, role: str) -> None:
    """Maak een sleutel; hij wordt één keer getoond."""
    from assistant.records import open_records

    with open_records(session.settings) as records:
        secret, key = records.keys.create(name, "beheerder" if role == "beheerder" else "gebruiker")
        records.trail.add(ACTOR, "sleutel maken", key.id, key.role)
    # Only the key itself on standard output, so that a script can catch it.
    click.echo(secret)
    click.echo("Bewaar deze sleutel nu op een veilige plek. Hij wordt maar één keer getoond.", err=True)
    click.echo(f"Id: {key.id}. Naam: {key.name}. Rol: {key.role}.", err=True)


@keys.command("list")
@click.option("--json", "as_json", is_flag=True, help="Geef de lijst als JSON, voor programma's.")
@pass_session
def list_keys(session: Session, as_json: bool) -> None:
    """Toon alle sleutels, zonder de sleutels zelf."""
    from assistant.cli.rendering import print_json
    from assistant.records import open_records

    with open_records(session.settings) as records:
        found = records.keys.list()
    if as_json:
        print_json([_key_as_json(key) for key in found])
    elif not found:
        click.echo(session.with_folders("Er zijn nog geen sleutels. Typ: beleidswijzer keys create NAAM"))
    else:
        click.echo(f"{'Id':8}  {'Rol':9}  {'Gemaakt':10}  {'Gebruikt':10}  {'Stand':11}  Naam")
        for key in found:
            used = str(key.last_used) if key.last_used else "nooit"
            state = "ingetrokken" if key.revoked else "geldig"
            click.echo(f"{key.id:8}  {key.role:9}  {key.created:%Y-%m-%d}  {used:10}  {state:11}  {key.name}")


@keys.command()
@click.argument("key_id", metavar="ID")
@pass_session
def revoke(session: Session, key_id: str) -> None:
    """Trek een sleutel in; hij werkt dan meteen niet meer."""
    from assistant.records import open_records

    with open_records(session.settings) as records:
        if not records.keys.revoke(key_id):
            raise UsageError(f"Er is geen geldige sleutel met id '{key_id}'. Typ: beleidswijzer keys list")
        records.trail.add(ACTOR, "sleutel intrekken", key_id, "gelukt")
    click.echo(f"Sleutel {key_id} is ingetrokken.")


def _key_as_json(key: Key) -> dict[str, object]:
    return {
        "id": key.id,
        "naam": key.name,
        "rol": key.role,
        "gemaaktOp": key.created.isoformat(timespec="seconds"),
        "gebruiktDatum": key.last_used.isoformat() if key.last_used else None,
        "ingetrokkenOp": key.revoked.isoformat(timespec="seconds") if key.revoked else None,
    }
