"""How fast PDFs load and how much of their outline is found back: python -m benchmarks.loaders [FOLDER]."""

from __future__ import annotations

import re
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from assistant.loaders import load
from assistant.loaders.pdf import bookmarks_of
from assistant.types import Source
from benchmarks.shared import SHARED, or_skip

PDFS = SHARED / "pdfs"


@dataclass(frozen=True)
class Measurement:
    """What loading one PDF gave and took."""

    name: str
    seconds: float
    pages: int
    kinds: Counter[str]
    bookmarks: int
    bookmarks_found: int


def measure(path: Path) -> Measurement:
    """Load one PDF and look its bookmarks up among the headings."""
    start = time.perf_counter()
    source = load(path)
    seconds = time.perf_counter() - start
    titles = [_letters(bookmark.title) for bookmark in bookmarks_of(path)]
    headings = _headings(source)
    found = sum(title in headings or title.lstrip("0123456789") in headings for title in titles)
    kinds = Counter(block.kind for block in source.blocks)
    return Measurement(path.name, seconds, len(source.pages), Counter(kinds), len(titles), found)


def main() -> None:
    """Print a line a PDF and the totals."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else PDFS
    or_skip(folder)
    results = [measure(path) for path in sorted(folder.glob("*.pdf"))]
    print(f"{'s':>7} {'pages':>6} {'blocks':>7} {'headings':>9} {'items':>6} {'rows':>5} {'bookmarks':>10}  file")
    for result in results:
        print(_line(result))
    total = Measurement(
        "total",
        sum(result.seconds for result in results),
        sum(result.pages for result in results),
        sum((result.kinds for result in results), Counter()),
        sum(result.bookmarks for result in results),
        sum(result.bookmarks_found for result in results),
    )
    print(_line(total))
    print(f"{100 * total.seconds / max(total.pages, 1):.1f} s per 100 pages (budget: 10 s)")


def _line(result: Measurement) -> str:
    kinds = result.kinds
    return (
        f"{result.seconds:7.2f} {result.pages:6d} {sum(kinds.values()):7d} {kinds['heading']:9d} "
        f"{kinds['list_item']:6d} {kinds['table_row']:5d} "
        f"{result.bookmarks_found:4d}/{result.bookmarks:<4d}   {result.name}"
    )


def _headings(source: Source) -> set[str]:
    shown = [_letters(source.text[block.begin : block.end]) for block in source.blocks if block.kind == "heading"]
    return {*shown, *(heading.lstrip("0123456789") for heading in shown)}


def _letters(text: str) -> str:
    return re.sub(r"[\W_]+", "", text).casefold()


if __name__ == "__main__":
    main()
