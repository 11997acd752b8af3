"""Several processes behind one address: each takes connections from the same socket, and one that dies is replaced.

They are forked before anything that starts threads is loaded, so that what was imported is in memory once.
"""

from __future__ import annotations

import ctypes
import gc
import logging
import multiprocessing
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkProcess
from pathlib import Path
from typing import Any

from assistant import AssistantError

logger = logging.getLogger(__name__)

_MOST_BY_DEFAULT = 4
_EACH_BYTES = 700 * 1024 * 1024  # each has the model in memory: 440 MB, with 10,000 chunks
# What a container may use: "200000 100000" for two cores, a number of bytes; "max" without a limit.
_PROCESSOR_LIMIT = Path("/sys/fs/cgroup/cpu.max")
_MEMORY_LIMIT = Path("/sys/fs/cgroup/memory.max")
_SHORT_LIFE = 10.0  # seconds; who dies sooner is replaced more slowly every time
_LONGEST_PAUSE = 30.0
_M_ARENA_MAX = -8  # as malloc.h calls it
_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_FORK = multiprocessing.get_context("fork")

Ready = Callable[[], None]
Work = Callable[[int, Ready], None]


def cores(limit: Path = _PROCESSOR_LIMIT) -> int:
    """How many cores this process may use, a container's limit taken into account."""
    found = len(os.sched_getaffinity(0))
    quota, period = (_limits(limit) or (found, 1))[:2]
    return max(1, min(found, round(quota / period)))


def suitable(limit: Path = _MEMORY_LIMIT) -> int:
    """How many processes suit this machine: one a core, up to four, and no more than fit in a container's memory."""
    memory = _limits(limit)
    fitting = memory[0] // _EACH_BYTES if memory else _MOST_BY_DEFAULT
    return max(1, min(cores(), fitting, _MOST_BY_DEFAULT))


def _limits(file: Path) -> tuple[int, ...]:
    try:
        return tuple(int(word) for word in file.read_text(encoding="ascii").split())
    except (OSError, ValueError):  # no container, or no limit
        return ()


def share_heaps() -> None:
    """Let all threads take memory from two heaps (glibc only); call it before they start.

    With a heap for each thread, what an old snapshot held is not given back: memory grew by megabytes a switch.
    """
    set_option = getattr(ctypes.CDLL(None), "mallopt", None)
    if set_option is not None:
        set_option(_M_ARENA_MAX, 2)


class SharedListener(socket.socket):
    """A listening socket of several processes; takes one connection a turn, so that the others get theirs."""

    # asyncio takes as many connections as wait, and one process would then serve all of a crowd that comes at once.
    _has_taken = False

    def accept(self) -> tuple[socket.socket, Any]:
        """The next connection; none right after another (BlockingIOError)."""
        if self._has_taken:
            self._has_taken = False
            raise BlockingIOError
        taken = super().accept()
        self._has_taken = True
        return taken


@dataclass
class _Serving:
    """One process, as its parent sees it."""

    process: ForkProcess
    told: Connection  # None once it is ready, or the error that keeps it from starting
    started: float
    is_ready: bool = False


class Processes:
    """Forks processes, waits until they are ready, replaces those that die, and stops them all when told to."""

    def __init__(self, count: int, work: Work, ended: Callable[[int], None], stop_seconds: float) -> None:
        """Nothing happens before `run`.

        Args:
            work: what process 0, 1, … does until SIGTERM; calls its second argument once it serves.
            ended: is told the number of a process that is no more.
            stop_seconds: how long they may take to stop.
        """
        self._count, self._work, self._ended, self._stop_seconds = count, work, ended, stop_seconds
        self._serving: dict[int, _Serving] = {}
        self._replace_at: dict[int, float] = {}
        self._pauses = dict.fromkeys(range(count), 1.0)
        self._signals = 0

    def run(self, ready: Ready) -> None:
        """Until SIGTERM or Ctrl-C. `ready` is called once all of them serve.

        Raises:
            AssistantError: one of them cannot start.
        """
        # A copy of our end of this pipe in a child would keep it from seeing that we are gone.
        self._life, self._our_life = os.pipe()
        self._woken, self._wake = os.pipe()
        before = {number: signal.signal(number, self._stop) for number in _SIGNALS}
        gc.collect()
        gc.freeze()  # the collector would write in every object, and each process would get a copy of it
        try:
            for number in range(self._count):
                self._start(number)
            self._watch(ready)
        finally:
            self._stop_all()
            gc.unfreeze()
            for each, handler in before.items():
                signal.signal(each, handler)
            for end in (self._life, self._our_life, self._woken, self._wake):
                os.close(end)

    def _stop(self, number: int, _: object) -> None:
        self._signals += 1
        os.write(self._wake, b".")
        if self._signals > 1:  # somebody is in a hurry
            for serving in self._serving.values():
                if serving.process.pid:
                    os.kill(serving.process.pid, number)

    def _start(self, number: int) -> None:
        theirs, ours = _FORK.Pipe(duplex=False)
        process = _FORK.Process(target=self._child, args=(number, ours), name=f"beleidswijzer-{number}")
        # Until a child has handlers of its own, a signal for it would run ours in it.
        signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
        process.start()
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
        ours.close()
        self._serving[number] = _Serving(process, theirs, time.monotonic())

    def _child(self, number: int, parent: Connection) -> None:
        """The life of one process."""
        for each in _SIGNALS:
            signal.signal(each, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
        for end in (self._our_life, self._woken, self._wake):
            os.close(end)
        threading.Thread(target=_stop_without_parent, args=(self._life,), name="parent-watch", daemon=True).start()
        try:
            self._work(number, lambda: parent.send(None))
        except AssistantError as error:
            parent.send(error)
        except Exception:
            logger.exception("A serving process failed")
            sys.exit(1)
        sys.stdout.flush()
        sys.stderr.flush()

    def _watch(self, ready: Ready) -> None:
        is_announced = False
        while not self._signals:
            talking = [serving.told for serving in self._serving.values() if not serving.is_ready]
            sentinels = [serving.process.sentinel for serving in self._serving.values()]
            until = min(self._replace_at.values(), default=None)
            pause = None if until is None else max(0.0, until - time.monotonic())
            wait([*talking, *sentinels, self._woken], pause)
            for number, serving in list(self._serving.items()):
                self._listen(serving, is_announced)
                if serving.process.exitcode is not None:
                    self._has_ended(number, serving, is_announced)
            if not is_announced and all(serving.is_ready for serving in self._serving.values()):
                is_announced = True
                ready()
            for number in [number for number, at in self._replace_at.items() if at <= time.monotonic()]:
                del self._replace_at[number]
                self._start(number)

    def _listen(self, serving: _Serving, is_announced: bool) -> None:
        if serving.is_ready or not serving.told.poll():
            return
        try:
            error = serving.told.recv()
        except EOFError:  # it died before it could say anything
            return
        if error is None:
            serving.is_ready = True
        elif not is_announced:
            raise error
        else:
            logger.error("A serving process cannot start: %s", error)

    def _has_ended(self, number: int, serving: _Serving, is_announced: bool) -> None:
        """A process is no more: replace it, or give up if it never served."""
        code = serving.process.exitcode
        self._forget(number)
        if self._signals:
            return
        if not is_announced:
            raise AssistantError(
                f"Een van de processen stopte tijdens het starten (code {code}). "
                "Is er genoeg geheugen? Probeer: beleidswijzer serve --processes 1"
            )
        lived = time.monotonic() - serving.started
        pause = 1.0 if lived > _SHORT_LIFE else min(_LONGEST_PAUSE, 2 * self._pauses[number])
        self._pauses[number] = pause
        self._replace_at[number] = time.monotonic() + pause
        logger.error("A serving process ended (code %s); it is replaced in %d s", code, pause)

    def _forget(self, number: int) -> None:
        serving = self._serving.pop(number)
        serving.process.join()
        serving.process.close()
        serving.told.close()
        self._ended(number)

    def _stop_all(self) -> None:
        for serving in self._serving.values():
            serving.process.terminate()
        until = time.monotonic() + self._stop_seconds
        for number, serving in list(self._serving.items()):
            serving.process.join(max(0.0, until - time.monotonic()))
            if serving.process.exitcode is None:
                logger.error("A serving process did not stop in time")
                serving.process.kill()
            self._forget(number)


def _stop_without_parent(life: int) -> None:
    """Stop this process when its parent is gone, however that ended."""
    os.read(life, 1)  # nothing is ever written: this ends when nobody can write any more
    os.kill(os.getpid(), signal.SIGTERM)
