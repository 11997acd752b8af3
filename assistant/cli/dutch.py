"""click in Dutch: help pages, kinds of values, and every usage error as one sentence."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime

import click
from click.exceptions import NoSuchCommand

HEADINGS = {"Options": "Opties", "Commands": "Opdrachten"}


class DutchFormatter(click.HelpFormatter):
    """click's help pages with Dutch headings."""

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        super().write_usage(prog, args, prefix or "Gebruik: ")

    def write_heading(self, heading: str) -> None:
        super().write_heading(HEADINGS.get(heading, heading))


class DutchContext(click.Context):
    formatter_class = DutchFormatter


class DutchCommand(click.Command):
    """A command with a Dutch help page and a Dutch word for too many arguments."""

    context_class = DutchContext

    def __init__(self, *args: object, **options: object) -> None:
        options.setdefault("options_metavar", "[OPTIES]")
        super().__init__(*args, **options)  # type: ignore[arg-type]  # passed on as they came
        self.context_settings.setdefault("help_option_names", ["-h", "--help"])

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        option = super().get_help_option(ctx)
        if option is not None:
            option.help = "Toon deze uitleg."
        return option

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        # click words this error itself, without a class of its own; so let it pass and word it here.
        ctx.allow_extra_args = True
        try:
            rest = super().parse_args(ctx, args)
        except click.UsageError as error:
            error.ctx = error.ctx or ctx  # click's parser forgets where a value was given to a flag
            raise
        if rest and not isinstance(self, click.Group):
            raise click.UsageError(f"'{rest[0]}' is hier te veel.", ctx)
        return rest


class DutchGroup(DutchCommand, click.Group):
    """A group of commands, with the same help pages."""

    command_class = DutchCommand

    def __init__(self, *args: object, **options: object) -> None:
        options.setdefault("subcommand_metavar", "OPDRACHT [ARGUMENTEN]…")
        super().__init__(*args, **options)


DutchGroup.group_class = DutchGroup


class Choice(click.ParamType[str]):
    """One of a few Dutch words; also accepts the words that the catalogue uses."""

    name = "keuze"

    def __init__(self, values: Mapping[str, str]) -> None:
        self.values = dict(values)  # Dutch word → value

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:  # noqa: ARG002 — click's signature
        return "|".join(self.values)

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if value in self.values.values():
            return value
        if value.casefold() not in self.values:
            self.fail(f"'{value}' kan niet. Kies uit: {', '.join(self.values)}.", param, ctx)
        return self.values[value.casefold()]


class Day(click.ParamType[date]):
    """A date as 2021-07-03 or 3-7-2021."""

    name = "datum"

    def convert(self, value: str | date, param: click.Parameter | None, ctx: click.Context | None) -> date:
        if isinstance(value, date):
            return value
        for form in ("%Y-%m-%d", "%d-%m-%Y"):
            try:
                return datetime.strptime(value, form).date()
            except ValueError:
                continue
        self.fail(f"'{value}' is geen datum. Schrijf een datum als 2021-07-03.", param, ctx)


class Number(click.ParamType[int]):
    """A whole number between two bounds."""

    name = "getal"

    def __init__(self, least: int, most: int) -> None:
        self.least, self.most = least, most

    def convert(self, value: str | int, param: click.Parameter | None, ctx: click.Context | None) -> int:
        if re.fullmatch(r"\d{1,9}", str(value)) and self.least <= int(value) <= self.most:
            return int(value)
        self.fail(f"'{value}' kan niet. Geef een heel getal van {self.least} tot en met {self.most}.", param, ctx)


def usage_sentence(error: click.UsageError) -> str:
    """What is wrong with the command line and what to type instead, in Dutch."""
    path = error.ctx.command_path if error.ctx else "beleidswijzer"
    return f"{_finding(error)} Typ '{path} --help' voor uitleg."


def _finding(error: click.UsageError) -> str:
    finding = error.message  # ours, where we raised it
    match error:
        case click.NoSuchOption():
            finding = f"De optie '{error.option_name}' bestaat niet.{_proposal(error.possibilities)}"
        case NoSuchCommand():
            finding = f"De opdracht '{error.command_name}' bestaat niet.{_proposal(error.possibilities)}"
        case click.MissingParameter():
            finding = f"{_name(error)} ontbreekt."
        case click.BadParameter():
            finding = f"{_name(error)}: {error.message}"
        case click.BadOptionUsage():
            wanted = "krijgt geen waarde" if _is_flag(error) else "moet een waarde krijgen"
            finding = f"De optie '{error.option_name}' {wanted}."
        case _ if error.ctx and isinstance(error.ctx.command, click.Group):
            finding = "Er ontbreekt een opdracht."  # the only plain error that click has for a group
    return finding


def _proposal(possibilities: Sequence[str] | None) -> str:
    return f" Bedoeld is misschien '{possibilities[0]}'." if possibilities else ""


def _name(error: click.BadParameter) -> str:
    if isinstance(error.param, click.Option):
        return f"De optie '{error.param.opts[0]}'"
    return f"De waarde voor {error.param.make_metavar(error.ctx)}" if error.param and error.ctx else "Een waarde"


def _is_flag(error: click.BadOptionUsage) -> bool:
    options = error.ctx.command.params if error.ctx else []
    return any(isinstance(o, click.Option) and o.is_flag and error.option_name in o.opts for o in options)
