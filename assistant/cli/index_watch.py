"""`index watch`: the index follows the folder with documents."""

from __future__ import annotations

from datetime import datetime
from threading import Event

import click

from assistant.cli.dutch import DutchCommand, Number
from assistant.cli.session import Session, pass_session
from assistant.cli.stopping import stop_on_signals
from assistant.errors import UsageError


@click.command(cls=DutchCommand)
@click.option("--elke", type=Number(1, 3600), default=2, metavar="SECONDEN", help="Hoe vaak wordt gekeken (2).")
@click.option("--rust", type=Number(0, 3600), default=5, metavar="SECONDEN", help="Hoe lang het stil moet zijn (5).")
@pass_session
def watch(session: Session, elke: int, rust: int) -> int:
    """Volg de map met documenten en werk de index bij na elke verandering.

    Het gaat om nieuwe, gewijzigde en verwijderde bestanden en om wijzigingen in catalogue.yml. Er wordt gewacht tot
    er even niets meer verandert. Een fout in de catalogus of in een bestand wordt gemeld; daarna gaat het volgen door.
    Werkt ook op een netwerkschijf. Stoppen: Ctrl-C, of het stopsignaal van het systeem.
    """
    from assistant.watching import Pace
    from assistant.watching import watch as follow

    settings, stop = session.settings, Event()
    if settings.secrets.index_url is not None:
        raise UsageError(
            "De documenten staan in een database; daar is geen map om te volgen. "
            "Wijzig ze met: beleidswijzer corpus add"
        )
    _say(f"De map {settings.corpus} wordt gevolgd.")
    with stop_on_signals(stop):
        follow(settings, stop, lambda sentence: _say(session.with_folders(sentence)), Pace(elke, rust))
    _say("Gestopt met volgen.")
    return 0


def _say(sentence: str) -> None:
    click.echo(f"{datetime.now():%d-%m-%Y %H:%M:%S}  {sentence}")
