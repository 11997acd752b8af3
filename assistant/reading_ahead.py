"""Documents read side by side, each in a limited process, a little ahead of who asks for them.

In: files. Out: each file with its text, or with a Dutch sentence that says why not, in the order of the files.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from itertools import islice
from pathlib import Path
from queue import SimpleQueue
from threading import Condition

from assistant.errors import DocumentError
from assistant.limited_load import LimitedReader, Limits
from assistant.loaders.reading import PageMemory, Reading
from assistant.types import Source

READERS = 2  # processes that read; a third gains nothing while the model uses the cores too
_MOST_WAITING = 20_000_000  # characters of documents that were read and not asked for yet

Counted = Callable[[Path, int, int], None]  # pages done, of how many; called from other threads


def read_ahead(
    files: Iterable[Path],
    ahead: int,
    *,
    limits: Limits | None = None,
    memory: PageMemory | None = None,
    counted: Counted | None = None,
) -> Generator[tuple[Path, Source | str]]:
    """Read the files; while the one who asks works on a document, the next ones are being read.

    Args:
        files: taken one by one, no more than `ahead` before they are asked for.
        counted: is told of the pages of a document that is being read.
    """
    coming, waiting = iter(files), deque[tuple[Path, Future[Source | str]]]()
    with _Readers(limits, memory, counted) as readers:
        for file in islice(coming, ahead):
            waiting.append((file, readers.begin(file)))
        while waiting:
            file, reading = waiting.popleft()
            read = reading.result()
            readers.taken(read)
            yield file, read
            for following in islice(coming, 1):
                waiting.append((following, readers.begin(following)))


class _Readers:
    """A few processes that read, and a bound on what they have read and nobody has taken."""

    def __init__(self, limits: Limits | None, memory: PageMemory | None, counted: Counted | None) -> None:
        self._memory, self._counted = memory, counted
        self._threads = ThreadPoolExecutor(READERS)
        self._all = [LimitedReader(limits) for _ in range(READERS)]
        self._idle: SimpleQueue[LimitedReader] = SimpleQueue()
        self._room = Condition()
        self._begun = self._taken = self._waiting = 0
        self._stopping = False
        for reader in self._all:
            self._idle.put(reader)

    def __enter__(self) -> _Readers:
        return self

    def __exit__(self, *_: object) -> None:
        """Stop at once: nobody asks any more."""
        with self._room:
            self._stopping = True
            self._room.notify_all()
        for reader in self._all:
            reader.stop()
        self._threads.shutdown(cancel_futures=True)
        for reader in self._all:
            reader.close()

    def begin(self, file: Path) -> Future[Source | str]:
        number, self._begun = self._begun, self._begun + 1
        return self._threads.submit(self._read, number, file)

    def taken(self, read: Source | str) -> None:
        with self._room:
            self._taken += 1
            self._waiting -= _size(read)
            self._room.notify_all()

    def _read(self, number: int, file: Path) -> Source | str:
        with self._room:
            # The one that is asked for may always be read, however much is waiting behind it.
            self._room.wait_for(lambda: self._stopping or number == self._taken or self._waiting < _MOST_WAITING)
        reader = self._idle.get()
        try:
            read: Source | str = "" if self._stopping else reader.read(file, self._reading(file))
        except DocumentError as error:
            read = str(error)
        finally:
            self._idle.put(reader)
        with self._room:
            self._waiting += _size(read)
        return read

    def _reading(self, file: Path) -> Reading:
        counted = self._counted
        return Reading(partial(counted, file), self._memory) if counted else Reading(memory=self._memory)


def _size(read: Source | str) -> int:
    return 0 if isinstance(read, str) else len(read.text)
