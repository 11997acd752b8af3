"""What our PDF loader misses, doubles or puts elsewhere: python -m benchmarks.pdf_accuracy [FOLDER] [--pages N].

Every page is held against PDFium, and against poppler's pdftotext where it is installed. A word counts as missing when
both see it and we do not, as strange when we have it and neither does, as doubled when we have it more often than they,
apart from table rows, which repeat the names of their columns. Lines that the loader leaves out on purpose (what
runs along pages, page numbers, a table of contents) are not missing; how many words they hold is told apart. "order" is
the share of our words that stand in the order of the engine that agrees most.
"""

from __future__ import annotations

import argparse
import logging
import re
import shutil
import subprocess
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path

import pypdfium2

from assistant.loaders import load
from assistant.loaders.pdf import lines_of
from assistant.loaders.running import without_running_lines
from benchmarks.shared import SHARED, or_skip

PDFS = SHARED / "pdfs"
_WORD = re.compile(r"\w+")
_BROKEN = re.compile(r"[-\u00ad\u2010\x02\ufffe]\s*\n\s*")


@dataclass(frozen=True)
class Page:
    """How one page compares."""

    file: str
    number: int
    words: int
    missing: tuple[str, ...]
    strange: tuple[str, ...]
    doubled: tuple[str, ...]
    left_out: int
    order: float


def main() -> None:
    """Prints a line a document, the totals, and the pages that differ most."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?", default=PDFS)
    parser.add_argument("--pages", type=int, default=0, help="pages that differ most, to be shown with their words")
    asked = parser.parse_args()
    or_skip(asked.folder)
    logging.disable(logging.CRITICAL)
    print(f"{'words':>7} {'missing':>8} {'strange':>8} {'doubled':>8} {'left out':>9} {'order':>7} {'s/page':>7}  file")
    pages: list[Page] = []
    for path in sorted(asked.folder.glob("*.pdf")):
        started = time.perf_counter()
        load(path)
        seconds = time.perf_counter() - started
        own = list(compared(path))
        _print(own, f"{seconds / max(len(own), 1):7.3f}  {path.name}")
        pages += own
    _print(pages, f"{'':7}  all {len(pages)} pages")
    for page in sorted(pages, key=lambda page: -_differences(page) - _astray(page))[: asked.pages]:
        print(f"\n{page.file} page {page.number}: {page.words} words, order {page.order:.3f}")
        print(f"  missing {len(page.missing)}: {' '.join(page.missing[:40])}")
        print(f"  strange {len(page.strange)}: {' '.join(page.strange[:40])}")
        print(f"  doubled {len(page.doubled)}: {' '.join(page.doubled[:40])}")


def compared(path: Path) -> Iterator[Page]:
    """Each page of one PDF."""
    source = load(path)
    drawn = lines_of(path)
    kept = without_running_lines(drawn)
    others = [_pdfium(path), *([_poppler(path)] if shutil.which("pdftotext") else [])]
    running = [block for block in source.blocks if block.kind != "table_row"]
    for index, page in enumerate(source.pages):
        own = _words(source.text[page.begin : page.end])
        left_out = Counter(_words_of(drawn[index])) - Counter(_words_of(kept[index]))
        beside = [_variants(other[index]) for other in others]
        missing = _all_see([[Counter(words) - Counter(own) - left_out for words in each] for each in beside])
        strange = _all_see([[_without(own, words) for words in each] for each in beside])
        text = _words(
            "\n".join(
                source.text[max(b.begin, page.begin) : min(b.end, page.end)]
                for b in running
                if b.begin < page.end and page.begin < b.end
            )
        )
        doubled = _all_see([[Counter(text) - Counter(words) for words in each] for each in beside]) - strange
        order = max(_in_order(own, words) for each in beside for words in each)
        yield Page(
            path.name,
            index + 1,
            len(own),
            tuple(missing.elements()),
            tuple(strange.elements()),
            tuple(doubled.elements()),
            left_out.total(),
            order,
        )


def _print(pages: Sequence[Page], end: str) -> None:
    words = sum(page.words for page in pages)
    order = 1 - sum(map(_astray, pages)) / max(words, 1)
    missing, strange, doubled = (
        sum(len(each) for each in kind)
        for kind in zip(*((p.missing, p.strange, p.doubled) for p in pages), strict=True)
    )
    left_out = sum(page.left_out for page in pages)
    print(f"{words:7d} {missing:8d} {strange:8d} {doubled:8d} {left_out:9d} {order:7.4f} {end}", flush=True)


def _differences(page: Page) -> int:
    return len(page.missing) + len(page.strange) + len(page.doubled)


def _without(own: Sequence[str], other: Sequence[str]) -> Counter[str]:
    seen = set(other)
    return Counter(word for word in own if word not in seen)


def _astray(page: Page) -> float:
    return (1 - page.order) * page.words


def _all_see(differences: Sequence[Sequence[Counter[str]]]) -> Counter[str]:
    """What every engine sees; of an engine, the way of joining broken words that differs least."""
    fewest = [min(each, key=lambda counter: counter.total()) for each in differences]
    common = fewest[0]
    for other in fewest[1:]:
        common = common & other
    return common


def _variants(text: str) -> list[list[str]]:
    """The words with those that were broken at the end of a line joined, and not."""
    return [_words(_BROKEN.sub("", text)), _words(text)]


def _in_order(own: Sequence[str], other: Sequence[str]) -> float:
    if not own:
        return 1.0
    blocks = SequenceMatcher(None, own, other, autojunk=False).get_matching_blocks()
    return sum(block.size for block in blocks) / len(own)


def _words(text: str) -> list[str]:
    return [word.casefold() for word in _WORD.findall(text)]


def _words_of(lines: Sequence[object]) -> list[str]:
    return _words("\n".join(getattr(line, "text", "") for line in lines))


def _pdfium(path: Path) -> list[str]:
    return [page.get_textpage().get_text_range().replace("\r", "") for page in pypdfium2.PdfDocument(path)]


def _poppler(path: Path) -> list[str]:
    done = subprocess.run(["pdftotext", path, "-"], capture_output=True, text=True, check=True)
    return done.stdout.split("\f")[:-1]


if __name__ == "__main__":
    main()
