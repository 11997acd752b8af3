"""Who changed which documents on the command line, in the trail of the installation."""

from __future__ import annotations

import os
import pwd
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from assistant.cli.keys import ACTOR
from assistant.cli.session import Session
from assistant.errors import AssistantError

Note = Callable[..., None]  # ids of documents that were changed
_FAILED_IDS = 20  # named when a change fails


def system_user() -> str:
    """Who is at the command line, by the system's own account: no variable can say otherwise."""
    number = os.getuid()
    try:
        return f"{ACTOR} ({pwd.getpwuid(number).pw_name})"
    except KeyError:  # an account without a name, as in some containers
        return f"{ACTOR} ({number})"


@contextmanager
def recording(session: Session, action: str, *document_ids: str) -> Iterator[Note]:
    """Write down what is changed; a trail that cannot be written stops the change before it begins.

    Args:
        action: as the trail calls it, e.g. "bron-toevoegen".
        document_ids: that it is about, if they are known; written down as failed when the change fails.
    """
    from assistant.records import open_records

    actor = system_user()
    with open_records(session.settings) as records:

        def note(*changed: str) -> None:
            for document_id in changed:
                records.trail.add(actor, action, document_id, "gelukt")

        try:
            yield note
        except AssistantError:
            for document_id in document_ids[:_FAILED_IDS]:
                records.trail.add(actor, action, document_id, "mislukt")
            raise
