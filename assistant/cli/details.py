"""What a maintainer says of a document: as options, or asked for with what the document says of itself shown."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from assistant.cli.dutch import Choice, Day
from assistant.types import Language, Status
from assistant.wording import STATUS_WORDS, date_words

if TYPE_CHECKING:
    from assistant.new_document import NewDocument
    from assistant.types import Source

Command = TypeVar("Command", bound=Callable[..., Any])
STATUSES = {words: status for status, words in STATUS_WORDS.items()}
LANGUAGES = {"nederlands": "nl", "engels": "en"}
EMPTY = "-"


@dataclass(frozen=True)
class GivenDetails:
    """The options about a document as they were typed."""

    titel: str | None
    uitgever: str | None
    datum: date | None
    status: Status | None
    thema: tuple[str, ...]
    taal: Language | None
    url: str | None
    licentie: str | None
    geldig_vanaf: date | None
    geldig_tot: date | None
    nakijken_voor: date | None
    vervangt: tuple[str, ...] = ()

    def details(self, file: Path) -> NewDocument:
        """What was typed, and nothing else; a document without a title is called after its file."""
        from assistant.new_document import NewDocument

        return NewDocument(
            title=self.titel if self.titel is not None else _readable(file.stem),
            publisher=self.uitgever,
            published=self.datum,
            url=self.url,
            language=self.taal,
            licence=self.licentie,
            themes=self.thema,
            status=self.status or "unknown",
            supersedes=self.vervangt,
            valid_from=self.geldig_vanaf,
            valid_until=self.geldig_tot,
            review_by=self.nakijken_voor,
        )

    def missing(self, source: Source) -> str:
        """What the catalogue will not know, and what the document itself says of it; empty when nothing is missing."""
        names: dict[str, object] = {
            "titel": self.titel,
            "uitgever": self.uitgever,
            "datum": self.datum,
            "status": self.status,
        }
        names |= {"webadres": self.url, "licentie": self.licentie, "thema": self.thema}
        empty = [name for name, value in names.items() if not value]
        found = {"titel": source.title, "uitgever": source.publisher}
        found["datum"] = date_words(source.stated_date) if source.stated_date else None
        stated = [f"{name} '{value}'" for name, value in found.items() if value and name in empty]
        if not empty:
            return ""
        return f"Niet ingevuld: {', '.join(empty)}." + (
            f" Het document noemt zelf: {', '.join(stated)}." if stated else ""
        )


_OPTIONS = (
    click.option("--titel", metavar="TEKST", help="Titel, zoals lezers die zien."),
    click.option("--uitgever", metavar="NAAM", help="Wie het document heeft uitgegeven."),
    click.option("--datum", type=Day(), metavar="DATUM", help="Datum die het document noemt, zoals 2021-07-03."),
    click.option("--status", type=Choice(STATUSES), help="Of het document geldt."),
    click.option("--thema", multiple=True, metavar="NAAM", help="Onderwerp; mag vaker."),
    click.option("--taal", type=Choice(LANGUAGES), help="Taal; zonder deze optie wordt die uit de tekst bepaald."),
    click.option("--url", metavar="ADRES", help="Webadres van het origineel."),
    click.option("--licentie", metavar="TEKST", help="Licentie, bijvoorbeeld CC0."),
    click.option("--geldig-vanaf", type=Day(), metavar="DATUM", help="Eerste dag waarop het document geldt."),
    click.option("--geldig-tot", type=Day(), metavar="DATUM", help="Laatste dag waarop het document geldt."),
    click.option("--nakijken-voor", type=Day(), metavar="DATUM", help="Dag waarop het document is nagekeken."),
    click.option("--ja", is_flag=True, help="Vraag niets: neem alleen over wat als optie is gegeven."),
)


def detail_options(command: Command) -> Command:
    """Give a command the options about a document; it receives them under the names of `GivenDetails`, and `ja`."""
    return reduce(lambda decorated, option: option(decorated), reversed(_OPTIONS), command)


def asked(given: GivenDetails, file: Path, source: Source) -> GivenDetails:
    """The details with what was missing asked for; what the document says of itself is taken after a confirmation."""
    click.echo(f"\n{file.name}. Enter neemt over wat tussen haakjes staat; een streepje (-) laat leeg.", err=True)
    answers: dict[str, Any] = {}
    for name, words, guess, convert in _questions(given, file, source):
        answers[name] = _answer(words, guess, convert)
    return replace(given, **answers)


Question = tuple[str, str, str, Callable[[str], Any]]


def _questions(given: GivenDetails, file: Path, source: Source) -> Iterator[Question]:
    if given.titel is None:
        yield "titel", "Titel", " ".join((source.title or _readable(file.stem)).split()), _title
    if given.uitgever is None:
        yield "uitgever", "Uitgever", source.publisher or "", _text
    if given.datum is None:
        yield "datum", "Datum", source.stated_date.isoformat() if source.stated_date else "", _day
    if given.status is None:
        yield "status", f"Status, een van {', '.join(STATUSES)}", "", _status
    if not given.thema:
        yield "thema", "Thema's, met komma's ertussen", "", _themes
    if given.url is None:
        yield "url", "Webadres van het origineel", "", _address
    if given.licentie is None:
        yield "licentie", "Licentie", "", _text


def _answer(words: str, guess: str, convert: Callable[[str], Any]) -> Any:
    """What was typed; asked again until it can be used."""
    while True:
        typed: str = click.prompt(f"{words} [{guess}]", default="", show_default=False, err=True)
        try:
            return convert("" if typed.strip() == EMPTY else typed.strip() or guess)
        except click.UsageError as error:
            click.echo(error.message, err=True)


def _title(text: str) -> str:
    if not text:
        raise click.UsageError("Een titel is nodig.")
    return text


def _text(text: str) -> str | None:
    return text or None


def _address(text: str) -> str | None:
    if text and not text.startswith(("https://", "http://")):
        raise click.UsageError("Geef een webadres dat met https:// begint.")
    return text or None


def _day(text: str) -> date | None:
    return Day().convert(text, None, None) if text else None


def _status(text: str) -> str | None:
    return Choice(STATUSES).convert(text, None, None) if text else None


def _themes(text: str) -> tuple[str, ...]:
    return tuple(theme.strip() for theme in text.split(",") if theme.strip())


def _readable(stem: str) -> str:
    words = re.sub(r"[_\s-]+", " ", stem).strip()
    return words[:1].upper() + words[1:] or stem
