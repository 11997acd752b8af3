"""Reads a folded text word by word and tells where the name of a person would begin and end."""

from __future__ import annotations

import re
from typing import NamedTuple

from assistant.privacy.name_lists import (
    AFTER_INNER,
    INNER_PARTICLES,
    PARTICLES,
    doubtful_first_names,
    first_names,
    places,
    surnames,
    words_with_capitals,
)

_WORD = re.compile(r"(?:[A-Za-z]\.){1,4}(?![A-Za-z]{2})|'?[^\W\d_]+(?:['-][^\W\d_]+)*", re.UNICODE)
_BETWEEN = re.compile(r"\s{1,2}|-")
_MOST_WORDS = 7
_POLICY_WORD = re.compile(
    r"(?:jeugd|wijk|zorg|veilig|gezin|beleid|kwaliteit|gemeente|regio|landelijk|crisis|meld|huis|hulp|maatschap|sociaal"
    r"|overheid|raads|ministeri|samen|onder|over|toezicht|rechts)[a-z-]*"
    r"|[a-z-]+(?:wet|team|teams|huis|zorg|hulp|beleid|plan|kader|straat|laan|plein|weg|instelling|bescherming|bureau"
    r"|akkoord|agenda|scenario|commissie|raad|schap|heid|ing|ingen|lijk|lijke|isch|ische|eren|atie|teit|werk|werker)"
)
_VOWEL = re.compile(r"[^b-df-hj-np-tv-xz]")  # "Zvw" and "Wgs" are laws
_INITIALS_OF_ORGANISATIONS = frozenset(
    {"pi", "gi", "bv", "nv", "vt", "om", "zvh", "lt", "rvdk", "bw", "ic", "po", "vo"}
)
_CAPITALISED = re.compile(r"(?:[A-Z][a-z]*')?[A-Z][^\W\dA-Z_]+(?:['-][^\W\d_]+)*")
TITLES = frozenset("mevrouw mevr mw mvr mvrw meneer mijnheer menheer dhr mister mrs miss ms".split())
# Endings that few other words have, for surnames in small letters behind "mw" or "dhr".
_LIKE_A_SURNAME = re.compile(
    r"[a-z]{2,15}(?:rsen|nsen|ssen|stra|inga|sma|tsma|ink|oglu|mans|ijer|eijer|dijk|berg|ski|icz)"
)
_YEAR = re.compile(r"\.?\s'?(?:19|20)?\d\d\b")
_ROMAN = re.compile(r"[IVX]{1,5}")


class Word(NamedTuple):  # a frozen dataclass takes three times as long to make, for every word of every question
    """A word of the text, or initials such as "J.W."."""

    text: str
    begin: int
    end: int
    plain: str  # small letters, without the 's of a possessor

    @property
    def is_initials(self) -> bool:
        return self.text.endswith(".")

    @property
    def is_capitalised(self) -> bool:
        """Written as a name is: a capital, then small letters (or a hyphen or apostrophe)."""
        return _CAPITALISED.fullmatch(self.text) is not None

    @property
    def is_first_name(self) -> bool:
        return self.plain in first_names() or (
            "-" in self.text and all(part in first_names() for part in self.plain.split("-"))
        )

    @property
    def is_doubtful_first_name(self) -> bool:
        return self.plain in doubtful_first_names()

    @property
    def is_like_a_name(self) -> bool:
        """Whether a writer who gives it a capital must mean a person."""
        known = self.is_first_name or self.plain in surnames()
        return self.is_capitalised and (known or not (self.plain in places() or _is_policy(self)))


class Words:
    """The words of a folded text, and the names that can be read in them."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._words = [
            Word(match[0], *match.span(), match[0].casefold().removesuffix("'s")) for match in _WORD.finditer(text)
        ]

    def __len__(self) -> int:
        return len(self._words)

    def __getitem__(self, place: int) -> Word:
        return self._words[place]

    def gap(self, place: int) -> str:
        """What stands between a word and the one before it."""
        return self.text[self._words[place - 1].end : self._words[place].begin] if place else ""

    def span(self, place: int, after: int) -> tuple[int, int]:
        """Where the words from `place` up to `after` stand."""
        return self[place].begin, self[after - 1].end

    def begins_sentence(self, place: int) -> bool:
        """Whether a word has its capital from its place."""
        begin = self[place].begin
        before = self.text[max(0, begin - 5) : begin].rstrip("\"' (")[-1:]
        return before in {"", ".", "?", "!", ":", "\n", "-"}

    def is_month(self, place: int) -> bool:
        """Whether this is January: "1 jan", "Jan 2015"."""
        word = self[place]
        day = self.text[max(0, word.begin - 2) : word.begin].strip()[-1:].isdigit()
        return word.plain == "jan" and (day or _YEAR.match(self.text, word.end) is not None)

    def is_titled(self, place: int) -> bool:
        """Whether "mevrouw" or the like stands right before a word."""
        return place > 0 and self[place - 1].plain.rstrip(".") in TITLES

    def name_at(self, place: int) -> int | None:
        """One past the last word of the name that begins at `place`, whoever it is; None when none does.

        "Ahmed el Amrani", "J.W. van den Berg", "de Vries", "Jansen-Smit"; in small letters only what the lists know,
        or what stands behind a title.
        """
        first = self[place]
        if first.is_initials or (first.plain in PARTICLES and not first.is_first_name):
            after = self._surname_from(place)
            return None if after is None or self._is_organisation(place) else after
        return self._rest(place + 1, place) if self._can_be_a_name(place) else None

    def _rest(self, after: int, begin: int) -> int:
        while after < min(len(self), begin + _MOST_WORDS) and self._is_joined(after):
            word = self[after]
            leads = word.plain in PARTICLES or word.is_initials or self._is_inner_particle(after)
            further = self._surname_from(after) if leads else None
            if further is not None:
                after = further
            elif word.plain not in PARTICLES and (word.is_like_a_name or self._is_known_surname(word)):
                after += 1
            else:
                break
        return after

    def _surname_from(self, place: int) -> int | None:
        """One past the surname that particles or initials at `place` lead to."""
        after = place + self._is_inner_particle(place)
        while after < min(len(self), place + 5) and (self[after].plain in PARTICLES or self[after].is_initials):
            after += 1
            if after == len(self) or not self._is_joined(after):
                return None
        if after >= len(self) or after == place:
            return None
        word = self[after]
        led_by_particle = self[after - 1].plain in PARTICLES
        # "Z. Kaplan" and "van Tilburg": what leads to it tells that even such a word is a surname.
        strange = word.plain in words_with_capitals() if self[after - 1].is_initials else _is_policy(word)
        capital = word.is_like_a_name or (word.is_capitalised and not strange)
        hasty = led_by_particle and self._is_hasty(place, after) and len(word.text) > 2 and not _is_policy(word)
        return self._rest(after + 1, place) if capital or hasty or self._is_known_surname(word) else None

    def _is_hasty(self, place: int, after: int) -> bool:
        """Whether this must be a name although nothing has a capital: "j. de boer", "mw van der meulen"."""
        one_initial = self[place].is_initials and len(self[place].text) == 2
        return one_initial or (after - place > 1 and self.is_titled(place))

    def _is_inner_particle(self, place: int) -> bool:
        following = self[place + 1].plain if place + 1 < len(self) else ""
        return self[place].plain in INNER_PARTICLES and following in AFTER_INNER

    def _is_known_surname(self, word: Word) -> bool:
        return word.plain in surnames()

    def _can_be_a_name(self, place: int) -> bool:
        word = self[place]
        if word.text[0].isupper():
            return word.is_like_a_name or word.is_first_name or self._is_known_surname(word)
        if word.is_first_name or self._is_known_surname(word):
            return True
        return self.is_titled(place) and _LIKE_A_SURNAME.fullmatch(word.plain) is not None

    def _is_joined(self, place: int) -> bool:
        gap = self.gap(place)
        return bool(_BETWEEN.fullmatch(gap)) or (gap == "" and self[place - 1].is_initials)

    def _is_organisation(self, place: int) -> bool:
        return self[place].is_initials and self[place].plain.replace(".", "") in _INITIALS_OF_ORGANISATIONS

    def is_numbered(self, after: int) -> bool:
        """Whether a roman number follows: "Willem II" is a king or a building."""
        return after < len(self) and self._is_joined(after) and bool(_ROMAN.fullmatch(self[after].text.split("-")[0]))


def _is_policy(word: Word) -> bool:
    if word.plain in words_with_capitals() or not _VOWEL.search(word.plain):
        return True
    return _POLICY_WORD.fullmatch(word.plain) is not None
