"""Takes a question that asks several things apart: "Wat is SISA en wie doen mee?" is two questions."""

from __future__ import annotations

import re

from assistant.language import content_tokens, stem
from assistant.question_words import ASKS, FRAMING, VAGUE

MAX_PARTS = 3
_SENTENCE = re.compile(r"[^?!.]+(?:[.!](?=\S)[^?!.]*)*[?!.]*\s*")
_VERB = (
    r"(?:is|zijn|was|waren|wordt|worden|werd|werden|heeft|hebben|had|hadden|doet|doen|deed|moet|moeten|kan|kunnen|mag"
    r"|mogen|zegt|staat|staan|geldt|gelden|gaat|gaan|komt|komen|krijgt|krijgen|noemt|noemen|werkt|werken|begon|hoort"
    r"|lag|lagen|kwam|kwamen|gaf|gaven|bleek|bleken|stond|stonden|zag|zagen|ging|gingen|liep|liepen|nam|namen|vond|vonden"
    r"|kreeg|kregen|bestaat|bestaan|betekent|verandert|veranderen|betaalt|betalen|doen|helpt|helpen|vindt|vinden|zit|zitten"
    r"|are|were|does|do|did|has|have|can|must|may|should|will)"
)
_HAS_VERB = re.compile(rf"\b(?:{_VERB}|\w+(?:te|de|ten|den))\b", re.IGNORECASE)
# "Wat vervangt …", "wie leidt …": after these words a verb stands first.
_QUESTION_AND_VERB = re.compile(
    r"^\W*(?:(?:en|and|ook)\s+)*(?:wie|wat|waar|wanneer|waarom)\s+(?!en\b)[a-z]{2,}(?:t|en|de|te)\b", re.IGNORECASE
)
_OPENS = re.compile(rf"^\W*(?:(?:en|and)\s+)?(?:{_VERB}|noem|geef|leg|som)\b", re.IGNORECASE)
# "…, en wie betaalt dat?": a question word after "en" that opens a question of its own.
_AND = re.compile(
    r"[,;]?\s+(?:en|and)\s+(?:ook\s+)?(?=(?:wie|wat|waar|wanneer|welke?|hoe|hoeveel|waarom|who|what|where|when|which|how"
    r"|why)\b)",
    re.IGNORECASE,
)


def parts(text: str) -> list[str]:
    """The questions in `text` in their order, three at most; one that cannot be taken apart is given back whole."""
    found = [part for sentence in _SENTENCE.findall(text) for part in _joined_questions(sentence.strip())]
    asking = [part for part in found if _asks(part)]
    if not 1 < len(asking) <= MAX_PARTS:
        return [text]
    return asking if len(asking) == len(found) else _with_introduction(found)


def _joined_questions(sentence: str) -> list[str]:
    pieces = _AND.split(sentence)
    if len(pieces) > 1 and all(_stands(piece) for piece in pieces):
        return [piece if piece.endswith("?") else f"{piece}?" for piece in pieces]
    return [sentence]


def _stands(piece: str) -> bool:
    has_verb = bool(_HAS_VERB.search(piece)) or bool(_QUESTION_AND_VERB.search(piece))
    return has_verb and (bool(ASKS.search(piece)) or bool(_OPENS.search(piece))) and _names_something(piece)


def _asks(piece: str) -> bool:
    """Whether the sentence is a question that says what it is about; "Welke zijn dat?" only points at another."""
    opens = bool(_OPENS.search(piece))
    is_question = piece.rstrip().endswith("?") or opens or piece.rstrip()[-1:] not in (".", "!")
    return is_question and (opens or bool(ASKS.search(piece))) and _names_something(piece)


def _names_something(piece: str) -> bool:
    words = (stem(token.form) for token in content_tokens(piece))
    return any(word not in FRAMING and word not in VAGUE and not ASKS.fullmatch(word) for word in words)


def _with_introduction(found: list[str]) -> list[str]:
    """The parts; a sentence that asks nothing goes with the question that it introduces, or else follows."""
    joined: list[str] = []
    introduction = ""
    for part in found:
        if _asks(part):
            joined.append(f"{introduction} {part}".strip())
            introduction = ""
        elif joined:
            joined[-1] = f"{joined[-1]} {part}"
        else:
            introduction = f"{introduction} {part}".strip()
    return joined
