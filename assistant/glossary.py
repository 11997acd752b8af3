"""The glossary of the field: abbreviations and synonyms for what the documents call by another name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files

import yaml

from assistant.language import is_stopword, tokenize

_SHORT = re.compile(r"[A-Z0-9][A-Za-z0-9&/]{1,5}")


@dataclass(frozen=True)
class Match:
    """A stretch of a question that the glossary knows."""

    begin: int
    end: int
    full_name: str
    others: tuple[tuple[str, ...], ...]  # the words of each other form of the same thing
    is_abbreviation: bool


class Glossary:
    """Groups of forms that mean the same; the first of a group is its full name."""

    def __init__(self, groups: list[list[str]]) -> None:
        self._groups = [[_words(form) for form in group] for group in groups]
        self._names = [group[0] for group in groups]
        self._short = [{_words(form) for form in group if _is_short(form)} for group in groups]
        self._by_form: dict[tuple[str, ...], int] = {}
        for number, group in enumerate(self._groups):
            for form in group:
                self._by_form.setdefault(form, number)
        self._longest: dict[str, int] = {}  # first word → number of words of the longest form that starts with it
        for form in filter(None, self._by_form):
            self._longest[form[0]] = max(len(form), self._longest.get(form[0], 0))

    @classmethod
    def packaged(cls) -> Glossary:
        """The glossary that comes with the product, `assistant/glossary.yml`."""
        return cls(yaml.safe_load(files("assistant").joinpath("glossary.yml").read_text(encoding="utf-8")))

    @property
    def groups(self) -> list[list[str]]:
        """The forms of each group, in lower case."""
        return [[" ".join(form) for form in group] for group in self._groups]

    def matches(self, text: str) -> Iterator[Match]:
        """The known stretches of `text`, longest first at each place, without overlap."""
        tokens = tokenize(text)
        place = 0
        while place < len(tokens):
            longest = self._longest.get(tokens[place].form, 0)
            for length in range(min(longest, len(tokens) - place), 0, -1):
                form = tuple(token.form for token in tokens[place : place + length])
                number = self._by_form.get(form)
                begin, end = tokens[place].begin, tokens[place + length - 1].end
                # "om" is a word, "OM" the Openbaar Ministerie.
                is_word = length == 1 and is_stopword(form[0]) and not text[begin:end].isupper()
                if number is not None and not is_word:
                    yield self._match(number, form, begin, end)
                    place += length - 1
                    break
            place += 1

    def written_out(self, text: str) -> str:
        """The text with every abbreviation replaced by its full name, for the embedding model."""
        parts = []
        place = 0
        for match in self.matches(text):
            if match.is_abbreviation:
                parts += [text[place : match.begin], match.full_name]
                place = match.end
        return "".join((*parts, text[place:]))

    def _match(self, number: int, form: tuple[str, ...], begin: int, end: int) -> Match:
        others = tuple(other for other in self._groups[number] if other != form)
        return Match(begin, end, self._names[number], others, form in self._short[number])


def _words(form: str) -> tuple[str, ...]:
    return tuple(token.form for token in tokenize(form))


def _is_short(form: str) -> bool:
    return _SHORT.fullmatch(form) is not None and sum(letter.isupper() or letter.isdigit() for letter in form) >= 2


def content_words(form: tuple[str, ...]) -> tuple[str, ...]:
    """The words of a form that say something."""
    return tuple(word for word in form if not is_stopword(word))
