"""What a sentence is like, whatever is asked: its words, and whether it holds a number, a date, a name or a definition.

In: a chunk and its document's title. Out: its `ChunkTraits`, which the index keeps so that no question has to wait.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from assistant.language import GRAM_LENGTH, NUMBER_WORDS, RUN_MARK, STOPWORDS, fold, forms, stem
from assistant.types import Chunk

TRAITS_VERSION = "1"  # raise it when a sentence is seen differently: every document is then indexed anew

_MONTH = r"(?:januari|februari|maart|april|mei|juni|juli|augustus|september|oktober|november|december)"
_RUN = re.compile(r"\w+")
_DIGIT = re.compile(r"\d")
_NUMBER_WORDS = frozenset(NUMBER_WORDS) | set(
    "honderd duizend miljoen miljard tientallen helft kwart driekwart eenderde tweederde anderhalf anderhalve".split()
)
_LONG_NUMBER = re.compile(
    r"dubbel|\w+(?:twintig|dertig|veertig|vijftig|zestig|zeventig|tachtig|negentig|honderd|duizend)\Z"
)
_DATE_WORDS = frozenset(
    """
    januari februari maart april mei juni juli augustus september oktober november december eeuw
    maandag dinsdag woensdag donderdag vrijdag zaterdag zondag
    """.split()
)
_DATE = re.compile(
    r"\b(?:1\d{3}|20\d\d)\b|\b\d{1,2} (?:jan|feb|mrt|apr|jun|jul|aug|sep|okt|nov|dec)\b",
)
# The capital comes first in the pattern because a search for one letter is quick; what is before it is looked at then.
# The first word of a sentence is a name only if another one follows: "Hans Boutellier", not "Elk gezin".
_NAME = re.compile(
    r"[A-Z](?<=\b[A-Z])(?:(?<![.!?:]\s[A-Z])[\w'’-]+"
    r"|[\w'’-]+(?=\s(?:(?:van|de|der|den|el|ten|ter|het)\s){0,3}[A-Z]))"
)
_YES_NO = re.compile(r"^\W*(?:ja|nee)\b", re.I)
_QUESTION_END = re.compile(r"\?[\"'”’»)\s]*$")
_META = re.compile(
    r"^\W*(?:bron(?:nen)?|stand van zaken|oorspronkelijk bericht|foto|noot|zie ook|lees (?:ook|meer)"
    r"|meer informatie)\b",
    re.I,
)
_UNKNOWN = re.compile(
    r"\b(?:niet bekend|onbekend|niet in (?:de|onze) bronnen|niet (?:genoemd|opgesomd|vermeld|beschreven)"
    r"|(?:staat|staan|noemt|noemen|vermeldt|vermelden|legt|leggen|beschrijft|somt)\b[^.]{0,60}\bniet\b)",
    re.I,
)
_DEFINES = re.compile(
    r"^(?:(?:de|het|een)\s+)?(?P<term>[^,.;:!?]{2,80}?)\s*(?:\([^)]*\)\s*)?"
    r"(?:\b(?:is|zijn|betekent|betreft|staat voor|houdt in)|:|=)(?:\s|$)",
    re.I,
)


@dataclass(frozen=True)
class Words:
    """Words, as folded forms, in which grams can be looked for without taking every word apart."""

    forms: frozenset[str]

    @cached_property
    def runs(self) -> str:
        """The words that have grams of five letters, with spaces between them."""
        return " ".join([form for form in self.forms if len(form) >= GRAM_LENGTH and form.isalpha()])

    def has(self, gram: str) -> bool:
        """Whether one of the words has this gram."""
        return gram[1:] in self.runs if gram.startswith(RUN_MARK) else gram in self.forms

    @classmethod
    def of(cls, *parts: Words) -> Words:
        """All words of several parts together."""
        return cls(frozenset().union(*(part.forms for part in parts)))


@dataclass(frozen=True)
class SentenceTraits:
    """A sentence as the reader weighs it; the same for every question."""

    stems: frozenset[str]
    content: Words  # without stopwords
    words: int
    has_number: bool
    has_date: bool
    names: frozenset[str]
    is_question: bool
    starts_with_yes_no: bool
    is_meta: bool  # a source line or a reference, not a statement
    says_unknown: bool
    introduces: bool  # ends with a colon
    defined: frozenset[str]  # stems of the term that the sentence seems to define


@dataclass(frozen=True)
class ChunkTraits:
    """The traits of a chunk's sentences, and what its title and headings add."""

    sentences: tuple[SentenceTraits, ...]
    title_stems: frozenset[str]
    title_words: Words
    is_whole_document: bool = False  # as an entry of a list of questions and answers is


def chunk_traits(chunk: Chunk, title: str, is_whole_document: bool = False) -> ChunkTraits:
    """Analyse a chunk once; `title` is the document's."""
    sentences = tuple(
        sentence_traits(chunk.text[sentence.begin - chunk.begin : sentence.end - chunk.begin])
        for sentence in chunk.sentences
    )
    words = frozenset(forms(" ".join((title, *chunk.heading_path))))
    return ChunkTraits(sentences, frozenset(map(stem, words)), Words(words), is_whole_document)


def sentence_traits(text: str) -> SentenceTraits:
    """Analyse one sentence."""
    plain = fold(text)
    lowered = plain.lower()
    runs = frozenset(_RUN.findall(lowered))
    has_digit = _DIGIT.search(plain) is not None
    words = frozenset(forms(plain))  # folding twice changes nothing
    return SentenceTraits(
        stems=frozenset(map(stem, words)),
        content=Words(words - STOPWORDS),
        words=len(text.split()),
        has_number=has_digit or not runs.isdisjoint(_NUMBER_WORDS) or any(map(_LONG_NUMBER.match, runs)),
        has_date=not runs.isdisjoint(_DATE_WORDS) or (has_digit and _DATE.search(lowered) is not None),
        names=frozenset(name.lower() for name in _NAME.findall(". " + plain)),
        is_question=_QUESTION_END.search(plain) is not None,
        starts_with_yes_no=_YES_NO.match(plain) is not None,
        is_meta=_META.match(plain) is not None,
        says_unknown=("niet" in lowered or "onbekend" in lowered) and _UNKNOWN.search(plain) is not None,
        introduces=plain.rstrip().endswith(":"),
        defined=_defined(plain),
    )


def _defined(text: str) -> frozenset[str]:
    """The term of "X is …", "X: …" or a row "Afkorting: X; Voluit: …"."""
    columns = [cell.split(":", 1) for cell in text.split("; ")]
    if len(columns) > 1 and all(len(column) == 2 for column in columns):
        text = f"{columns[0][1].strip()} {columns[1][1].strip()} is"
    match = _DEFINES.match(text)
    return frozenset(map(stem, set(forms(match.group("term"))) - STOPWORDS)) if match else frozenset()
