"""Follow-ups: from a question in a conversation to one that can be searched and answered on its own.

In: the question and the turns before it. Out: what it leans on, and the stand-alone question that readers are shown.
By rules of our own; a chat model may do it instead (writer.py).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from assistant.glossary import Glossary
from assistant.language import content_tokens, detect_language, fold, stem
from assistant.question_words import FRAMING, VAGUE
from assistant.refusals import REFUSAL
from assistant.types import Language, Turn

MAX_TURNS = 12  # what was said longer ago is not what is meant now
_MAX_TOPIC = 600  # characters of the conversation that are searched along
_UNREADABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_ABOUT: dict[Language, str] = {"nl": "{asked} (over: {topic})", "en": "{asked} (about: {topic})"}

_CONTINUES = re.compile(r"^\W*(?:en|maar|of|dus|ook|and|but|or|so|also)\b(?!\s+(?:of|zo)\b)", re.IGNORECASE)
# Words that nearly always point back.
_POINTS_BACK = re.compile(
    r"\b(?:dat|dit|die|deze|ze|hij|hem|hun|hen|zoiets|diens|dezelfde|hetzelfde|daarnaast|verder|nog meer|zij"
    r"|er(?:op|in|aan|bij|van|voor|over|mee|uit|toe|na|door|onder)|daar(?:op|in|aan|bij|van|voor|over|mee|uit|toe|na|door"
    r"|onder)?|hier(?:op|in|aan|bij|van|voor|over|mee|uit|toe|na|door|onder)|that|this|those|these|they|them|he|she|its)\b",
    re.IGNORECASE,
)
# "het verschil met X" names one side only.
_ONE_SIDED = re.compile(
    r"\b(?:verschil(?:len)?\s+met|difference\s+with|anders\s+dan|different\s+from)\b", re.IGNORECASE
)
# "het" and "er" at the end, before a verb form or alone: pointing, not an article.
_WEAK = re.compile(
    r"\b(?:het|er|it|there)\b(?!\s+\w)|\b(?:is|was|doet|kost|geldt|begon|werkt|does|did)\s+(?:het|er|it)\b"
    r"(?=\s+(?:in|op|om|voor|na|nog|ook|al|dan|precies|eigenlijk|mee|nu|for|now)\b)"
)
# "Waarom is dat zorgelijk?" is about what was answered, not about what was asked.
_ABOUT_THE_ANSWER = re.compile(
    r"\b(?:waarom|why|hoezo|hoe komt|wat betekent)\b\W+(?:\w+\W+)?\b(?:dat|dit|that|this)\b", re.IGNORECASE
)
_ORDINALS = {
    "eerste": 0, "tweede": 1, "derde": 2, "vierde": 3, "vijfde": 4, "zesde": 5, "zevende": 6, "achtste": 7,
    "laatste": -1, "first": 0, "second": 1, "third": 2, "fourth": 3, "fifth": 4, "last": -1,
}  # fmt: skip
_ORDINAL = re.compile(
    rf"\b(?:de|het|dat|die|the)\s+({'|'.join(_ORDINALS)})\b|\b(?:punt|nummer|nr\.?|item|point|number)\s+(\d{{1,2}})\b",
    re.IGNORECASE,
)
_LISTED = re.compile(r"^\s*(?:[-•*–]|\d{1,2}[.)])\s+(\S.*)$", re.MULTILINE)
_MARKER = re.compile(r"\s*\[\d+\]")
# "en de GI's dan?", "en in 2015?", "hoe zit het met het RVT?", "what about the GI?": another thing, the same question.
_INSTEAD = re.compile(
    r"^\W*(?:en|and|hoe zit (?:het|dat) (?:dan )?met|hoe is dat (?:bij|met|voor)|what about|how about)\s+"
    r"(?P<thing>[^?]{2,80}?)(?:\s+dan)?\s*\?*\W*$",
    re.IGNORECASE,
)
_QUESTION_WORD = re.compile(
    r"\b(?:wie|wiens|wat|waar\w*|wanneer|wnr|welke?|hoeveel|hoe|waarom|who|whose|what|where|when|which|how|why)\b",
    re.IGNORECASE,
)
_VERB = re.compile(
    r"\b(?:is|zijn|was|waren|heeft|hebben|had|doet|doen|deed|moet\w*|kan|kunnen|mag|mogen|wordt|worden|werd\w*|geldt"
    r"|gaat|komt|krijg\w*|are|were|has|have|does|do|did|can|must|may|should|will)\b",
    re.IGNORECASE,
)
_ARTICLE = r"(?:(?:de|het|een|the|a|an)\s+)?"
_TIME = re.compile(
    r"\b(?:in|sinds|vanaf|voor|na|op|tot|since|from|before|after)\s+(?:\d{1,2}\s+)?(?:[a-z]+\s+)?\d{4}\b"
)
_ASKED_THING = re.compile(
    r"^\W*(?:wat|wie|what|who)\s+(?:is|zijn|was|waren|betekent|are|were)\s+(?P<thing>[^?]+?)"
    r"(?:\s+(?:precies|eigenlijk))*\s*\?*\W*$",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class StandAlone:
    """A question as it is understood in its conversation."""

    asked: str  # what is asked now; for "en in 2015?" the earlier question about 2015
    topic: str = ""  # the earlier words that it leans on; empty when it stands on its own
    shown: str | None = None  # the stand-alone question in words; None when it is the question itself


def stand_alone(asked: str, history: Sequence[Turn], glossary: Glossary) -> StandAlone:
    """What `asked` means after `history` (oldest first); refused questions in it do not count."""
    exchanges = _exchanges(history[-MAX_TURNS:])
    return _resolved(asked, exchanges, glossary)


def _resolved(asked: str, exchanges: Sequence[tuple[str, str]], glossary: Glossary) -> StandAlone:
    if not exchanges or not leans(asked, glossary):
        return StandAlone(asked)
    earlier, answer = exchanges[-1]
    before = _resolved(earlier, exchanges[:-1], glossary)
    earlier = before.asked if not before.topic else f"{before.topic}: {before.asked}"
    item = _item(asked, answer)
    if item:
        return _about(asked, item)
    instead = _instead(asked, before.asked, glossary)
    if instead is None:
        return _about(
            asked,
            f"{_subject(earlier)}: {_statement(answer)}" if _ABOUT_THE_ANSWER.search(asked) else _subject(earlier),
        )
    return StandAlone(instead, before.topic, instead if not before.topic else _about(instead, before.topic).shown)


def _about(asked: str, topic: str) -> StandAlone:
    topic = topic[-_MAX_TOPIC:].strip()
    if not topic:
        return StandAlone(asked)
    return StandAlone(asked, topic, _ABOUT[detect_language(asked)].format(asked=asked, topic=topic.rstrip("?. ")))


def _exchanges(history: Sequence[Turn]) -> list[tuple[str, str]]:
    """Questions with their answers, oldest first, without the ones that were refused."""
    found: list[tuple[str, str]] = []
    for turn in history:
        text = " ".join(_UNREADABLE.sub(" ", turn.text).split()) if turn.role == "user" else turn.text
        if turn.role == "user" and text:
            found.append((text, ""))
        elif found:
            if turn.text.startswith(tuple(REFUSAL.values())) and not found[-1][1]:
                found.pop()
            else:
                found[-1] = (found[-1][0], _MARKER.sub("", turn.text).strip())
    return found


def leans(asked: str, glossary: Glossary) -> bool:
    """Whether the question needs what was said before to be understood."""
    text = fold(asked)
    subjects = [token for token in content_tokens(asked) if _is_subject(stem(token.form))]
    if _CONTINUES.search(text) or _ONE_SIDED.search(text) or not subjects:
        return True
    if _INSTEAD.search(text) and not _VERB.search(_thing(asked) or "is"):
        return True
    if len(subjects) > 4:
        return False
    names = any(True for _ in glossary.matches(asked))
    if _ORDINAL.search(text) or _WEAK.search(text):
        return not names
    return any(not _is_relative(text, found) for found in _POINTS_BACK.finditer(text))


def _is_subject(word: str) -> bool:
    return word not in FRAMING and word not in VAGUE and word not in _ORDINALS


def _is_relative(text: str, found: re.Match[str]) -> bool:
    """Whether the word joins two parts of one sentence: "kinderen die thuis wonen", "zegt de leidraad dat …"."""
    if found[0] not in ("dat", "die", "that"):
        return False
    before, after = text[: found.start()].rstrip(), text[found.end() :].split()
    last = before.split()[-1] if before else ""
    if not last or before.endswith((",", ":")) or len(after) < 2:
        return before.endswith(",")
    # "is dat", "wanneer begon dat team": a verb or question word before it makes it point.
    return not (_VERB.fullmatch(last) or _QUESTION_WORD.fullmatch(last)) and len(after) > 2


def _item(asked: str, answer: str) -> str:
    """The item of the last answer's list that "het tweede punt" means."""
    found = _ORDINAL.search(fold(asked))
    items = _LISTED.findall(answer)
    if not found or not items:
        return ""
    if found[2] == "0":  # would count from the end
        return ""
    place = _ORDINALS[found[1].lower()] if found[1] else int(found[2]) - 1
    return str(items[place]) if place < len(items) else ""


def _statement(answer: str) -> str:
    """The first sentence of an answer."""
    return answer.splitlines()[0] if answer else ""


def _thing(asked: str) -> str | None:
    found = _INSTEAD.search(asked)
    return found["thing"].strip() if found else None


def _instead(asked: str, earlier: str, glossary: Glossary) -> str | None:
    """The earlier question with the newly named thing in the place of its like; None when that place is not clear."""
    thing = _thing(asked)
    if thing is None or _QUESTION_WORD.search(thing) or _VERB.search(thing):
        return None
    if _TIME.fullmatch(thing.lower()):
        return _put(earlier, [found.span() for found in _TIME.finditer(earlier.lower())], thing)
    known = list(glossary.matches(earlier))
    if not known or not any(True for _ in glossary.matches(thing)):
        return None
    places = []
    for match in known:
        article = re.search(rf"\b{_ARTICLE}$", earlier[: match.begin], re.IGNORECASE)
        places.append((article.start() if article else match.begin, match.end))
    return _put(earlier, places, thing)


def _put(earlier: str, places: Sequence[tuple[int, int]], thing: str) -> str | None:
    if len(places) != 1:
        return None
    begin, end = places[0]
    return f"{earlier[:begin]}{thing}{earlier[end:]}"


def _subject(earlier: str) -> str:
    """The thing that the earlier question was about, or the whole question where that is more than one thing."""
    found = _ASKED_THING.search(earlier)
    return found["thing"] if found else earlier
