"""Threads that ask a model something at the same moment share one run of it; nobody waits for company.

A run on several short texts costs less than one on each: the weights are read from memory once.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from threading import Event, Lock
from typing import Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(eq=False)
class _Waiting(Generic[Item, Result]):
    """One caller with what it asks, until it has a result or must do the next run."""

    item: Item
    kind: Hashable
    woken: Event = field(default_factory=Event)
    result: Result | None = None
    error: BaseException | None = None
    is_done: bool = False


class Batching(Generic[Item, Result]):
    """Runs items one at a time while there is room, and those that had to wait together; safe from any thread."""

    def __init__(self, run: Callable[[Sequence[Item]], Sequence[Result]], at_once: int, most: int) -> None:
        """Args:
        run: from items of one kind to their results, in order.
        at_once: how many runs may go on at the same time.
        most: how many items one run may have.
        """
        self._run, self._most = run, most
        self._room = at_once
        self._queue: list[_Waiting[Item, Result]] = []
        self._lock = Lock()

    @property
    def waiting(self) -> int:
        """How many callers wait for a run."""
        return len(self._queue)

    def result(self, item: Item, kind: Hashable) -> Result:
        """The item's result; raises what `run` raised. Only items of the same kind share a run."""
        mine: _Waiting[Item, Result] = _Waiting(item, kind)
        with self._lock:
            must_wait = self._room == 0
            if must_wait:
                self._queue.append(mine)
            else:
                self._room -= 1
        if must_wait:
            mine.woken.wait()
        if not mine.is_done:
            self._lead(mine)
        if mine.error is not None:
            raise mine.error
        return mine.result  # type: ignore[return-value]  # None only if that is what `run` gave

    def _lead(self, mine: _Waiting[Item, Result]) -> None:
        """Run this item with those of its kind that wait, and then let the oldest of the others do the next run."""
        batch = [mine, *self._company(mine.kind)]
        try:
            for each, result in zip(batch, self._run([each.item for each in batch]), strict=True):
                each.result = result
        except BaseException as error:
            for each in batch:
                each.error = error
        finally:
            self._pass_on()
            for each in batch:
                each.is_done = True
                each.woken.set()

    def _company(self, kind: Hashable) -> list[_Waiting[Item, Result]]:
        with self._lock:
            found = [each for each in self._queue if each.kind == kind][: self._most - 1]
            for each in found:
                self._queue.remove(each)
        return found

    def _pass_on(self) -> None:
        with self._lock:
            if self._queue:
                self._queue.pop(0).woken.set()
            else:
                self._room += 1
