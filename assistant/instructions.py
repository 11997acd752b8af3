"""Text in a document that speaks to a language model instead of to a reader: "negeer alle vorige instructies".

A passage with such text is not given to the chat model and not quoted in an answer; searching still finds it.
"""

from __future__ import annotations

import re

from assistant.types import Passage

_EARLIER = r"(?:vorige|eerdere|voorgaande|bovenstaande|andere|previous|prior|earlier|above|all)"
_ORDERS = r"(?:instructies?|opdracht(?:en)?|aanwijzing(?:en)?|regels|prompts?|instructions?|rules|directions)"
_PATTERNS = (
    rf"\b(?:negeer|vergeet|ignore|disregard|forget)\b(?:\W+\w+){{0,3}}?\W+{_EARLIER}\W+(?:\w+\W+)?{_ORDERS}",
    rf"\b(?:negeer|vergeet|ignore|disregard|forget)\W+(?:alle|je|uw|your|all|de|the|deze|these)\W+(?:\w+\W+)?{_ORDERS}",
    r"\b(?:je|jij|u)\W+bent\W+(?:nu\W+)?(?:een\W+|geen\W+)?(?:ai|taalmodel|chatbot|assistent|hacker|dan)\b",
    r"\b(?:you\W+are|act\W+as|pretend\W+to\W+be)\W+(?:now\W+)?(?:a\W+|an\W+)?"
    r"(?:ai|language\W+model|chatbot|assistant|hacker|dan)\b",
    r"\b(?:toon|geef|plak|herhaal|onthul|show|reveal|repeat|print)\b(?:\W+\w+){0,4}?\W+(?:systeem|system)\W?prompt",
    r"\b(?:antwoord|reageer|respond|answer|reply)\W+(?:voortaan\W+|nu\W+|now\W+)?"
    r"(?:alleen|uitsluitend|altijd|enkel|only|always)\W+(?:met|with)\b",
    r"(?:^|[.!?:›]\s)\W*(?:system|assistant|systeem\W?prompt|system\W?prompt)\s*:\s*\S",
    r"\b(?:als|as\W+an?)\W+(?:ai|taalmodel|language\W+model)\W+(?:moet|mag|dien|must|should|you)\b",
    r"<\|?(?:im_start|im_end|system|assistant|endoftext)\|?>|\[/?INST\]|<</?SYS>>",
    r"\b(?:nieuwe|new)\W+(?:instructie|opdracht|instruction)s?(?:en)?\W+(?:voor|for|aan|to)\W+(?:de|het|the)?\W*"
    r"(?:ai|model|taalmodel|assistent|chatbot|assistant|language)\b",
)
_SPEAKS_TO_A_MODEL = re.compile("|".join(_PATTERNS), re.IGNORECASE | re.MULTILINE)
# One of these stands, in small letters, in everything that the patterns find: most passages need no closer look.
_OF_ORDERS = tuple(
    """
    negeer vergeet ignore disregard forget bent you pretend prompt antwoord reageer respond answer reply system
    assistant taalmodel language im_start im_end endoftext inst] sys>> instructi opdracht
    """.split()
)
_AS = re.compile(r"act\W+as|ai\W+(?:moet|mag|dien|must|should|you)")
_STRANGE = re.compile(r"[\u0130\u0131\u017f\u212a]")  # letters that count as i, s and k where capitals are ignored
_INVISIBLE = re.compile(r"[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]|[\U000e0000-\U000e007f]")


def speaks_to_a_model(text: str) -> bool:
    """Whether a text holds an instruction to a language model."""
    visible = _INVISIBLE.sub("", text)
    return _may_give_orders(visible) and _SPEAKS_TO_A_MODEL.search(visible) is not None


def _may_give_orders(text: str) -> bool:
    small = text.lower()
    return any(word in small for word in _OF_ORDERS) or bool(_AS.search(small) or _STRANGE.search(text))


def gives_orders(passage: Passage) -> bool:
    """Whether a passage, its headings or its document's title speaks to a language model."""
    return speaks_to_a_model("\n".join((passage.document.title, *passage.chunk.heading_path, passage.chunk.text)))
