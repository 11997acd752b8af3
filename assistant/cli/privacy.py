"""`privacy purge`: delete what is past its term."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from assistant.cli.dutch import DutchGroup
from assistant.cli.session import Session, pass_session


@click.group(cls=DutchGroup)
def privacy() -> None:
    """Bewaartermijnen van wat gebruikers hebben gestuurd."""


@privacy.command()
@pass_session
def purge(session: Session) -> None:
    """Verwijder vragen en opmerkingen die te lang bewaard zijn.

    De termijn staat in beleidswijzer.toml: retention_days onder [privacy].
    """
    from assistant.records import open_records, purge_old

    with open_records(session.settings) as records:
        purged = purge_old(records, session.settings, datetime.now(UTC))
    click.echo(f"Verwijderd: {purged}. Bewaartermijn: {session.settings.privacy.retention_days} dagen.")
