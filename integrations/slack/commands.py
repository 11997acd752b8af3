"""`beleidswijzer slack`: the bot over Socket Mode."""

from __future__ import annotations

import logging

import click

from assistant.cli import DutchCommand, Session, pass_session


@click.command(
    cls=DutchCommand,
    epilog="""\b
    Nodig: SLACK_BOT_TOKEN (xoxb-…) en SLACK_APP_TOKEN (xapp-…) in de omgeving.
    Hoe daaraan te komen staat in docs/slack.md.
    """,
)
@pass_session
def slack(session: Session) -> int:
    """Beantwoord vragen in Slack."""
    from integrations.slack.socket_mode import run  # the Slack library: a second

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("slack_sdk").setLevel(logging.WARNING)  # at debug level it logs whole messages
    return run(session.settings, announce=lambda line: click.echo(line, err=True))
