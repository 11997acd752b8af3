"""One document before it goes live. In: what was read. Out: its passages, and an assistant that knows nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Self

from assistant.answering import Assistant
from assistant.chunking import chunk
from assistant.corpus_check import text_findings
from assistant.embeddings import Embedder
from assistant.ingest import build, standard_stages
from assistant.language import detect_language
from assistant.private_contacts import without_private_contacts
from assistant.snapshot_follower import SnapshotFollower
from assistant.types import Answer, Chunk, Document, Source

QUESTIONS = 3


@dataclass(frozen=True)
class Examined:
    """What the assistant makes of a document."""

    document: Document  # as it would be without a maintainer's details
    source: Source  # without private contacts, as it goes into the index
    chunks: tuple[Chunk, ...]
    findings: tuple[str, ...]  # what is remarkable, in Dutch
    questions: tuple[str, ...]  # that the document could answer


def examine(source: Source, file: Path | str) -> Examined:
    """What the assistant makes of a document that was read; nothing of the corpus or its index is read or changed.

    Args:
        file: where it came from; only its name counts.
    """
    title = " ".join((source.title or Path(file).stem).split())
    document = Document("voorbeeld", title, Path(file).absolute(), language=detect_language(source.text))
    indexed = without_private_contacts(source)
    chunks = tuple(chunk(indexed, document))
    findings = (*source.warnings, *text_findings(document, source))
    return Examined(document, indexed, chunks, findings, tuple(_questions(document, chunks)))


class Trial:
    """An assistant that knows one document only; to be closed."""

    def __init__(self, examined: Examined, embedder: Embedder) -> None:
        """Indexes the document, in a folder that goes when the trial is closed."""
        self._folder = TemporaryDirectory(prefix="beleidswijzer-proef-")
        content = sha256(examined.source.text.encode()).hexdigest()  # the file itself may be elsewhere
        stages = replace(standard_stages(), load=lambda _: examined.source, hash=lambda _: content)
        build([examined.document], Path(self._folder.name), embedder, stages)
        self._assistant = Assistant(SnapshotFollower(Path(self._folder.name), embedder.description), embedder)

    def ask(self, question: str) -> Answer:
        """The answer from this document alone.

        Raises:
            QuestionError: the question cannot be asked.
            ClientDataError: the question is about a client.
        """
        return self._assistant.ask(question)

    def close(self) -> None:
        """Throw the index of the trial away."""
        self._folder.cleanup()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _questions(document: Document, chunks: Sequence[Chunk]) -> list[str]:
    """Questions about the longest sections, in the order of the document."""
    words: dict[str, int] = {}
    for each in chunks:
        if each.heading_path and each.heading_path[-1] != document.title:
            words[each.heading_path[-1]] = words.get(each.heading_path[-1], 0) + len(each.text.split())
    longest = set(sorted(words, key=lambda heading: -words[heading])[:QUESTIONS])
    asked = [
        heading if heading.endswith("?") else f"Wat staat er over {heading}?" for heading in words if heading in longest
    ]
    general = [f"Waar gaat {document.title} over?", "Wat zijn de afspraken?", "Voor wie is dit bedoeld?"]
    return [*asked, *general][:QUESTIONS]
