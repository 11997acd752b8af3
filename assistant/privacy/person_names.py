"""Names of people in a case. A name in a question about policy (an author, a minister, a committee) is none."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

from assistant.privacy.case_context import PERSON, CaseContext
from assistant.privacy.name_lists import PARTICLES, surnames
from assistant.privacy.names import TITLES, Word, Words
from assistant.privacy.public_roles import is_cited, is_public_role, is_speaking, is_story

Span = tuple[int, int]
# How the words before a name introduce it: as a person whom the work knows, as possibly one, or not at all.
_Introduction = Literal["certain", "formal", "in a case", "none"]

_FAMILIES = frozenset("gezin familie fam gezinnetje".split())
_CASES = frozenset("casus dossier zaak case".split())
_PERSON = re.compile(PERSON.replace(r"\.", ""), re.IGNORECASE)
# Someone, yet also a word of policy: only a known first name behind it is a person.
_WEAK_PERSONS = frozenset("kind man vrouw partner vriend vriendin jeugdige inwoner ouder burger stel mens".split())
_CALLED = frozenset("heet hete heette genaamd named called".split())
_CLOSE = re.compile(r"\s{1,2}|:\s?|\s?\(\s?|\s?[\"']\s?|,\s|\.\s?")
_PERSON_NEAR = re.compile(
    rf"\b(?:{PERSON}|hij|zij|ze|he|she|man|vrouw|kind|jeugdige|partner|vriend|vriendin|naam)\b", re.IGNORECASE
)
# What is said of people only, directly behind a name that no list knows.
_SUFFERS = re.compile(
    r",?\s(?:\(?\d{1,2}\)?,?\s)?(?:is|wordt|werd|zit|was)\s(?:(?:nu|pas|bijna|al|vaak|ernstig|weer|door\s\w+)\s){0,2}"
    r"(?:\d{1,2}\s?(?:jaar|jr|years)|uithuisgeplaatst|uit huis|mishandeld|geslagen|misbruikt|verslaafd|zwanger|dakloos"
    r"|opgenomen|vermist|gestalkt|bedreigd|abused|addicted|pregnant|depressief|suicidaal|psychotisch|vast\b)"
    r"|\s(?:slaat|mishandelt|drinkt|blowt|spijbelt|bedreigt|stalkt|woont|weigert|beats|abuses|lives)\b"
    r"|\s?[,(]\s?(?:\d{1,2}\s?(?:jr|jaar|[,)])|geb)",
    re.IGNORECASE,
)
_LOOK_BACK = 60


class PersonNames:
    """Finds names of people in a case; knows whose name is public."""

    def __init__(self, public: frozenset[str]) -> None:
        names = {_plain(name) for name in public}
        # "Halsema" and "van der Laan" as well as the whole name; a first name alone may be anybody's.
        self._public = {name[place:] for name in names for place in range(len(name))}

    def find(self, text: str, context: CaseContext, others: Sequence[Span] = ()) -> list[Span]:
        """The names in a folded text, sorted.

        Args:
            others: what a `NameFinder` takes for a name; counts when a case is near.
        """
        words = Words(text)
        found = [span for span in others if self._is_in_a_case(text, span, context)]
        place = 0
        while place < len(words):
            after = words.name_at(place)
            if after is not None and not words.is_numbered(after) and self._is_client(words, place, after, context):
                found.append(words.span(place, after))
                place = after
                while (further := _companion(words, place)) is not None:
                    found.append(words.span(place + 1, further))
                    place = further
            else:
                place += 1
        return sorted(found)

    def _is_client(self, words: Words, place: int, after: int, context: CaseContext) -> bool:
        span = words.span(place, after)
        introduction = _introduction(words, place, after)
        if introduction == "certain":
            public = self._is_public(words.text, span) or is_public_role(words.text, span[0])
            return not (public and words.is_titled(place))
        # "moeder van" is itself a word of a case, "de heer" is not.
        if introduction == "in a case" and context.is_near(*span, times=2):
            return not self._is_public(words.text, span)
        if introduction == "formal":
            return self._is_in_a_case(words.text, span, context)
        if _is_clearly_a_name(words, place, after):
            return self._is_in_a_case(words.text, span, context)
        strange = _is_whole_name(words, place, after) and _SUFFERS.match(words.text, span[1]) is not None
        return strange and not self._is_public(words.text, span)

    def _is_in_a_case(self, text: str, span: Span, context: CaseContext) -> bool:
        begin, end = span
        if not context.is_near(begin, end) or self._is_public(text, span):
            return False
        if is_public_role(text, begin) or is_cited(text, end) or is_story(text, begin):
            return False
        whole = len(text[begin:end].split()) > 1
        return not (whole and is_speaking(text, begin) and not _PERSON_NEAR.search(text, max(0, begin - 60), begin))

    def _is_public(self, text: str, span: Span) -> bool:
        return _plain(text[span[0] : span[1]]) in self._public


def _companion(words: Words, place: int) -> int | None:
    """One past the name that "en" joins to the name before: "Piet en Marie"."""
    if place + 1 >= len(words) or words[place].plain not in {"en", "and"} or not words[place + 1].is_like_a_name:
        return None
    return words.name_at(place + 1)


def _plain(name: str) -> tuple[str, ...]:
    words = Words(name)
    return tuple(words[place].plain for place in range(len(words)) if not words[place].is_initials)


def _introduction(words: Words, place: int, after: int) -> _Introduction:
    """What "mevrouw", "gezin", "moeder" or "heet" before a name makes of it."""
    if _is_english_family(words, place, after):
        return "certain"
    if place == 0 or not _CLOSE.fullmatch(words.gap(place)):
        return "none"
    before = words[place - 1].plain.rstrip(".")
    if before in TITLES:
        return "certain"
    if before == "mr":  # a lawyer, or English
        return "formal"
    return "none" if "." in words.gap(place) and before != "fam" else _behind_word(words, place, after, before)


def _behind_word(words: Words, place: int, after: int, before: str) -> _Introduction:
    if before == "heer":
        return "formal"
    if before in _FAMILIES:
        return "certain"
    if before in _CASES:
        # "casus Jansen" is a family at the table, "casus Savanna" a case that everybody knows.
        return "certain" if words[after - 1].plain in surnames() else "none"
    if before in _CALLED or (before == "is" and place > 1 and words[place - 2].plain == "naam"):
        return _when_called(words, place)
    return _behind_person(words, place, after)


def _when_called(words: Words, place: int) -> _Introduction:
    begin = words[place - 1].begin
    someone = _PERSON_NEAR.search(words.text, max(0, begin - _LOOK_BACK), begin)
    return "certain" if someone and words[place].is_like_a_name else "none"


def _behind_person(words: Words, place: int, after: int) -> _Introduction:
    first, before, gap = words[place], words[place - 1].plain.rstrip("."), words.gap(place)
    known = first.is_first_name or _is_whole_name(words, place, after)
    if before in _WEAK_PERSONS:
        return "certain" if first.is_first_name else "none"
    if is_story(words.text, words[place - 1].begin):
        return "none"
    if _PERSON.fullmatch(before):
        if first.plain == "van":  # "cliënt van Dijk", and "dochter van Dijk"
            return "in a case"
        return "certain" if known or "," not in gap else "none"
    if before == "van" and place > 1 and _PERSON.fullmatch(words[place - 2].plain):
        return "certain" if first.is_first_name else "in a case"
    return "none"


def _is_english_family(words: Words, place: int, after: int) -> bool:
    if place == 0 or after >= len(words) or words.gap(after) != " ":
        return False
    return words[place - 1].plain == "the" and words[after].plain in {"family", "family's"}


def _is_clearly_a_name(words: Words, place: int, after: int) -> bool:
    """Whether the words themselves say that they name a person."""
    first = words[place]
    if first.is_initials:
        return first.text[0].isupper()
    if first.is_first_name:
        return not words.is_month(place)
    sure = after - place > 1 or not words.begins_sentence(place)
    return first.is_doubtful_first_name and first.is_capitalised and sure


def _is_whole_name(words: Words, place: int, after: int) -> bool:
    name = [words[each] for each in range(place, after)]
    return len(name) > 1 and name[0].plain not in PARTICLES and all(map(_belongs_to_a_name, name))


def _belongs_to_a_name(word: Word) -> bool:
    return word.plain in PARTICLES or word.is_like_a_name
