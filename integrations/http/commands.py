"""`serve`, `worker` and `mcp`: the assistant over HTTP, its background work, and a tool for programs that speak MCP."""

from __future__ import annotations

import click

from assistant.cli import DutchCommand, Number, Session, pass_session


@click.command(
    cls=DutchCommand,
    epilog="""\b
    Voorbeelden:
      beleidswijzer serve --open
      beleidswijzer keys create mijn-afdeling
      beleidswijzer serve --host 0.0.0.0 --port 8080
    """,
)
@click.option("--host", metavar="ADRES", help="Adres waarop wordt geluisterd (gewoon 127.0.0.1).")
@click.option("--port", type=Number(0, 65_535), metavar="POORT", help="Poort (gewoon 8000; 0 kiest een vrije poort).")
@click.option("--open", "is_open", is_flag=True, help="Vraag niet om een sleutel; alleen op deze computer.")
@click.option("--processes", type=Number(1, 64), metavar="AANTAL", help="Processen (gewoon één per kern, hoogstens 4).")
@click.option("--no-worker", is_flag=True, help="Doe geen taken: een aparte worker doet ze.")
@pass_session
def serve(
    session: Session, host: str | None, port: int | None, is_open: bool, processes: int | None, no_worker: bool
) -> int:
    """Start de webpagina en de API."""
    from integrations.http.serving import serve as serve_http  # the web framework: a second

    chosen = {"host": host, "port": port}
    settings = session.settings
    http = settings.http.model_copy(update={name: value for name, value in chosen.items() if value is not None})
    return serve_http(
        settings,
        http.host,
        http.port,
        is_open=is_open,
        has_worker=not no_worker,
        processes=processes,
        announce=lambda line: click.echo(line, err=True),
    )


@click.command(
    cls=DutchCommand,
    epilog="""\b
    Voorbeelden:
      beleidswijzer worker
      beleidswijzer worker --host 0.0.0.0 --port 8001
    """,
)
@click.option("--host", default="127.0.0.1", metavar="ADRES", help="Adres voor de gezondheid (gewoon 127.0.0.1).")
@click.option(
    "--port", type=Number(0, 65_535), metavar="POORT", help="Poort voor /gezondheid; zonder poort is die er niet."
)
@pass_session
def worker(session: Session, host: str, port: int | None) -> int:
    """Lees en verwerk wat beheerders sturen, los van de webpagina.

    Er mogen er zoveel zijn als nodig, ook op andere machines. Stopt er een, dan neemt een ander de taak over.
    """
    from integrations.http.working import work

    return work(session.settings, host, port, announce=lambda line: click.echo(line, err=True))


@click.command(
    cls=DutchCommand,
    epilog="""\b
    Voorbeeld van een instelling in een programma dat MCP spreekt:
      {"command": "beleidswijzer", "args": ["mcp"]}
    """,
)
@pass_session
def mcp(session: Session) -> int:
    """Beantwoord vragen van een programma dat MCP spreekt, over stdin en stdout."""
    from integrations.http.mcp_server import serve_stdio

    serve_stdio(session.settings)
    return 0
