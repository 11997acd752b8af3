"""What a question asks for: its content words, the kind of answer it expects, and the text to embed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from assistant.errors import QuestionError
from assistant.glossary import Glossary, content_words
from assistant.language import content_tokens, detect_language, fold, grams, stem, tokenize
from assistant.types import Language, Turn

MAX_CHARACTERS = 4_000
_MAX_REMEMBERED = 600  # characters of the conversation that are searched along

Expected = Literal["number", "date", "person", "place", "reason", "list", "yes_no", "definition", "comparison"]

_AMOUNT = r"(?:lang|vaak|groot|oud|hoog|ver|laat|snel|breed|diep|zwaar|duur)"
_WORDINGS: dict[Expected, str] = {
    "number": rf"\b(?:hoeveel|hoeveelste|wat (?:kost\w*|verdien\w*|bedraagt|bedroeg)|hoe {_AMOUNT}|welke? (?:percentage|aantal|leeftijd|bedrag)"
    r"|how (?:many|much|long|often|old|fast|quickly))\b",
    "date": r"\b(?:wanneer|wnr|(?:in |op |vanaf |sinds )?welke? (?:jaar|datum|dag|maand|eeuw|periode|tijd)|when"
    r"|what (?:year|date))\b",
    "person": r"\b(?:wie|wiens|who|whose|whom|welke (?:persoon|minister|burgemeester|voorzitter))\b",
    "place": r"(?:^|[.?!] |\ben )waar\b(?! (?:om|uit|op|aan|mee)\b)|\bwhere\b",
    "reason": r"\b(?:waarom|hoe komt het|wat is de reden|why)\b",
    "list": r"\b(?:noem|som|opsomming|lijst|welke (?!(?:\w+ )?(?:moeten|kunnen|worden|hebben|zijn|mogen|zullen)\b)(?:\w+ ){0,2}?\w+(?:en|s|'s)\b(?<!moeten)(?<!kunnen)(?<!worden)(?<!hebben)|wat zijn|which (?:\w+ ){0,2}\w+s"
    r"|list|name the|what are)\b",
    "definition": r"^\W*(?:wat (?:is|was|betekent|houdt|wordt bedoeld|verstaat)|what (?:is|does)|betekenis|wat zijn)\b"
    r"|\bwaar staat \S+ voor\b|\bafkorting\b|\bvoluit\b|\bwat is (?:dat|het)\W*$|\bverstaat men\b|\bbetekent\b",
    "comparison": r"\b(?:verschil\w*|vergelijk\w*|overeenkomst\w*|allebei|beide|zowel|versus|vs|ten opzichte van"
    r"|tegenover|(?:twee|drie) (?:artikelen|documenten|bronnen|stukken)|differ\w*|compare\w*|both)\b",
    "yes_no": r"^\W*(?:is|zijn|mag|mogen|moet|moeten|kan|kunnen|heeft|hebben|wordt|worden|gaat|gaan|krijg\w*|geldt"
    r"|doet|valt|bestaat|klopt|are|can|must|may|does|do|has|have|should)\b",
}
_PATTERNS = {expected: re.compile(wording, re.IGNORECASE) for expected, wording in _WORDINGS.items()}
_COUNT = re.compile(
    r"\b(\d{1,2}|twee|drie|vier|vijf|zes|zeven|acht|negen|tien|elf|twaalf|dertien|veertien|vijftien|zestien|twintig|two|three|four|five|six|seven|eight|nine|ten)\s+(?:\w+\s+){0,2}?\w+"
)
_ANAPHORA = re.compile(
    r"\b(?:dat|die|deze|dit|ze|zij|hij|hem|hun|hen|er|er(?:op|in|aan|bij|van|voor|over|mee|uit|toe)|daar\w*|hier\w*"
    r"|het|zoiets|diens|eerste|tweede|derde|laatste|dezelfde|that|this|those|these|it|they|them|there|he|she)\b",
    re.IGNORECASE,
)
_CONTINUES = re.compile(r"^\W*(?:en|maar|of|dus|and|but|or|so)\b", re.IGNORECASE)
_SELF_CONTAINED_WORDS = 5
_NAME = re.compile(
    r"(?<![.!?:]\s)(?<!^)\b[A-Z][\w'’-]+(?:\s+(?:(?:van|de|der|den|el|ten|ter|voor|en)\s+)*[A-Z][\w'’-]+)*"
)
_QUOTED = re.compile(r"[\"“„‘'«]([^\"”’'»]{4,120})[\"”’'»]")

# "Volgens de leidraad", "according to the agenda": says where to look, not what is asked.
_SOURCE_PHRASE = re.compile(
    r"\b(?:volgens|vlgs|aldus|according to)\s+(?:(?:de|het|een|the|onze?)\s+)?(?:[^\s,.?!:;]+\s*){1,3}|[\"“„‘«'][^\"”’»']{4,120}[\"”’»']",
    re.IGNORECASE,
)
_ATTRIBUTION = re.compile(
    r"\b(?:volgens|vlgs|aldus|according to)\s+(?:[^\s,.?!:;]+\s*){1,6}(?=[,.?!:;]|$)", re.IGNORECASE
)
# "Voor een collegevoorstel wil ik weten …", "Ten behoeve van een notitie: …"
_INTRODUCTION = re.compile(
    r"^\W*(?:voor|ten behoeve van|tbv|in|ter voorbereiding (?:op|van)|for)\b[^.?!:,]{0,80}?"
    r"(?:(?:wil|wilde|zou|moet|zoek|heb)\s+(?:ik|wij|we)\b[^.?!:,]{0,40}?(?=\b(?:wie|wat|waar|wanneer|welke?|hoe|hoeveel|op|of|uit|in)\b)|[:,])",
    re.IGNORECASE,
)
# How advisers introduce a question; says nothing about its subject.
_FRAMING = frozenset(
    stem(word)
    for word in """collegevoorstel raadsvoorstel collegebrief raadsbrief notitie memo nota adviesnota beleidsnotitie stuk
    weten weet noemen noem noemt genoemd beschrijven beschrijf uitleggen leg samenvatten samenvatting weergeven graag
    kort precies eigenlijk artikel artikelen bron bronnen document documenten tekst stukken vraag antwoord geef geven
    zegt zeggen staat staan verstaat verstaan voluit betekent bedoeld vertel vertellen article document source""".split()
)
_ASKS = re.compile(
    r"\b(?:wie|wiens|wat|waar|wanneer|wnr|welke?|hoeveel|hoe|waarom|noem|who|whose|what|where|when|which|how|why|name)\b",
    re.IGNORECASE,
)
_VAGUE = frozenset(
    stem(word)
    for word in """soort soorten concrete nieuwe belangrijkste verschillende hoofd grootste eerste laatste persoon mensen
    zin plan manier vorm ding dingen lang vaak snel hoog groot oud kind type many much people thing""".split()
)
FRAMING_WEIGHT = 0.2
SOURCE_WEIGHT = 0.3
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
    alternatives: dict[str, frozenset[str]]  # stem → stems that mean the same thing
    names: tuple[str, ...]  # capitalised names inside the question
    numbers: tuple[str, ...]
    focus: frozenset[str]  # grams of the very thing asked: the "voorzitter" of "wie is de voorzitter van …"
    named: tuple[frozenset[tuple[str, ...]], ...]  # for each thing named: the forms, as folded words, it may have
    is_follow_up: bool


def understand(text: str, glossary: Glossary, history: Sequence[Turn] = ()) -> Question:
    """Take a question apart.

    Raises:
        QuestionError: the question is empty or longer than 4,000 characters.
    """
    asked = check_question(text)
    earlier = _earlier_question(history)
    follow_up = bool(earlier) and _leans_on_earlier(asked)
    full_text = f"{earlier} {asked}" if follow_up else asked
    stems: dict[str, float] = {}
    gram_weights: dict[str, float] = {}
    _count_words(glossary.written_out(asked), 1.0, stems, gram_weights)
    if follow_up:
        _count_words(glossary.written_out(earlier), REMEMBERED_WEIGHT, stems, gram_weights)
    written_out = glossary.written_out(full_text)
    alternatives = _alternatives(written_out, glossary)
    return Question(
        text=asked,
        search_text=written_out,
        core_text=_core(written_out),
        language=detect_language(asked),
        expected=expected_kinds(asked),
        count=_count(asked),
        stems=stems,
        grams=gram_weights,
        synonyms=_synonyms(written_out, glossary, stems),
        alternatives=alternatives,
        names=tuple(dict.fromkeys(match.group() for match in _NAME.finditer(fold(full_text)))),
        numbers=tuple(dict.fromkeys(re.findall(r"\d+(?:[.,]\d+)*", asked))),
        focus=_focus(asked),
        named=_named(asked, glossary),
        is_follow_up=follow_up,
    )


def check_question(text: str) -> str:
    """The question without white space around it and without control characters."""
    asked = "".join(" " if ord(character) < 32 else character for character in text).strip()
    if not asked:
        raise QuestionError('De vraag is leeg. Typ een vraag, bijvoorbeeld: "Wat doet Veilig Thuis?"')
    if len(asked) > MAX_CHARACTERS:
        raise QuestionError(
            f"De vraag is te lang: {len(asked)} tekens, het maximum is {MAX_CHARACTERS}. Maak de vraag korter of splits haar op."
        )
    return asked


def expected_kinds(text: str) -> frozenset[Expected]:
    """The kinds of answer that the words of the question ask for."""
    found = {expected for expected, pattern in _PATTERNS.items() if pattern.search(fold(text))}
    if "number" in found or "date" in found:
        found.discard("list")  # "welke datum", "welk percentage gemeenten" ask for one thing
    return frozenset(found)


def _count(text: str) -> int | None:
    match = _COUNT.search(text.lower())
    value = stem(match.group(1)) if match else ""
    return int(value) if value.isdigit() and int(value) > 1 else None


def _core(text: str) -> str:
    """The text without the phrases that only say where to look or why it is asked, if enough is left."""
    core = _ATTRIBUTION.sub(" ", text)
    introduced = _INTRODUCTION.match(core)
    if introduced:
        core = core[introduced.end() :]
    core = " ".join(core.split())
    return core if len(content_tokens(core)) >= 2 else text


def _focus(text: str) -> frozenset[str]:
    """The grams of the first content word after the question word, framing and numbers passed over."""
    match = _ASKS.search(fold(text))
    tokens = content_tokens(text[match.end() :] if match else text)
    for token in tokens:
        word = stem(token.form)
        if word not in _FRAMING and not word.isdigit() and word not in _VAGUE:
            return frozenset(grams(token.form))
    return frozenset()


def _earlier_question(history: Sequence[Turn]) -> str:
    """The last thing that the user asked, shortened."""
    asked = [turn.text for turn in history if turn.role == "user" and turn.text.strip()]
    return " ".join(asked[-1].split())[-_MAX_REMEMBERED:] if asked else ""


def _leans_on_earlier(text: str) -> bool:
    words = len(content_tokens(text))
    return (
        bool(_CONTINUES.search(text)) or words < 2 or (words < _SELF_CONTAINED_WORDS and bool(_ANAPHORA.search(text)))
    )


def _count_words(text: str, weight: float, stems: dict[str, float], gram_weights: dict[str, float]) -> None:
    sources = [match.span() for match in _SOURCE_PHRASE.finditer(fold(text))]
    for token in content_tokens(text):
        word = stem(token.form)
        share = weight
        if word in _FRAMING:
            share *= FRAMING_WEIGHT
        elif any(begin <= token.begin < end for begin, end in sources):
            share *= SOURCE_WEIGHT
        stems[word] = max(stems.get(word, 0.0), share)
        parts = grams(token.form)
        for part in parts:
            gram_weights[part] = max(gram_weights.get(part, 0.0), share / len(parts))


def _alternatives(text: str, glossary: Glossary) -> dict[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for match in glossary.matches(text):
        others = frozenset(stem(word) for form in match.others for word in content_words(form))
        for token in content_tokens(text[match.begin : match.end]):
            word = stem(token.form)
            found[word] = found.get(word, frozenset()) | others
    return found


def _named(text: str, glossary: Glossary) -> tuple[frozenset[tuple[str, ...]], ...]:
    """The laws, bodies and plans that the question names by a name or an abbreviation."""
    found = []
    for match in glossary.matches(text):
        own = tuple(token.form for token in tokenize(text[match.begin : match.end]))
        if match.is_abbreviation or len(own) > 1:
            found.append(frozenset({own, *match.others}))
    return tuple(found)


def _synonyms(text: str, glossary: Glossary, stems: dict[str, float]) -> dict[str, float]:
    found: dict[str, float] = {}
    for match in glossary.matches(text):
        for form in match.others:
            words = [stem(word) for word in content_words(form)]
            for word in words:
                if word not in stems:
                    found[word] = max(found.get(word, 0.0), SYNONYM_WEIGHT / len(words))
    return found
