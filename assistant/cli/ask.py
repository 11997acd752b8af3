"""`ask`, `chat` and `search`: questions in, cited answers or passages out."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from assistant.cli.dutch import DutchCommand, Number
from assistant.cli.filters import ChosenFilters, filter_options
from assistant.cli.session import Session, pass_session
from assistant.errors import QuestionError, UsageError
from assistant.types import Filters, Turn

if TYPE_CHECKING:
    from rich.console import Console

WRONG_QUESTION = 2
CHAT_HELP = "Typ een vraag. /opnieuw begint een nieuw gesprek, /stop sluit af."


@click.command(
    cls=DutchCommand,
    epilog="""\b
    Voorbeelden:
      beleidswijzer ask "Wat vervangt het kwaliteitskader?"
      beleidswijzer ask --status geldig --vanaf 2023-01-01 "Wat doen lokale teams?"
      beleidswijzer ask --json "Wie is voorzitter van de werkgroep?"
      beleidswijzer ask --batch vragen.jsonl --json > antwoorden.jsonl
    """,
)
@click.argument("vraag", nargs=-1, metavar="[VRAAG…]")
@click.option("--json", "as_json", is_flag=True, help="Geef het antwoord als JSON, voor programma's.")
@click.option(
    "--batch",
    type=click.Path(path_type=Path, readable=False, allow_dash=True),
    metavar="BESTAND",
    help="Beantwoord elke regel van dit JSONL-bestand; het antwoord is altijd JSON.",
)
@filter_options
@pass_session
def ask(session: Session, vraag: tuple[str, ...], as_json: bool, batch: Path | None, **chosen: Any) -> int:
    """Geef een antwoord met citaten op een vraag."""
    if batch is not None:
        return _ask_batch(session, vraag, batch, ChosenFilters(**chosen))
    question = " ".join(vraag)
    if not question.strip():
        raise QuestionError('De vraag is leeg. Typ bijvoorbeeld: beleidswijzer ask "Wat doet Veilig Thuis?"')
    filters = ChosenFilters(**chosen).checked(session.indexed_documents)
    answer = session.assistant.ask(question, filters=filters)
    from assistant.cli.rendering import print_answer, print_json, terminal

    if as_json:
        from assistant.serialisation import answer_as_json

        print_json(answer_as_json(answer))
    else:
        print_answer(terminal(), answer)
    return 0


def _ask_batch(session: Session, question: tuple[str, ...], path: Path, chosen: ChosenFilters) -> int:
    from assistant.cli.batch import answers, read_questions
    from assistant.cli.rendering import print_json

    if question:
        raise UsageError("Geef een vraag of --batch op, niet allebei.")
    questions = read_questions(path)
    filters = chosen.checked(session.indexed_documents)
    code = 0
    for line in answers(questions, session.assistant, filters):
        print_json(line, indented=False)
        code = WRONG_QUESTION if "fout" in line else code
    return code


@click.command(
    cls=DutchCommand,
    epilog="""\b
    Voorbeeld:
      beleidswijzer chat --thema jeugd
    In het gesprek:
      /opnieuw   begin een nieuw gesprek
      /stop      sluit af
    """,
)
@filter_options
@pass_session
def chat(session: Session, **chosen: Any) -> int:
    """Voer een gesprek: vervolgvragen begrijpen wat eraan voorafging."""
    from assistant.cli.rendering import terminal

    filters = ChosenFilters(**chosen).checked(session.indexed_documents)
    session.indexed_documents()  # a missing index is told before anybody has typed a question
    console = terminal()
    console.print(CHAT_HELP)
    history: tuple[Turn, ...] = ()
    while (line := _next_line(console)) is not None:
        if line == "/stop":
            break
        if line == "/opnieuw":
            history = ()
            console.print("Een nieuw gesprek.")
        elif line.startswith("/"):
            console.print(CHAT_HELP)
        elif line:
            history = _reply(session, console, line, history, filters)
    return 0


def _next_line(console: Console) -> str | None:
    """What the user types, without spaces around it; None at the end of the input."""
    try:
        return console.input("\nVraag: " if sys.stdin.isatty() else "").strip()
    except EOFError:
        return None


def _reply(
    session: Session, console: Console, line: str, history: tuple[Turn, ...], filters: Filters
) -> tuple[Turn, ...]:
    """Show the answer and give the conversation back, one question and answer longer."""
    from assistant.cli.rendering import print_answer

    try:
        answer = session.assistant.ask(line, history, filters)
    except QuestionError as error:
        console.print(str(error))
        return history
    print_answer(console, answer)
    return (*history, Turn("user", line), Turn("assistant", answer.text))


@click.command(
    cls=DutchCommand,
    epilog="""\b
    Voorbeelden:
      beleidswijzer search "warme overdracht"
      beleidswijzer search --aantal 3 --json huisvesting dak- en thuislozen
    """,
)
@click.argument("zoekwoorden", nargs=-1, metavar="ZOEKWOORDEN…")
@click.option("--aantal", type=Number(1, 100), default=10, metavar="GETAL", help="Hoeveel passages (gewoon 10).")
@click.option("--json", "as_json", is_flag=True, help="Geef de passages als JSON, voor programma's.")
@filter_options
@pass_session
def search(session: Session, zoekwoorden: tuple[str, ...], aantal: int, as_json: bool, **chosen: Any) -> int:
    """Zoek passages, de beste eerst."""
    query = " ".join(zoekwoorden)
    if not query.strip():
        raise QuestionError('Er is niets om te zoeken. Typ bijvoorbeeld: beleidswijzer search "warme overdracht"')
    filters = ChosenFilters(**chosen).checked(session.indexed_documents)
    passages = session.assistant.search(query, filters=filters, limit=aantal)
    from assistant.cli.rendering import print_json, print_passages, terminal

    if as_json:
        from assistant.serialisation import passage_as_json

        print_json([passage_as_json(passage) for passage in passages])
    elif passages:
        print_passages(terminal(), passages)
    else:
        click.echo("Niets gevonden. Gebruik andere woorden of minder filters.")
    return 0
