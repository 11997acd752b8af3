"""A command that goes on until it is told to stop: SIGTERM from systemd or a container, Ctrl-C from a person."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event

_SIGNALS = (signal.SIGTERM, signal.SIGINT)


@contextmanager
def stop_on_signals(stop: Event) -> Iterator[None]:
    """Set `stop` on the first signal; a second one ends the process as it would have otherwise."""
    before = {number: signal.getsignal(number) for number in _SIGNALS}

    def stopping(number: int, frame: object) -> None:  # noqa: ARG001 — the signature of a handler
        stop.set()
        restore()

    def restore() -> None:
        for each, handler in before.items():
            signal.signal(each, handler)

    for number in _SIGNALS:
        signal.signal(number, stopping)
    try:
        yield
    finally:
        restore()
