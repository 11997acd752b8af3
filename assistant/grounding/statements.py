"""A sentence taken apart for the grounding check: its words, numbers, dates, names and clauses."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib.resources import files
from itertools import pairwise

import yaml

from assistant.glossary import Glossary
from assistant.grounding.quantities import Day, Quantity, find_dates, find_quantities
from assistant.language import STOPWORDS, detect_language, fold, grams, is_stopword, stem, tokenize
from assistant.types import Language

_CONJUNCTION = (
    r"\b(?:maar|want|omdat|zodat|terwijl|waarna|waardoor|hoewel|doordat|tenzij|mits|voordat|nadat"
    r"|but|because|while|although|whereas|unless|so that)\b"
)
_BREAK = re.compile(rf",(?!\d)(?:\s*(?={_CONJUNCTION}))?|[;:()–]|[.!?](?=\s)| - |{_CONJUNCTION}", re.I)
_HARD_BREAK = re.compile(rf"\W*(?:{_CONJUNCTION})|[.!?;]", re.I)
_MIN_CLAUSE_WORDS = 2
_YEAR = re.compile(r"(?:19|20)\d\d")
_PIECE = re.compile(r"[^\W_]+(?:'[^\W_]+)*(?:\([^\W_]+\))?")
_STARTS = re.compile(r"[.!?:\"“]\s*$|['\"]$")
_ABBREVIATION = re.compile(r"(?:[A-Z]{2,}|[A-Z][a-z]*[A-Z])\w*")
# Words that a sentence or a clause begins with, never names.
_OPENERS = frozenset(
    """
    volgens bron bronnen sinds vanaf tussen binnen buiten verder ook daarnaast daarna daarbij bovendien tevens echter
    wel niet alleen alle elke elk ieder iedere sommige enkele beide deze dit dat die welke wie wat zo according since
    both some all each no yes ja nee begin eind medio voorjaar najaar zomer winter in on the from
    """.split()
)
_ONLY_ENGLISH = frozenset(
    "the and with that for to not by has have from they this these must should on at will are were which a an".split()
)
_ONLY_DUTCH = frozenset("geen niet nog naar ook uit worden wordt tot deze moet moeten kan kunnen het een de".split())
# Words that carry no content of their own, next to the stop words of a question.
_LIGHT = frozenset(
    """
    volgens onder meer ander andere anderen daarnaast daarna daarbij daarvoor daarvan daarmee daarom daarin
    bovendien tevens echter verder wel namelijk zowel beide hierbij hiervoor hierdoor hieronder dus juist vooral steeds
    samen alleen
    zich zelf eigen komt komen kwam kwamen gaat gaan ging gingen staat staan laat laten maakt blijft blijven blijkt
    waren werd zijn ruim ongeveer circa zoals binnen zodat omdat terwijl hoewel deze bepaalde
    zien sinds gebied manier wijze geval vorm sprake aantal worden geworden dienen dient zal zou zullen heel
    nog steeds tegelijk vervolgens onderling
    alle elke elk ieder iedere
    also other another such more than both into about between through during which these those there being been
    """.split()
)


@dataclass(frozen=True)
class Word:
    """A word that says something, in the forms it is looked up by."""

    form: str
    root: str
    begin: int
    end: int
    is_capital: bool  # written with a capital, not as the first word


@dataclass(frozen=True)
class Clause:
    """A stretch between two breaks, and the roots of its words."""

    text: str
    begin: int
    end: int
    roots: frozenset[str]


@dataclass(frozen=True)
class Statement:
    """One sentence, taken apart once."""

    text: str
    plain: str  # folded, of the same length
    words: tuple[Word, ...]  # the content words
    all_forms: frozenset[str]
    dates: tuple[Day, ...]
    quantities: tuple[Quantity, ...]
    names: tuple[tuple[str, ...], ...]  # the folded words of each name
    concepts: frozenset[str]  # full names of what the glossary knows
    concept_spans: tuple[tuple[int, int, str], ...]

    @cached_property
    def roots(self) -> frozenset[str]:
        """The roots of its content words."""
        return frozenset(word.root for word in self.words)

    @cached_property
    def synonyms(self) -> frozenset[int]:
        """The groups of synonyms that its words are in."""
        return frozenset().union(*map(groups_of, self.all_forms))

    @cached_property
    def grams(self) -> frozenset[str]:
        """The runs of letters in its content words."""
        return frozenset(gram for word in self.words for gram in grams(word.form))

    @cached_property
    def clauses(self) -> tuple[Clause, ...]:
        """Its clauses; one of a single word belongs to the one before."""
        return _clauses(self)

    @cached_property
    def language(self) -> Language:
        """Which of our two languages it is written in."""
        # "Over", "is" and "of" are words of both languages.
        if self.all_forms & _ONLY_DUTCH or not self.all_forms & _ONLY_ENGLISH:
            return "nl"
        return detect_language(self.text)


def take_apart(text: str, glossary: Glossary) -> Statement:
    """Analyse one sentence."""
    plain = fold(text)
    every_date = find_dates(text)
    quantities = find_quantities(text, every_date)
    dates = [day for day in every_date if not _is_part_of_name(day, plain)]
    known = list(glossary.matches(text))
    spans = tuple((match.begin, match.end, match.full_name) for match in known)
    tokens = tokenize(text)
    counted = [(day.begin, day.end) for day in dates] + [(each.begin, each.end) for each in quantities]
    first = min((token.begin for token in tokens), default=0)
    words = tuple(
        Word(token.form, root(token.form), token.begin, token.end, token.begin > first and plain[token.begin].isupper())
        for token in tokens
        if _is_content(token.form) and not any(begin <= token.begin < end for begin, end in counted)
    )
    return Statement(
        text=text,
        plain=plain,
        words=words,
        all_forms=frozenset(token.form for token in tokens),
        dates=tuple(dates),
        quantities=tuple(quantities),
        names=tuple(_names(plain, dates, {match.begin for match in known if match.is_abbreviation})),
        concepts=frozenset(name for _, _, name in spans),
        concept_spans=spans,
    )


def subject(statement: Statement) -> Word:
    """The first word that says something, and not the adjective before it."""
    words = statement.words
    place = 0
    while place + 1 < len(words) and words[place].form.endswith("e") and words[place + 1].begin == words[place].end + 1:
        place += 1
    return words[place]


def root(form: str) -> str:
    """The stem without the ending of a verb, so that "vervangt" and "vervangen" meet."""
    found = stem(form)
    return found[:-1] if len(found) > 5 and found[-1] in "td" else found


def _is_content(form: str) -> bool:
    return not is_stopword(form) and form not in _LIGHT and not form.isdigit() and len(form) > 1


def _is_part_of_name(day: Day, plain: str) -> bool:
    """The 2025 of "Perspectief 2025", not that of "Sinds 2025"."""
    before = re.search(r"([A-Z][\w-]+) $", plain[: day.begin])
    return day.month is None and before is not None and _folded(before[1]) not in _OPENERS | STOPWORDS


def _names(plain: str, dates: Iterable[Day], short: Container[int]) -> list[tuple[str, ...]]:
    """The names in a text, each as its folded words; the first word is one only if its looks say so."""
    taken = [(day.begin, day.end) for day in dates]
    names: list[list[str]] = []
    end_of_name = -1
    pieces = list(_PIECE.finditer(plain))
    for number, piece in enumerate(pieces):
        gap = plain[pieces[number - 1].end() : piece.start()] if number else ""
        following = pieces[number + 1].group() if number + 1 < len(pieces) else ""
        starts = not number or _STARTS.search(gap) is not None
        joined = end_of_name == number - 1 and gap in (" ", "-")
        is_year = joined and _YEAR.fullmatch(piece.group()) is not None
        if any(begin <= piece.start() < end for begin, end in taken):
            continue
        if is_year or piece.start() in short or _is_name(piece.group(), starts, following):
            if joined:
                names[-1].append(piece.group())
            else:
                names.append([piece.group()])
            end_of_name = number
    return [tuple(_folded(word) for word in name) for name in names]


def _is_name(word: str, starts: bool, following: str) -> bool:
    if not word[:1].isupper() or _folded(word) in _OPENERS or (is_stopword(_folded(word)) and not word.isupper()):
        return False
    if _ABBREVIATION.fullmatch(word):
        return True
    return not starts or following[:1].isupper()


def _folded(word: str) -> str:
    tokens = tokenize(word)
    return tokens[0].form if tokens else word.lower()


def _clauses(statement: Statement) -> tuple[Clause, ...]:
    places = [0, *(match.start() for match in _BREAK.finditer(statement.plain)), len(statement.plain)]
    clauses: list[Clause] = []
    for start, end in pairwise(places):
        begin, roots = start, frozenset(word.root for word in statement.words if start <= word.begin < end)
        before = clauses[-1] if clauses else None
        short = before is not None and min(len(roots), len(before.roots)) < _MIN_CLAUSE_WORDS
        hard = before is not None and roots and before.roots and _HARD_BREAK.match(statement.plain, start)
        if before is not None and short and not hard:
            clauses.pop()
            begin, roots = before.begin, before.roots | roots
        clauses.append(Clause(statement.plain[begin:end], begin, end, roots))
    return tuple(clauses)


@lru_cache(maxsize=16384)
def groups_of(form: str) -> frozenset[int]:
    """The numbers of the synonym groups that a word is in."""
    return _synonyms().get(form, frozenset()) | _synonyms().get(root(form), frozenset())


@lru_cache(maxsize=1)
def _synonyms() -> dict[str, frozenset[int]]:
    lines = yaml.safe_load(files("assistant.grounding").joinpath("synonyms.yml").read_text(encoding="utf-8"))
    found: dict[str, set[int]] = {}
    for number, line in enumerate(lines):
        for token in tokenize(line):
            if not is_stopword(token.form):
                found.setdefault(token.form, set()).add(number)
                found.setdefault(root(token.form), set()).add(number)
    return {word: frozenset(numbers) for word, numbers in found.items()}
