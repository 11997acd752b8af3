"""What a maintainer should look at in a corpus: gaps, doubles, dates, chains, languages and private numbers."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from zlib import crc32

from assistant.language import detect_language
from assistant.privacy import contact_details
from assistant.types import Document, Page, Source
from assistant.wording import date_words

_LANGUAGE_WORDS = {"nl": "Nederlands", "en": "Engels"}
_FIELDS = {"publisher": "uitgever", "published": "datum", "url": "webadres", "licence": "licentie", "themes": "thema's"}
_SHINGLE = 5  # words
_SKETCH = 200  # numbers that stand for a document; sampled, so that a thousand documents are compared in a second
_NEAR = 0.8  # of the shingles
_SHORT_WORDS = 30  # below: two texts are soon alike by chance


@dataclass(frozen=True)
class Due:
    """A document that somebody must look at."""

    document: Document
    reason: str  # Dutch
    since: date


def metadata_findings(document: Document) -> Iterator[str]:
    """What the catalogue does not know of a document."""
    empty = [words for name, words in _FIELDS.items() if not getattr(document, name)]
    if document.status == "unknown":
        empty.append("status")
    if empty:
        yield f"niet ingevuld: {', '.join(empty)}"


def text_findings(document: Document, source: Source) -> Iterator[str]:
    """What is remarkable about the text: private contacts, and another language than the catalogue says."""
    found = contact_details(source.text)
    counts = Counter(finding.kind for finding in found)
    if counts:
        kinds = ", ".join(f"{kind}: {count}" for kind, count in sorted(counts.items()))
        yield f"privégegevens die niet in de index komen ({kinds}){_pages(source.pages, [f.begin for f in found])}"
    language = detect_language(source.text)
    if language != document.language:
        yield (
            f"de tekst lijkt {_LANGUAGE_WORDS[language]}, de catalogus zegt {_LANGUAGE_WORDS[document.language]} "
            f"(language: {language})"
        )


def chain_problems(documents: Mapping[str, Document]) -> dict[str, str]:
    """Documents that replace each other in a circle: id → Dutch sentence."""
    problems = {}
    for document_id in documents:
        chain, successor = [document_id], documents[document_id].superseded_by
        while successor and successor not in chain:
            chain.append(successor)
            successor = documents[successor].superseded_by
        if successor == document_id:
            circle = " → ".join([*chain, document_id])
            problems[document_id] = f"vervangt zichzelf: {circle}. Haal één van deze verwijzingen weg."
    return problems


def chain_findings(document: Document) -> Iterator[str]:
    """What does not fit between a document's status and its successor."""
    if document.status == "superseded" and not document.superseded_by:
        yield "vervangen, maar niet bekend waardoor: vul 'superseded_by' in"
    if document.status == "in_force" and document.superseded_by:
        yield f"geldig, maar ook vervangen door {document.superseded_by}: pas 'status' aan"


def near_twins(texts: Mapping[str, str]) -> dict[str, tuple[str, int]]:
    """Documents nearly the same as an earlier one: id → id of that one, and how much is the same in per cent."""
    sketches = {each: sketch for each, text in texts.items() if (sketch := _sketch(text))}
    holders: defaultdict[int, list[str]] = defaultdict(list)
    twins: dict[str, tuple[str, int]] = {}
    for document_id, sketch in sketches.items():
        shared = Counter(other for number in sketch for other in holders[number])
        alike = [(_likeness(sketch, sketches[other]), other) for other, _ in shared.most_common(5)]
        if alike and max(alike)[0] >= _NEAR:
            likeness, other = max(alike)
            twins[document_id] = (other, int(100 * likeness))
        for number in sketch:
            holders[number].append(document_id)
    return twins


def due(documents: Iterable[Document], day: date) -> list[Due]:
    """The documents to look at no later than `day`, the longest overdue first."""
    found = []
    for document in documents:
        if document.review_by and document.review_by <= day:
            found.append(Due(document, f"nakijken vóór {date_words(document.review_by)}", document.review_by))
        elif document.valid_until and document.valid_until < day and document.status in ("in_force", "unknown"):
            reason = f"gold tot en met {date_words(document.valid_until)}"
            found.append(Due(document, reason, document.valid_until))
    return sorted(found, key=lambda each: (each.since, each.document.id))


def _pages(pages: Sequence[Page], places: Sequence[int]) -> str:
    found = {page.number for page in pages if any(page.begin <= place < page.end for place in places)}
    numbers = sorted(number for number in found if number)
    return f", pagina {', '.join(map(str, numbers))}" if numbers else ""


def _sketch(text: str) -> frozenset[int]:
    """The smallest hashes of all runs of five words."""
    words = re.findall(r"\w+", text.casefold())
    if len(words) < _SHORT_WORDS:
        return frozenset()
    runs = {crc32(" ".join(words[i : i + _SHINGLE]).encode()) for i in range(len(words) - _SHINGLE + 1)}
    return frozenset(sorted(runs)[:_SKETCH])


def _likeness(one: frozenset[int], other: frozenset[int]) -> float:
    """An estimate of how many runs two documents share, of all that they have together."""
    smallest = sorted(one | other)[:_SKETCH]
    return sum(number in one and number in other for number in smallest) / len(smallest)
