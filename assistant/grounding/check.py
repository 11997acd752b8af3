"""The grounding check: a claim with its markers and the passages that the model saw, to a verdict with quotes."""

from __future__ import annotations

import re
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from assistant.embeddings import Embedder, Vector
from assistant.glossary import Glossary
from assistant.grounding.clauses import wrong_polarity
from assistant.grounding.content import coverage
from assistant.grounding.direction import wrong_direction
from assistant.grounding.entailment import Entailment
from assistant.grounding.figures import wrong_date, wrong_name, wrong_number, wrong_period
from assistant.grounding.markers import has_forbidden_text, markers, without_markers
from assistant.grounding.roles import other_concept, wrong_roles, wrong_subject
from assistant.grounding.statements import Statement, Word, take_apart
from assistant.grounding.strength import wrong_strength
from assistant.grounding.units import Unit, units_of
from assistant.types import Passage


@dataclass(frozen=True)
class Evidence:
    """One numbered passage as the chat model saw it."""

    number: int  # the 2 in "[2]"
    passage: Passage


@dataclass(frozen=True)
class Verdict:
    """Whether a claim may be shown, why not, and the sentences that carry it."""

    supported: bool
    reason: str | None  # a code, e.g. "getal"; None if supported
    quotes: tuple[tuple[int, int, int], ...] = ()  # (evidence number, begin, end) in Source.text


# In this order: what a reader would be told first.
Rules = Sequence[tuple[str, Callable[[Statement, Unit], bool]]]
RULES: Rules = (
    ("getal", wrong_number),
    ("datum", wrong_date),
    ("datum", wrong_period),
    ("naam", wrong_name),
    ("ontkenning", wrong_polarity),
    ("sterkte", wrong_strength),
    ("inhoud", wrong_direction),
    ("inhoud", wrong_roles),
    ("inhoud", wrong_subject),
    ("inhoud", other_concept),
)
# Those that need no words in common.
TRANSLATED_RULES: Rules = tuple(RULES[:6])
LEAST_WORDS = 0.62  # share of the claim's words that its sentence must hold, without help of an embedding
# With an embedding fewer will do, if the meaning is near: share + weight x nearness.
LEAST_WORDS_WITH_MEANING = 0.35
MEANING_WEIGHT = 0.5
LEAST_SUPPORT = 0.77
LEAST_MEANING_TRANSLATED = 0.3
_NEARLY_NEAREST = 0.15
_MAX_EMBEDDED = 2
_MAX_CHARACTERS = 1_500  # a sentence, not a page
_MAX_CUTS = 8
_CONTRADICTIONS = ("ontkenning", "sterkte", "inhoud")
_NEARLY_BEST_PART = 0.97
_WHOLENESS = {"single": 1.0, "item": 0.99, "row": 1.0, "pair": 0.9, "list": 0.9}
_MIN_ENUMERATION = 2
_ENUMERATION = re.compile(r",|\b(?:en|of|and|or)\b")
_NEARLY_BEST = 0.95  # a piece with less of the best piece's content does not carry the claim
_MIN_PART_WORDS = 3
_MAX_PARTS = 3
_MAX_CANDIDATES = 4
_REMEMBERED_PASSAGES = 256
_REMEMBERED_SENTENCES = 4096
_LEAST_ENTAILMENT = 0.5
_WITHIN_NAME = re.compile(r"[A-Z]\w+ \|\w+ [A-Z]")
_JOINT = re.compile(r",(?!\d)|;|\b(?:en|maar|terwijl|waarna|and|but|while)\b", re.I)


_UNRELATED = (
    "De gemeente maakt afspraken met de woningcorporatie.",
    "In 2018 steeg het aantal meldingen bij het meldpunt.",
    "Ouders kunnen een klacht indienen over de school.",
    "De minister stuurt de Kamer voor de zomer een brief.",
    "Vrijwilligers brengen maaltijden rond in de wijk.",
    "Het ziekenhuis krijgt een nieuwe directeur.",
)


@dataclass(frozen=True)
class _Finding:
    """How one piece fares with a claim."""

    number: int
    unit: Unit
    share: float  # of the claim's words
    reason: str | None


class Grounding:
    """Checks claims against the passages they cite; safe to call from several threads."""

    def __init__(
        self,
        embedder: Embedder | None = None,
        entailment: Entailment | None = None,
        glossary: Glossary | None = None,
    ) -> None:
        self._embedder = embedder
        self._entailment = entailment
        self._glossary = glossary or Glossary.packaged()
        self._units: OrderedDict[tuple[str, int, int, str], tuple[Unit, ...]] = OrderedDict()
        self._vectors: OrderedDict[str, Vector] = OrderedDict()
        self._lock = threading.Lock()

    def check(self, claim: str, evidence: Sequence[Evidence]) -> Verdict:
        """The verdict on one sentence or list item with its markers, e.g. "Het wijkteam moet dat doen [1][3]."."""
        cited, known = markers(claim), {each.number: each.passage for each in evidence}
        if reason := _refused(claim, cited, known):
            return Verdict(False, reason)
        statement = take_apart(_bare(claim), self._glossary)
        units = [(number, unit) for number in dict.fromkeys(cited) for unit in self._units_of(known[number])]
        if not units or not statement.all_forms:
            return Verdict(False, "inhoud")
        found = self._carriers(statement, units)
        if isinstance(found, str):
            return Verdict(False, found)
        if self._entailment and not self._entailed(statement, found):
            return Verdict(False, "entailment")
        return Verdict(True, None, tuple(_quotes(statement, found, units)))

    def _carriers(self, claim: Statement, units: Sequence[tuple[int, Unit]]) -> list[_Finding] | str:
        """The pieces that carry the claim, whole or in parts; or the reason why none does."""
        if claim.language == "en" and all(unit.statement.language == "nl" for _, unit in units):
            found = self._best_translated(claim, units)
            return found.reason or [found]
        whole = self._best(claim, units, _NEARLY_BEST)
        if whole.reason is None:
            return [whole]
        for parts in _partitions(claim):
            findings: list[_Finding] = []
            for part in parts:
                finding = self._best(take_apart(part, self._glossary), units, _NEARLY_BEST_PART)
                if finding.reason or any(finding.unit is other.unit for other in findings):
                    break
                findings.append(finding)
            if len(findings) == len(parts):
                return findings
        return whole.reason

    def _best(self, claim: Statement, units: Sequence[tuple[int, Unit]], nearly: float) -> _Finding:
        """The piece that carries a claim; if none does, the one that says most of it, with the reason."""
        others = tuple(word for word in claim.words if not word.is_capital) or claim.words
        whole = [_share(claim.words, claim, unit) for _, unit in units]
        nameless = [_share(others, claim, unit) for _, unit in units]
        order = sorted(range(len(units)), key=lambda place: -whole[place] - nameless[place])
        chosen = [
            place for place in order if whole[place] >= nearly * max(whole) or nameless[place] >= nearly * max(nameless)
        ][:_MAX_CANDIDATES]
        findings = [_Finding(*units[place], whole[place], _broken_rule(claim, units[place][1])) for place in chosen]
        if findings[0].reason in _CONTRADICTIONS:
            # What is said nearly as fully elsewhere does not undo it.
            findings = [finding for finding in findings if finding.share >= findings[0].share]
        kept = [finding for finding in findings if finding.reason is None]
        for finding in kept:
            if finding.share >= LEAST_WORDS:
                return finding
        for finding in kept[:_MAX_EMBEDDED]:
            if self._means_the_same(claim, finding):
                return finding
        return replace(kept[0], reason="inhoud") if kept else findings[0]

    def _means_the_same(self, claim: Statement, finding: _Finding) -> bool:
        """Whether meaning makes up for the words that are not the piece's own."""
        if self._embedder is None or finding.share < LEAST_WORDS_WITH_MEANING:
            return False
        return finding.share + MEANING_WEIGHT * self._nearness(claim, finding.unit) >= LEAST_SUPPORT

    def _best_translated(self, claim: Statement, units: Sequence[tuple[int, Unit]]) -> _Finding:
        """The piece that carries an English claim on a Dutch passage: meaning, figures and names are all there is."""
        if self._embedder is None:
            return _Finding(*units[0], 0.0, "taal")
        single = [place for place in units if place[1].kind == "single"] or units
        ranked = sorted(
            ((self._nearness(claim, unit), number, unit) for number, unit in single), key=lambda each: -each[0]
        )
        findings = [
            _Finding(number, unit, near, _broken_rule(claim, unit, TRANSLATED_RULES))
            for near, number, unit in ranked[:_MAX_CANDIDATES]
            if near >= LEAST_MEANING_TRANSLATED and near >= ranked[0][0] - _NEARLY_NEAREST
        ]
        if not findings:
            return _Finding(ranked[0][1], ranked[0][2], ranked[0][0], "taal")
        return next((finding for finding in findings if finding.reason is None), findings[0])

    def _nearness(self, claim: Statement, unit: Unit) -> float:
        """How near the meaning of a piece is: 0 as sentences that have nothing to do with each other, 1 the same."""
        cosine = float(self._vector(claim.text) @ self._vector(unit.statement.text))
        return (cosine - self._floor) / (1 - self._floor)

    @cached_property
    def _floor(self) -> float:
        """The cosine of unrelated sentences; every model has its own."""
        vectors = np.array([self._vector(text) for text in _UNRELATED])
        return float(np.median((vectors @ vectors.T)[np.triu_indices(len(vectors), 1)]))

    def _vector(self, text: str) -> Vector:
        assert self._embedder is not None
        with self._lock:
            if text in self._vectors:
                self._vectors.move_to_end(text)
                return self._vectors[text]
        vector = self._embedder.embed_query(text)
        with self._lock:
            self._vectors[text] = vector
            if len(self._vectors) > _REMEMBERED_SENTENCES:
                self._vectors.popitem(last=False)
        return vector

    def _units_of(self, passage: Passage) -> tuple[Unit, ...]:
        key = (passage.document.id, passage.chunk.begin, passage.chunk.end, passage.chunk.text)
        with self._lock:
            if key in self._units:
                self._units.move_to_end(key)
                return self._units[key]
        units = units_of(passage, self._glossary)
        with self._lock:
            self._units[key] = units
            if len(self._units) > _REMEMBERED_PASSAGES:
                self._units.popitem(last=False)
        return units

    def _entailed(self, claim: Statement, findings: Sequence[_Finding]) -> bool:
        assert self._entailment is not None
        premise = " ".join(dict.fromkeys(f"{each.unit.context.text} {each.unit.statement.text}" for each in findings))
        return self._entailment.supports(premise, claim.text) >= _LEAST_ENTAILMENT


def _refused(claim: str, cited: Sequence[int], known: Mapping[int, Passage]) -> str | None:
    """What is wrong with a claim before its meaning is looked at."""
    if has_forbidden_text(claim):
        return "verboden_tekst"
    if not cited:
        return "geen_markering"
    if not set(cited) <= set(known):
        return "markering_onbekend"
    return "inhoud" if len(claim) > _MAX_CHARACTERS else None


def _bare(claim: str) -> str:
    """The claim without its markers, its bullet and its emphasis."""
    return re.sub(r"\*\*|__|^\s*(?:[-*•]|\d{1,2}[.)])\s+", "", without_markers(claim))


def _share(words: tuple[Word, ...], claim: Statement, unit: Unit) -> float:
    """How much of the words a piece holds; one of several sentences must hold clearly more than one of them alone."""
    enumerates = len(_ENUMERATION.findall(claim.text)) >= _MIN_ENUMERATION
    if unit.kind == "list" and not enumerates:
        return 0.0
    if unit.kind == "row" and not enumerates and len(claim.dates) + len(claim.quantities) < _MIN_ENUMERATION:
        return 0.0
    return coverage(words, claim, unit) * _WHOLENESS[unit.kind]


def _broken_rule(claim: Statement, unit: Unit, rules: Rules | None = None) -> str | None:
    """The first rule that the claim breaks, if this piece is what carries it."""
    return next((reason for reason, is_wrong in rules or RULES if is_wrong(claim, unit)), None)


def _partitions(claim: Statement) -> Iterator[list[str]]:
    """The claim in two and in three parts, cut where statements may have been joined."""
    text = claim.text
    cuts = [
        match.start()
        for match in _JOINT.finditer(text)
        if all(not begin < match.start() < end for begin, end, _ in claim.concept_spans)
        and not _WITHIN_NAME.search(text[: match.start()] + "|" + text[match.start() :])
    ]
    del cuts[_MAX_CUTS:]
    for cut in cuts:
        yield from _long_enough([text[:cut], text[cut:]])
    for number, cut in enumerate(cuts):
        for second in cuts[number + 1 :]:
            yield from _long_enough([text[:cut], text[cut:second], text[second:]])


def _long_enough(parts: list[str]) -> Iterator[list[str]]:
    if all(len(re.findall(r"\w{3,}", part)) > _MIN_PART_WORDS for part in parts):
        yield parts


def _quotes(
    claim: Statement, findings: Sequence[_Finding], units: Sequence[tuple[int, Unit]]
) -> Iterator[tuple[int, int, int]]:
    """The sentences that carry the claim; of a passage that was cited and not needed, the nearest sentence."""
    carrying = {(finding.number, *span) for finding in findings for span in finding.unit.spans}
    for number in dict.fromkeys(number for number, _ in units):
        own = sorted(quote for quote in carrying if quote[0] == number)
        if not own:
            nearest = max(
                (unit for other, unit in units if other == number), key=lambda unit: coverage(claim.words, claim, unit)
            )
            own = [(number, *span) for span in nearest.spans]
        yield from own
