"""How far a long command is: a bar for who watches a terminal, a line now and then for who reads it later."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

    from assistant.corpus_batches import Step

_LINE_SECONDS = 30.0  # between two lines where nobody watches a terminal
_SURE_SECONDS = 5.0  # before that a rate says little


@contextmanager
def change_bar(shown: bool = True) -> Iterator[Callable[[int], None]]:
    """Shows how far one change is, where somebody watches a terminal and is not being asked something."""
    console = _error_terminal()
    if not shown or not console.is_terminal:
        yield lambda _: None
        return
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    columns = (TextColumn("Verwerken"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as bars:
        task = bars.add_task("", total=100)
        yield lambda percent: bars.update(task, completed=percent)


@contextmanager
def page_bar(name: str) -> Iterator[Callable[[int, int], None]]:
    """Shows which page of a document is being read, where somebody watches a terminal."""
    console = _error_terminal()
    if not console.is_terminal:
        yield lambda _done, _total: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn(f"{name}: bladzijden"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as bars:
        task = bars.add_task("", total=None)
        yield lambda done, total: bars.update(task, completed=done, total=total)


@contextmanager
def batch_bar(shown: bool = True) -> Iterator[Callable[[Step], None]]:
    """Shows how many documents are done, how quickly it goes, and how long it may still take."""
    console, pace = _error_terminal(), Pace()
    if not shown:
        yield lambda _: None
    elif console.is_terminal:
        yield from _bar(console, pace)
    else:
        yield _lines(console, pace)


class Pace:
    """Documents a minute, and what is left of the time."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._begun = clock()
        self._first: float | None = None

    def words(self, step: Step) -> str:
        """E.g. "120 van 1000 documenten, 38 per minuut, nog ongeveer 23 minuten"."""
        # What was there already took no time, and says nothing of what is to come.
        self._first = step.done if self._first is None else self._first
        counted = f"{int(step.done)} van {step.total} documenten"
        seconds, done = self._clock() - self._begun, step.done - self._first
        if step.pages:
            counted += f", {step.file}: bladzijde {step.page} van {step.pages}"
        if seconds < _SURE_SECONDS or done <= 0:
            return counted
        left = (step.total - step.done) * seconds / done
        return f"{counted}, {round(60 * done / seconds)} per minuut, nog {_duration(left)}"


def _duration(seconds: float) -> str:
    if seconds < 60:
        return "minder dan een minuut"
    minutes = round(seconds / 60)
    if minutes < 100:
        return f"ongeveer {minutes} {'minuut' if minutes == 1 else 'minuten'}"
    return f"ongeveer {round(minutes / 60)} uur"


def _bar(console: Console, pace: Pace) -> Iterator[Callable[[Step], None]]:
    from rich.progress import BarColumn, Progress, TextColumn

    columns = (TextColumn("Verwerken"), BarColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=console, transient=True) as bars:
        task = bars.add_task("")
        yield lambda step: bars.update(task, completed=step.done, total=step.total, description=pace.words(step))


def _lines(console: Console, pace: Pace) -> Callable[[Step], None]:
    last = time.monotonic()

    def tell(step: Step) -> None:
        nonlocal last
        if time.monotonic() - last >= _LINE_SECONDS:
            last = time.monotonic()
            console.print(f"{pace.words(step)}.")

    return tell


def _error_terminal() -> Console:
    from assistant.cli.rendering import terminal  # rich: a help page does without

    return terminal(errors=True)
