"""Builds the PDF and the DOCX of the starter corpus from their Markdown sources in `corpus/sources/`.

Usage: python corpus/build_documents.py [FOLDER], default this script's own folder. Two runs give the same bytes.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from building.docx_writer import build_docx
from building.markdown_parts import Part, parse
from building.pdf_writer import build_pdf

CORPUS = Path(__file__).parent
BUILDERS: dict[str, Callable[[list[Part]], bytes]] = {
    "werkgroep-sociale-impact.pdf": build_pdf,
    "toekomstscenario-kind-en-gezinsbescherming.docx": build_docx,
}


def main(folder: Path = CORPUS) -> None:
    """Write each built document into `folder`."""
    for name, build in BUILDERS.items():
        source = CORPUS / "sources" / Path(name).with_suffix(".md").name
        (folder / name).write_bytes(build(list(parse(source.read_text(encoding="utf-8")))))


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else CORPUS)
