"""The standard stages of an index, with documents read in a limited process and no page recognised twice."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

from assistant.ingest import Stages, standard_stages
from assistant.limited_load import LimitedReader
from assistant.loaders.reading import Reading
from assistant.private_contacts import without_private_contacts
from assistant.reading_ahead import Counted
from assistant.recognised_pages import RecognisedPages
from assistant.settings import Settings
from assistant.types import Source


@contextmanager
def limited_stages(settings: Settings, counted: Counted | None = None) -> Iterator[Stages]:
    """The stages, for as long as the limited process may be there; it is started by the first document.

    Args:
        counted: is told of the pages of a document that is being read.
    """
    memory = RecognisedPages(settings.cache)
    with LimitedReader() as reader:

        def load(path: Path) -> Source:
            reading = Reading(partial(counted, path), memory) if counted else Reading(memory=memory)
            return without_private_contacts(reader.read(path, reading))

        yield replace(standard_stages(), load=load)
