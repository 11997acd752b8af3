"""What a question asks for: its content words, the kind of answer it expects, and the text to embed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from assistant.conversation import stand_alone
from assistant.errors import QuestionError
from assistant.glossary import Glossary, Match, content_words
from assistant.language import content_tokens, detect_language, fold, grams, stem, tokenize
from assistant.question_words import (
    ASKS,
    ATTRIBUTION,
    COUNT,
    EXPECTS,
    FRAMING,
    INTRODUCTION,
    NAME,
    SOURCE_PHRASE,
    VAGUE,
    Expected,
)
from assistant.types import Language, Turn

MAX_CHARACTERS = 4_000
# Control characters, and halves of characters (a broken paste, an argument that is not UTF-8) that no encoder takes.
_UNREADABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")

FRAMING_WEIGHT = 0.2
SOURCE_WEIGHT = 0.3
VAGUE_WEIGHT = 0.4
REMEMBERED_WEIGHT = 0.5  # what an earlier question asked counts half
SYNONYM_WEIGHT = 0.5


@dataclass(frozen=True)
class Question:
    """A question, taken apart once for every stage."""

    text: str  # as asked
    search_text: str  # with abbreviations written out and, for a follow-up, the earlier question in front
    core_text: str  # the same without "volgens …" and without the adviser's introduction: what is really asked
    language: Language
    expected: frozenset[Expected]
    count: int | None  # the five of "welke vijf adviezen"
    stems: dict[str, float]  # stem → weight, of the content words
    grams: dict[str, float]  # gram → weight; the grams of a word share its weight
    synonyms: dict[str, float]  # stem → weight, of the other names that the glossary knows
    alternatives: dict[str, frozenset[frozenset[str]]]  # stem → other names of the same thing, as the stems of each
    names: tuple[str, ...]  # capitalised names inside the question
    numbers: tuple[str, ...]
    focus: frozenset[str]  # grams of the very thing asked: the "voorzitter" of "wie is de voorzitter van …"
    named: tuple[frozenset[tuple[str, ...]], ...]  # for each thing named: the forms, as folded words, it may have
    is_follow_up: bool
    understood_as: str | None = None  # a follow-up as a question that stands on its own


def understand(text: str, glossary: Glossary, history: Sequence[Turn] = ()) -> Question:
    """Take a question apart.

    Raises:
        QuestionError: the question is empty or longer than 4,000 characters.
    """
    resolved = stand_alone(check_question(text), history, glossary)
    asked, earlier, follow_up = resolved.asked, resolved.topic, bool(resolved.topic)
    full_text = f"{earlier} {asked}" if follow_up else asked
    stems: dict[str, float] = {}
    gram_weights: dict[str, float] = {}
    written_out = glossary.written_out(asked)
    _count_words(written_out, 1.0, stems, gram_weights)
    if follow_up:
        _count_words(glossary.written_out(earlier), REMEMBERED_WEIGHT, stems, gram_weights)
        written_out = glossary.written_out(full_text)
    known = list(glossary.matches(written_out))
    return Question(
        text=check_question(text),
        understood_as=resolved.shown,
        search_text=written_out,
        core_text=_core(written_out),
        language=detect_language(asked),
        expected=expected_kinds(asked),
        count=_count(asked),
        stems=stems,
        grams=gram_weights,
        synonyms=_synonyms(known, stems),
        alternatives=_alternatives(written_out, known),
        names=tuple(dict.fromkeys(match.group() for match in NAME.finditer(fold(full_text)))),
        numbers=tuple(dict.fromkeys(re.findall(r"\d+(?:[.,]\d+)*", asked))),
        focus=_focus(asked),
        named=_named(asked, glossary),
        is_follow_up=follow_up,
    )


def check_question(text: str) -> str:
    """The question without white space around it and without control characters."""
    asked = _UNREADABLE.sub(" ", text).strip()
    if not any(character.isprintable() and not character.isspace() for character in asked):
        raise QuestionError('De vraag is leeg. Typ een vraag, bijvoorbeeld: "Wat doet Veilig Thuis?"')
    if len(asked) > MAX_CHARACTERS:
        raise QuestionError(
            f"De vraag is te lang: {len(asked)} tekens, het maximum is {MAX_CHARACTERS}. "
            "Maak de vraag korter of splits haar op."
        )
    return asked


def expected_kinds(text: str) -> frozenset[Expected]:
    """The kinds of answer that the words of the question ask for."""
    found = {expected for expected, pattern in EXPECTS.items() if pattern.search(fold(text))}
    if "number" in found or "date" in found:
        found.discard("list")  # "welke datum", "welk percentage gemeenten" ask for one thing
    return frozenset(found)


def _count(text: str) -> int | None:
    match = COUNT.search(text.lower())
    value = stem(match.group(1)) if match else ""
    return int(value) if value.isdigit() and int(value) > 1 else None


def _core(text: str) -> str:
    """The text without the phrases that only say where to look or why it is asked, if enough is left."""
    core = ATTRIBUTION.sub(" ", text)
    introduced = INTRODUCTION.match(core)
    if introduced:
        core = core[introduced.end() :]
    core = " ".join(core.split())
    return core if len(content_tokens(core)) >= 2 else text


def _focus(text: str) -> frozenset[str]:
    """The grams of the first content word after the question word, framing and numbers passed over."""
    match = ASKS.search(fold(text))
    tokens = content_tokens(text[match.end() :] if match else text)
    for token in tokens:
        word = stem(token.form)
        if word not in FRAMING and not word.isdigit() and word not in VAGUE:
            return frozenset(grams(token.form))
    return frozenset()


def _count_words(text: str, weight: float, stems: dict[str, float], gram_weights: dict[str, float]) -> None:
    sources = [match.span() for match in SOURCE_PHRASE.finditer(fold(text))]
    introduction = INTRODUCTION.match(text)
    asked_from = introduction.end() if introduction else 0
    for token in content_tokens(text):
        word = stem(token.form)
        share = weight
        if word in FRAMING or token.begin < asked_from:
            share *= FRAMING_WEIGHT
        elif word in VAGUE:
            share *= VAGUE_WEIGHT
        elif any(begin <= token.begin < end for begin, end in sources):
            share *= SOURCE_WEIGHT
        stems[word] = max(stems.get(word, 0.0), share)
        parts = grams(token.form)
        for part in parts:
            gram_weights[part] = max(gram_weights.get(part, 0.0), share / len(parts))


def _alternatives(text: str, known: Sequence[Match]) -> dict[str, frozenset[frozenset[str]]]:
    found: dict[str, frozenset[frozenset[str]]] = {}
    for match in known:
        others = frozenset(frozenset(stem(word) for word in content_words(form)) for form in match.others)
        for token in content_tokens(text[match.begin : match.end]):
            word = stem(token.form)
            found[word] = found.get(word, frozenset()) | others
    return found


def _named(text: str, glossary: Glossary) -> tuple[frozenset[tuple[str, ...]], ...]:
    """The laws, bodies and plans that the question names by a name or an abbreviation."""
    found = []
    for match in glossary.matches(text):
        own = tuple(token.form for token in tokenize(text[match.begin : match.end]))
        is_name = any(letter.isupper() for letter in text[match.begin : match.end])
        if is_name or len(own) > 1:
            found.append(frozenset({own, *match.others}))
    return tuple(found)


def _synonyms(known: Sequence[Match], stems: dict[str, float]) -> dict[str, float]:
    found: dict[str, float] = {}
    for match in known:
        for form in match.others:
            words = [stem(word) for word in content_words(form)]
            for word in words:
                if word not in stems:
                    found[word] = max(found.get(word, 0.0), SYNONYM_WEIGHT / len(words))
    return found
