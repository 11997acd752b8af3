"""More names of people than our own lists know, found by deduce (the `[privacy]` extra) once that has loaded.

deduce takes some 12 seconds to load, more than a minute the first time, and about 1.1 GB. So it loads in the background
on first use, and until it is ready our own rules stand alone.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from assistant.errors import SettingsError

logger = logging.getLogger(__name__)

Span = tuple[int, int]
FindNames = Callable[[str], Sequence[Span]]


class BackgroundNames:
    """A `NameFinder` that loads in the background on first use; safe to use from several threads."""

    def __init__(self, load: Callable[[], FindNames] | None = None) -> None:
        """A finder that knows nothing yet.

        Args:
            load: loads what finds the names; deduce when left out.

        Raises:
            SettingsError: deduce is not installed.
        """
        if load is None and find_spec("deduce") is None:
            raise SettingsError("De uitbreiding voor namen ontbreekt. Typ: pip install 'beleidswijzer[privacy]'.")
        self._load = load or load_deduce
        self._find: FindNames | None = None
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()

    @property
    def ready(self) -> bool:
        """Whether names can be found."""
        return self._find is not None

    def names(self, text: str) -> Sequence[Span]:
        """Where names stand in `text`; nothing as long as the names are being loaded."""
        if self._find is None:
            self.start()
            return ()
        with self._lock:
            return self._find(text)

    def start(self) -> None:
        """Begin to load, if that has not begun yet."""
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="beleidswijzer-names", daemon=True)
                self._thread.start()

    def wait(self, timeout_seconds: float | None = None) -> bool:
        """Wait until loading has ended; tells whether names can be found."""
        self.start()
        if self._thread is not None:
            self._thread.join(timeout_seconds)
        return self.ready

    def _run(self) -> None:
        try:
            self._find = self._load()
        except Exception as error:  # whatever a foreign library raises, our own rules go on without it
            logger.error("Names could not be loaded (%s); our own rules stand alone", type(error).__name__)
        else:
            logger.info("Names are loaded")


def load_deduce(cache: Path | None = None) -> FindNames:
    """What finds names with deduce.

    Args:
        cache: the folder for the tables that deduce builds once, pickled; its own package folder when left out.
    """
    with _logging_as_it_is():
        from deduce import Deduce
    deduce = Deduce(cache_path=cache) if cache else Deduce()

    def find(text: str) -> list[Span]:
        found = deduce.deidentify(text).annotations
        return sorted((each.start_char, each.end_char) for each in found if each.tag in {"persoon", "patient"})

    return find


@contextmanager
def _logging_as_it_is() -> Iterator[None]:
    """Keep an import from sending every log line of every library, and so perhaps a question, to the screen.

    deduce calls `logging.basicConfig(level=DEBUG)` when it is imported, which does nothing where a handler exists.
    """
    handler = logging.NullHandler()
    logging.getLogger().addHandler(handler)
    try:
        yield
    finally:
        logging.getLogger().removeHandler(handler)
