"""An index of a question set's passages, made by the product's own pipeline: each passage is a document of its own."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

from assistant.chunking import chunk
from assistant.embeddings import Embedder
from assistant.errors import AssistantError, IndexDamagedError
from assistant.evaluation.beir import CorpusPassage
from assistant.evaluation.passage_lines import lines_of
from assistant.ingest import Progress, build, standard_stages
from assistant.types import Block, Chunk, Document, Page, Source
from assistant.wording import reason_words

INDEX_FOLDER = "index"
PASSAGES_FOLDER = "passages"
_CHARACTERS_PER_TOKEN = 3.5  # Dutch has about 4 (embedding.md §7); a little less, so that nothing is cut off
_CONTEXT_TOKENS = 50  # for title, prefix and special tokens


def build_passage_index(
    passages: Iterable[CorpusPassage], folder: Path, embedder: Embedder, progress: Progress | None = None
) -> Path:
    """Index `passages` in `folder`, taking over what an earlier call left there; returns the index's own folder."""
    try:
        (folder / PASSAGES_FOLDER).mkdir(parents=True, exist_ok=True)
        documents = [_write(passage, folder / PASSAGES_FOLDER) for passage in passages if _content(passage)]
    except OSError as error:
        raise AssistantError(
            f"In {folder} kan niet worden geschreven ({reason_words(error)}). Kies een andere map."
        ) from error
    standard = standard_stages()
    stages = replace(
        standard,
        load=load_passage,
        chunk=passage_chunker(embedder.description.max_tokens),
        chunking_version=f"{standard.chunking_version}-passages",
    )
    index = folder / INDEX_FOLDER
    try:
        report = build(documents, index, embedder, stages, progress)
    except IndexDamagedError:  # nothing in it is irreplaceable
        report = build(documents, index, embedder, stages, progress, fresh=True)
    if report.failures:
        raise AssistantError(report.failures[0].message)
    return index


def _content(passage: CorpusPassage) -> str:
    return passage.text if passage.text.strip() else passage.title.strip()


def _write(passage: CorpusPassage, folder: Path) -> Document:
    # With its id, because the pipeline refuses two files with the same content and sets do hold equal passages.
    content = json.dumps([passage.id, _content(passage)])
    file = folder / f"{passage.document_id}.json"
    if not file.exists() or file.read_text(encoding="ascii") != content:
        file.write_text(content, encoding="ascii")
    return Document(passage.document_id, passage.title.strip(), file, status="in_force")


def load_passage(path: Path) -> Source:
    """The passage in a file, its text to the letter; every line is a block."""
    text: str = json.loads(path.read_text(encoding="ascii"))[1]
    blocks = [Block(kind, begin, end) for kind, begin, end in lines_of(text, 0, len(text))]
    return Source(text, tuple(blocks), (Page(None, 0, len(text)),))


def passage_chunker(max_tokens: int) -> Callable[[Source, Document], list[Chunk]]:
    """The product's chunker, but a passage that fits the model stays whole."""
    most = (max_tokens - _CONTEXT_TOKENS) * _CHARACTERS_PER_TOKEN

    def chunk_passage(source: Source, document: Document) -> list[Chunk]:
        pieces = chunk(source, document)
        if len(pieces) < 2 or len(source.text) > most:
            return pieces
        begin, end = pieces[0].begin, pieces[-1].end
        sentences = tuple(sentence for piece in pieces for sentence in piece.sentences)
        return [replace(pieces[0], end=end, text=source.text[begin:end], sentences=sentences)]

    return chunk_passage
