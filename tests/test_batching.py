"""Threads that ask at the same moment share one run; each gets its own result, and nobody waits for company."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from assistant.batching import Batching


class Doubling:
    """Doubles numbers, when it may, and remembers which it did together; 13 is an error."""

    def __init__(self) -> None:
        self.runs: list[list[int]] = []
        self.begun = threading.Semaphore(0)
        self.may_end = threading.Semaphore(0)

    def __call__(self, items: Sequence[int]) -> list[int]:
        self.runs.append(list(items))
        self.begun.release()
        assert self.may_end.acquire(timeout=20)
        if 13 in items:
            raise ValueError("13")
        return [2 * item for item in items]


def asked(threads: ThreadPoolExecutor, batching: Batching[int, int], item: int) -> Future[int]:
    return threads.submit(batching.result, item, item % 2)


def waiting(batching: Batching[int, int], count: int) -> None:
    """Wait until so many callers wait for a run."""
    pause = threading.Event()
    for _ in range(2000):
        if batching.waiting == count:
            return
        pause.wait(0.01)
    raise AssertionError(f"{batching.waiting} wait, not {count}")


def test_a_lone_item_is_run_at_once_and_alone() -> None:
    doubling = Doubling()
    doubling.may_end.release()

    assert Batching(doubling, at_once=1, most=8).result(4, "even") == 8
    assert doubling.runs == [[4]]


def test_those_that_wait_share_the_next_run_with_their_own_kind() -> None:
    doubling = Doubling()
    batching = Batching(doubling, at_once=1, most=3)
    with ThreadPoolExecutor(8) as threads:
        results = [asked(threads, batching, 2)]
        assert doubling.begun.acquire(timeout=20)
        for place, item in enumerate((4, 5, 6, 8, 10), start=1):
            results.append(asked(threads, batching, item))
            waiting(batching, place)
        for _ in range(4):
            doubling.may_end.release()

        assert [result.result(20) for result in results] == [4, 8, 10, 12, 16, 20]
    assert doubling.runs == [[2], [4, 6, 8], [5], [10]]


def test_as_many_runs_go_on_at_once_as_there_is_room_for() -> None:
    doubling = Doubling()
    batching = Batching(doubling, at_once=2, most=8)
    with ThreadPoolExecutor(3) as threads:
        results = [asked(threads, batching, item) for item in (2, 4)]
        for _ in results:
            assert doubling.begun.acquire(timeout=20)
        results.append(asked(threads, batching, 6))
        waiting(batching, 1)
        for _ in range(3):
            doubling.may_end.release()

        assert [result.result(20) for result in results] == [4, 8, 12]
    assert sorted(doubling.runs) == [[2], [4], [6]]


def test_an_error_is_told_to_all_of_its_run_and_to_nobody_else() -> None:
    doubling = Doubling()
    batching = Batching(doubling, at_once=1, most=8)
    with ThreadPoolExecutor(4) as threads:
        first = asked(threads, batching, 2)
        assert doubling.begun.acquire(timeout=20)
        failing = [asked(threads, batching, item) for item in (13, 15)]
        waiting(batching, 2)
        last = asked(threads, batching, 6)
        waiting(batching, 3)
        for _ in range(3):
            doubling.may_end.release()

        assert (first.result(20), last.result(20)) == (4, 12)
        for result in failing:
            with pytest.raises(ValueError, match="13"):
                result.result(20)
