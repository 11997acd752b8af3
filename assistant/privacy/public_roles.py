"""Signs that a name is mentioned for public work: an office, a publication, a quoted opinion, history."""

from __future__ import annotations

import re

_ROLE = re.compile(
    r"\b(?:ministers?|bewindspersoon|staatssecretaris|(?:minister-)?president|premier|burgemeesters?|wethouders?"
    r"|kamerlid|kamerleden|raadslid|fractievoorzitter|senator|commissaris|professor|prof|hoogleraar|drs?|lector"
    r"|onderzoekers?|onderzoekster|auteurs?|schrijvers?|journalist|columnist|voorzitter|directeur|commissie|werkgroep"
    r"|adviescommissie|kabinet|koning|koningin|prins|prinses|keizer|filosoof|wetenschapper|criminoloog|socioloog"
    r"|psycholoog|bestuurder|chair|mayor|researcher|author|king|queen|emperor|saint|sint|paus|pope|adviez?s?(?:en)?"
    r"|artikel|rapport|onderzoek|studie|boek|blog|column|publicatie|lezing|theorie|model|methode|moties?|amendement"
    r"|interview|verslag|essay|opvattingen|ideeen|visie|geschreven|stichting|school|basisschool|college|ziekenhuis)"
    r"[.:,]?\s(?:(?:van|met|door|over|by|of|with|de|het|heer|mevrouw|en|dr\.?|prof\.?|mr\.?|drs\.?|[A-Z][\w.'-]{0,25})"
    r"\s){0,5}$",
    re.IGNORECASE,
)
_SPEAKING = re.compile(
    r"\b(?:volgens|aldus|zegt|zei|vindt|vond|schrijft|schreef|schreven|adviseert|adviseerde|stelt|stelde|pleit|pleitte"
    r"|noemt|noemde|raadt|raadde|betoogt|betoogde|bedoelt|bedoelde|concludeert|concludeerde|reageerde|according to"
    r"|says|said|does|did|writes|wrote|wie (?:is|was|waren)|who (?:is|was|were)|heeft|had|deed)\s(?:[\w.'-]{1,20}\s)?$",
    re.IGNORECASE,
)
_CITED = re.compile(r"\s?(?:\(\s?(?:19|20)\d\d|et al|c\.s\.|& )")
# A question about what once happened, as in an encyclopedia.
_STORY = re.compile(
    r"\b(?:wie|wat|welke?|hoe|wanneer|waar|hoeveel|who|what|which|when|where|how)\b[^.?!]{0,60}"
    r"\b(?:was|waren|heette|heetten|stierf|werd|werden|were|did|died|regeerde|trouwde|viel|had)\b",
    re.IGNORECASE,
)
_LOOK_BACK = 100


def is_public_role(text: str, begin: int) -> bool:
    """Whether an office or a publication stands before the name that begins here."""
    return _before(_ROLE, text, begin)


def is_speaking(text: str, begin: int) -> bool:
    """Whether the name that begins here is asked for an opinion."""
    return _before(_SPEAKING, text, begin)


def is_story(text: str, begin: int) -> bool:
    """Whether the question that leads to the name that begins here is about the past."""
    return _before(_STORY, text, begin)


def is_cited(text: str, end: int) -> bool:
    """Whether a year or "et al." follows the name that ends here."""
    return _CITED.match(text, end) is not None


def _before(pattern: re.Pattern[str], text: str, begin: int) -> bool:
    return pattern.search(text[max(0, begin - _LOOK_BACK) : begin]) is not None
