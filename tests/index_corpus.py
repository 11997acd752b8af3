"""A small corpus on disk with simple stages, for the tests of the index; also used by the processes they kill."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from assistant.embeddings import PassageText
from assistant.errors import DocumentError
from assistant.ingest import Stages
from assistant.types import Block, Chunk, Document, Page, Sentence, Source

TEXTS = {
    "perspectief": "Perspectief wil zorg en veiligheid verbinden.\nGemeenten voeren de regie op de aanpak.",
    "leidraad": "De leidraad vervangt het kwaliteitskader.\nWijkteams werken aan veiligheid voor het hele gezin.",
    "jeugd": "De hervormingsagenda beperkt de jeugdhulp.\nGemeenten en Rijk betalen samen.\nDe looptijd is vijf jaar.",
}


def write_corpus(folder: Path, texts: dict[str, str] = TEXTS) -> list[Document]:
    """One text file a document, and their catalogue entries."""
    folder.mkdir(exist_ok=True)
    for document_id, text in texts.items():
        (folder / f"{document_id}.txt").write_text(text, encoding="utf-8")
    return [Document(each, each.capitalize(), folder / f"{each}.txt") for each in texts]


def load(path: Path) -> Source:
    text = path.read_text(encoding="utf-8")
    if text.startswith("%PDF"):
        raise DocumentError(f"Het bestand '{path}' is geen tekst.")
    lines = list(re.finditer(r".+", text))
    return Source(text, tuple(Block("paragraph", *line.span()) for line in lines), (Page(None, 0, len(text)),))


def chunk(source: Source, document: Document) -> list[Chunk]:
    """A chunk a line, with one sentence."""
    return [
        Chunk(
            document_id=document.id,
            ordinal=ordinal,
            heading_path=(document.title, f"Deel {ordinal}"),
            page=None,
            begin=block.begin,
            end=block.end,
            text=source.text[block.begin : block.end],
            sentences=(Sentence(block.begin, block.end, block.kind, ordinal),),
        )
        for ordinal, block in enumerate(source.blocks)
    ]


def embedding_text(piece: Chunk, document: Document) -> PassageText:
    prefix = f"{document.title}\n"
    return PassageText(prefix + piece.text, ((len(prefix), len(prefix) + len(piece.text)),))


def index_tokens(piece: Chunk, document: Document) -> dict[str, Sequence[str]]:
    return {"exact": re.findall(r"\w+", piece.text.lower()), "title": [document.title.lower()]}


def stages(chunking_version: str = "1", analysis_version: str = "1") -> Stages:
    return Stages(load, chunk, embedding_text, index_tokens, ("exact", "title"), chunking_version, analysis_version)
