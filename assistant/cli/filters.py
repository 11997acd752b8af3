"""The options that choose which documents may answer, checked against the documents there are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import reduce
from typing import Any, TypeVar

import click

from assistant.cli.dutch import Choice, Day
from assistant.errors import UsageError
from assistant.types import Document, Filters, Status
from assistant.wording import STATUS_WORDS, nearest

Command = TypeVar("Command", bound=Callable[..., Any])
SHOWN_VALUES = 12


@dataclass(frozen=True)
class ChosenFilters:
    """The filter options as they were typed."""

    bron: tuple[str, ...]
    uitgever: tuple[str, ...]
    thema: tuple[str, ...]
    status: tuple[Status, ...]
    vanaf: date | None
    tot: date | None
    geldig_op: date | None = None

    def checked(self, documents: Callable[[], Sequence[Document]]) -> Filters:
        """The filters, with names as the catalogue writes them; raises UsageError for a name that no document has."""
        if self.vanaf and self.tot and self.vanaf > self.tot:
            raise UsageError("De datum bij --vanaf ligt na de datum bij --tot. Draai de twee om.")
        if not (self.bron or self.uitgever or self.thema):
            return Filters(
                statuses=self.status,
                published_from=self.vanaf,
                published_until=self.tot,
                valid_on=self.geldig_op,
            )
        known = documents()
        return Filters(
            documents=_named("--bron", self.bron, (document.id for document in known)),
            publishers=_named("--uitgever", self.uitgever, (d.publisher for d in known if d.publisher)),
            themes=_named("--thema", self.thema, (theme for document in known for theme in document.themes)),
            statuses=self.status,
            published_from=self.vanaf,
            published_until=self.tot,
            valid_on=self.geldig_op,
        )


_STATUSES = {words: status for status, words in STATUS_WORDS.items()}
_OPTIONS = (
    click.option("--bron", multiple=True, metavar="ID", help="Alleen dit document (zie: beleidswijzer corpus list)."),
    click.option("--uitgever", multiple=True, metavar="NAAM", help="Alleen documenten van deze uitgever."),
    click.option("--thema", multiple=True, metavar="NAAM", help="Alleen documenten over dit thema."),
    click.option("--status", multiple=True, type=Choice(_STATUSES), help="Alleen documenten met deze status."),
    click.option("--vanaf", type=Day(), metavar="DATUM", help="Alleen documenten vanaf deze datum, zoals 2021-07-03."),
    click.option("--tot", type=Day(), metavar="DATUM", help="Alleen documenten tot en met deze datum."),
    click.option("--geldig-op", type=Day(), metavar="DATUM", help="Alleen documenten die op deze datum golden."),
)


def filter_options(command: Command) -> Command:
    """Give a command the filter options; it receives them under the names of `ChosenFilters`."""
    return reduce(lambda decorated, option: option(decorated), reversed(_OPTIONS), command)


def _named(option: str, chosen: Iterable[str], known: Iterable[str]) -> tuple[str, ...]:
    names = {name.casefold(): name for name in known}
    for name in chosen:
        if name.casefold() not in names:
            raise UsageError(
                f"{option}: '{name}' komt niet voor.{nearest(name, names.values())}{_some(names.values())}"
            )
    return tuple(names[name.casefold()] for name in chosen)


def _some(names: Iterable[str]) -> str:
    ordered = sorted(names)
    if not ordered:
        return " Vul de catalogus aan: geen enkel document heeft hier een waarde."
    more = f" en nog {len(ordered) - SHOWN_VALUES}" if len(ordered) > SHOWN_VALUES else ""
    return f" Kies uit: {', '.join(ordered[:SHOWN_VALUES])}{more}."
