"""Ways to read the text of a PDF beside each other: python -m benchmarks.pdf_engines [FOLDER].

Each reads all PDFs in a process of its own. pdfplumber and pdfminer take part where they are installed, and poppler's
pdftotext where it is; none of the three is a dependency. No engine is the truth, so each is held against the others:

agree   pairs of neighbouring words that a page has in common with it, in the median of the other engines (F1)
alone   words of three letters or more that no other engine sees on that page: words cut or glued together
marks   bookmarks that are found as a line of their own on their page
"""

from __future__ import annotations

import json
import logging
import re
import resource
import shutil
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from assistant.loaders.pdf import bookmarks_of
from benchmarks.shared import SHARED, or_skip

PDFS = SHARED / "pdfs"
_WORD = re.compile(r"[^\W\d_]{2,}")

Pages = dict[str, list[str]]  # file name → text of each page


def main() -> None:
    """Prints a line an engine."""
    if len(sys.argv) == 4 and sys.argv[1] == "--read":
        _read(sys.argv[2], Path(sys.argv[3]))
        return
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else PDFS
    or_skip(folder)
    answers = {name: answer for name in ENGINES if (answer := _measured(name, folder)) is not None}
    texts: dict[str, Pages] = {name: answer["pages"] for name, answer in answers.items()}
    pages = sum(map(len, next(iter(texts.values())).values()))
    print(f"{pages} pages of {len(next(iter(texts.values())))} documents")
    print(f"{'engine':12} {'s per 100 pages':>16} {'MB':>6} {'agree':>7} {'alone':>7} {'marks':>9}")
    for name, answer in answers.items():
        found, marks = _marks(texts[name], folder)
        agree, alone = _held_against(texts, name)
        print(
            f"{name:12} {100 * answer['seconds'] / pages:16.2f} {answer['megabytes']:6.0f} "
            f"{agree:7.4f} {alone:7d} {found:4d}/{marks:<4d}"
        )


def _measured(name: str, folder: Path) -> dict[str, Any] | None:
    command = [sys.executable, "-W", "ignore", "-m", "benchmarks.pdf_engines", "--read", name, str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        print(f"{name}: not here")
        return None
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def _read(name: str, folder: Path) -> None:
    """In the child: reads all, and tells what it read and took (processor time, also of programs it starts)."""
    logging.disable(logging.CRITICAL)
    read = ENGINES[name]
    read(next(iter(sorted(folder.glob("*.pdf")))))  # imports are not what is measured
    before = _processor_seconds()
    pages = {path.name: read(path) for path in sorted(folder.glob("*.pdf"))}
    seconds = _processor_seconds() - before
    who = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    megabytes = max(resource.getrusage(each).ru_maxrss for each in who) / 1024
    json.dump({"seconds": seconds, "megabytes": megabytes, "pages": pages}, sys.stdout)


def _processor_seconds() -> float:
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def _pypdf(path: Path) -> list[str]:
    from pypdf import PdfReader

    return [page.extract_text() for page in PdfReader(path).pages]


def _pdfium(path: Path) -> list[str]:
    import pypdfium2

    return [page.get_textpage().get_text_range().replace("\r", "") for page in pypdfium2.PdfDocument(path)]


def _pdfminer(path: Path) -> list[str]:
    from pdfminer.high_level import extract_pages  # type: ignore[import-not-found, unused-ignore]
    from pdfminer.layout import LTTextContainer  # type: ignore[import-not-found, unused-ignore]

    return [
        "".join(each.get_text() for each in page if isinstance(each, LTTextContainer)) for page in extract_pages(path)
    ]


def _pdfplumber(path: Path) -> list[str]:
    import pdfplumber  # type: ignore[import-not-found, unused-ignore]

    with pdfplumber.open(path) as document:
        return [page.extract_text() or "" for page in document.pages]


def _poppler(path: Path) -> list[str]:
    program = shutil.which("pdftotext") or sys.exit(1)
    return subprocess.run([program, path, "-"], capture_output=True, text=True, check=True).stdout.split("\f")[:-1]


def _ours(path: Path) -> list[str]:
    """The whole loader: headings, tables, paragraphs; running lines are left out, so that it agrees less."""
    from assistant.loaders import load

    source = load(path)
    return [source.text[page.begin : page.end] for page in source.pages]


ENGINES: dict[str, Callable[[Path], list[str]]] = {
    "pypdf": _pypdf,
    "pdfium": _pdfium,
    "pdfminer": _pdfminer,
    "pdfplumber": _pdfplumber,
    "poppler": _poppler,
    "our loader": _ours,
}


def _held_against(texts: dict[str, Pages], name: str) -> tuple[float, int]:
    others = [pages for other, pages in texts.items() if other not in (name, "our loader")]
    shares: list[tuple[float, int]] = []
    alone = 0
    for file, pages in texts[name].items():
        for index, text in enumerate(pages):
            beside = [_words(other[file][index]) if index < len(other[file]) else [] for other in others]
            words = _words(text)
            agreement = statistics.median(_agreement(words, each) for each in beside)
            shares.append((agreement, len(words)))
            seen = {word for each in beside for word in each}
            alone += sum(len(word) > 2 and word not in seen for word in words)
    return sum(share * count for share, count in shares) / sum(count for _, count in shares), alone


def _words(text: str) -> list[str]:
    return [word.casefold() for word in _WORD.findall(text)]


def _agreement(first: Sequence[str], second: Sequence[str]) -> float:
    one, two = (Counter(pairwise(words)) for words in (first, second))
    total = sum(one.values()) + sum(two.values())
    return 2 * sum((one & two).values()) / total if total else 1.0


def _marks(pages: Pages, folder: Path) -> tuple[int, int]:
    found = count = 0
    for file, texts in pages.items():
        for mark in bookmarks_of(folder / file):
            count += 1
            nearby = "\n".join(texts[mark.page : mark.page + 2])
            lines = {_letters(line) for line in nearby.split("\n")}
            found += bool({_letters(mark.title), _letters(mark.title).lstrip("0123456789")} & lines)
    return found, count


def _letters(text: str) -> str:
    return re.sub(r"[\W_]+", "", text).casefold()


if __name__ == "__main__":
    main()
