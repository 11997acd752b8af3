"""The command itself: global options, and the one place where errors become a sentence and an exit code."""

from __future__ import annotations

import logging
import os
import sys
import traceback
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import EntryPoint, EntryPoints, entry_points
from pathlib import Path
from secrets import token_hex

import click

from assistant.cli.ask import ask, chat, search
from assistant.cli.backup import backup, restore
from assistant.cli.corpus import corpus
from assistant.cli.database import database
from assistant.cli.doctor import doctor
from assistant.cli.dutch import DutchGroup, usage_sentence
from assistant.cli.evaluation import evaluation
from assistant.cli.index import index
from assistant.cli.keys import keys
from assistant.cli.privacy import privacy
from assistant.cli.service import service
from assistant.cli.session import Session, pass_session
from assistant.errors import AssistantError
from assistant.wording import REASONS, reason_words

FAILED, WRONG_USE, INTERRUPTED = 1, 2, 130
LOG_FILE = "beleidswijzer.log"
_FOLDER = click.Path(path_type=Path, readable=False)  # whoever reads it says in Dutch what is the matter


def _show_version(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        click.echo(f"beleidswijzer {version('beleidswijzer')}")
        ctx.exit()


class _Commands(DutchGroup):
    """Our own commands and those of the other doors, which are imported when they are asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*super().list_commands(ctx), *_doors().names})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        own = super().get_command(ctx, cmd_name)
        if own is not None or cmd_name not in _doors().names:
            return own
        return _loaded(_doors()[cmd_name])


def _doors() -> EntryPoints:
    return entry_points(group="beleidswijzer.commands")


def _loaded(door: EntryPoint) -> click.Command | None:
    """The command of another door; None where that door is not installed, so that help simply leaves it out."""
    try:
        command: click.Command = door.load()
    except ModuleNotFoundError as error:
        if error.name and f"{door.module}.".startswith(f"{error.name}."):
            return None
        raise
    return command


@click.group(
    cls=_Commands,
    epilog="""\b
    Voorbeelden:
      beleidswijzer ask "Wat vervangt het kwaliteitskader?"
      beleidswijzer --corpus mijn-documenten index build
      beleidswijzer doctor
    """,
)
@click.option("--corpus", type=_FOLDER, metavar="MAP", help="Map met documenten en catalogue.yml.")
@click.option("--index", type=_FOLDER, metavar="MAP", help="Map waarin de index staat.")
@click.option("--debug", is_flag=True, help="Toon alle details als er iets misgaat.")
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_show_version, help="Toon de versie."
)
@pass_session
def beleidswijzer(session: Session, corpus: Path | None, index: Path | None, debug: bool) -> None:
    """Beantwoordt vragen over beleidsdocumenten, met citaten die te controleren zijn.

    Zet algemene opties zoals --corpus vóór de opdracht.
    """
    session.corpus, session.index, session.debug = corpus, index, debug


for command in (
    ask,
    chat,
    search,
    index,
    corpus,
    doctor,
    evaluation,
    keys,
    service,
    privacy,
    backup,
    restore,
    database,
):
    beleidswijzer.add_command(command)


def main() -> None:
    """The entry point of the command `beleidswijzer`."""
    # The model's and the index's libraries log to their own loggers; only warnings are for a user.
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    for stream in (sys.stdout, sys.stderr):
        # An argument may hold bytes that are no text; showing it must not fail.
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]  # always a TextIOWrapper at start-up
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str], session: Session | None = None) -> int:
    """Run one command line and return its exit code; every error becomes one Dutch sentence on standard error."""
    session = session or Session()
    try:
        code = beleidswijzer.main(list(arguments), "beleidswijzer", standalone_mode=False, obj=session)
        sys.stdout.flush()
        return code if isinstance(code, int) else 0
    except BrokenPipeError:
        # The reader of our output went away (`| head`): nobody is left to tell. Python would still try to flush.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except (Exception, KeyboardInterrupt) as error:
        sentence, code = _refusal(error, session)
        click.echo(sentence, err=True)
        return code


def _refusal(error: BaseException, session: Session) -> tuple[str, int]:
    """What the user reads and the exit code."""
    match error:
        case click.exceptions.NoArgsIsHelpError():
            return error.message, WRONG_USE
        case click.UsageError():
            return usage_sentence(error), WRONG_USE
        case AssistantError():
            return session.with_folders(str(error)), error.exit_code
        case click.Abort() | KeyboardInterrupt():
            return "Gestopt.", INTERRUPTED
        case OSError() if error.errno in REASONS and not session.debug:
            place = error.filename or "Een bestand kan niet worden gelezen of geschreven"
            return f"{place}: {reason_words(error)}. Controleer de rechten en de ruimte op de schijf.", FAILED
    return _report(session, error), FAILED


def _report(session: Session, error: BaseException) -> str:
    """Write down where it went wrong, and the sentence that tells the user where to look."""
    number = token_hex(4)
    if session.debug:
        traceback.print_exception(error)
        return f"Er ging iets mis (kenmerk {number}). De details staan hierboven."
    log = _log_file(session)
    if log is None:
        return f"Er ging iets mis (kenmerk {number}). Typ dezelfde opdracht met --debug: beleidswijzer --debug …"
    # No message of the error and no values: they could hold the question.
    frames = "".join(traceback.format_tb(error.__traceback__))
    with log.open("a", encoding="utf-8") as stream:
        stream.write(
            f"{datetime.now(UTC).isoformat(timespec='seconds')} {number} {type(error).__qualname__}\n{frames}\n"
        )
    return f"Er ging iets mis (kenmerk {number}). De details staan in {log}. Meld dit met het kenmerk."


def _log_file(session: Session) -> Path | None:
    try:
        session.settings.cache.mkdir(parents=True, exist_ok=True)
        log = session.settings.cache / LOG_FILE
        log.touch()
        return log
    except (OSError, AssistantError):
        return None
