"""A PDF of 100 pages loaded and chunked, beside pypdf's own plain text of the same pages; budget 10 s.

python -m benchmarks.large_pdf [--rounds 3]
"""

from __future__ import annotations

import argparse
import logging
import statistics
import tempfile
import time
from pathlib import Path

from pypdf import PdfReader, PdfWriter

from assistant.chunking import chunk
from assistant.loaders import load
from assistant.types import Document
from benchmarks.shared import SHARED, or_skip

PDFS = SHARED / "pdfs"
PAGES = 100
BUDGET_SECONDS = 10
_LEAST_CHARACTERS = 400  # a page with less is a cover or a picture


def main() -> None:
    """Prints the seconds; the reference runs between our own rounds."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # the loaders do so themselves; here also the reference
    or_skip(PDFS)
    with tempfile.TemporaryDirectory(prefix="beleidswijzer-benchmark-") as name:
        path = Path(name) / "hundred-pages.pdf"
        write_pages(path)
        loading, chunking, plain = [], [], []
        for _ in range(rounds):
            started = time.perf_counter()
            source = load(path)
            loaded = time.perf_counter()
            chunks = chunk(source, Document("hundred-pages", "Honderd pagina's", path))
            chunked = time.perf_counter()
            characters = sum(len(page.extract_text()) for page in PdfReader(path).pages)
            loading.append(loaded - started)
            chunking.append(chunked - loaded)
            plain.append(time.perf_counter() - chunked)
    seconds, reference = [a + b for a, b in zip(loading, chunking, strict=True)], statistics.median(plain)
    middle = statistics.median(seconds)
    print(f"{len(source.pages)} pages, {len(source.text)} characters, {len(chunks)} chunks")
    print(f"loaded and chunked: median {middle:.2f} s, most {max(seconds):.2f} s (budget {BUDGET_SECONDS} s), ", end="")
    print(f"of which chunking {statistics.median(chunking):.2f} s")
    print(f"reference, pypdf's plain text ({characters} characters): {reference:.2f} s; ratio {middle / reference:.1f}")


def write_pages(path: Path) -> None:
    """A PDF of the first 100 pages with text, taken from all documents in turn, in their own order."""
    readers = [PdfReader(file) for file in sorted(PDFS.glob("*.pdf"))]
    with_text = [[page for page in reader.pages if len(page.extract_text()) >= _LEAST_CHARACTERS] for reader in readers]
    share = 1
    while sum(min(share, len(pages)) for pages in with_text) < PAGES:
        share += 1
    writer = PdfWriter()
    for page in [page for pages in with_text for page in pages[:share]][:PAGES]:
        writer.add_page(page)
    writer.write(path)


if __name__ == "__main__":
    main()
