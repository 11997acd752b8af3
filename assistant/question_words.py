"""The words by which a question shows what it asks for: patterns over Dutch (and English) questions.

Names without an underscore are used by `question.py`; each says in a comment what it finds.
"""

from __future__ import annotations

import re
from typing import Literal

from assistant.language import stem

Expected = Literal["number", "date", "person", "place", "reason", "list", "yes_no", "definition", "comparison"]

_AMOUNT = r"(?:lang|vaak|groot|oud|hoog|ver|laat|snel|breed|diep|zwaar|duur)"
_VERB = r"(?:moeten|kunnen|worden|hebben|zijn|mogen|zullen)"
_WORDINGS: dict[Expected, str] = {
    "number": rf"\b(?:hoeveel|hoeveelste|wat (?:kost\w*|verdien\w*|bedraagt|bedroeg)|hoe {_AMOUNT}"
    r"|welke? (?:percentage|aantal|leeftijd|bedrag)|how (?:many|much|long|often|old|fast|quickly))\b",
    "date": r"\b(?:wanneer|wnr|(?:in |op |vanaf |sinds )?welke? (?:jaar|datum|dag|maand|eeuw|periode|tijd)|when"
    r"|what (?:year|date))\b",
    "person": r"\b(?:wie|wiens|who|whose|whom|welke (?:persoon|minister|burgemeester|voorzitter))\b",
    "place": r"(?:^|[.?!] |\ben )waar\b(?! (?:om|uit|op|aan|mee)\b)|\bwhere\b",
    "reason": r"\b(?:waarom|hoe komt het|wat is de reden|why)\b",
    "list": rf"\b(?:noem|som|opsomming|lijst|welke (?!(?:\w+ )?{_VERB}\b)(?:\w+ ){{0,2}}?\w+(?:en|s|'s)\b"
    r"(?<!moeten)(?<!kunnen)(?<!worden)(?<!hebben)|wat zijn|which (?:\w+ ){0,2}\w+s|list|name the|what are)\b",
    "definition": r"^\W*(?:wat (?:is|was|betekent|houdt|wordt bedoeld|verstaat)|what (?:is|does)|betekenis|wat zijn)\b"
    r"|\bwaar staat \S+ voor\b|\bafkorting\b|\bvoluit\b|\bwat is (?:dat|het)\W*$|\bverstaat men\b|\bbetekent\b",
    "comparison": r"\b(?:verschil\w*|vergelijk\w*|overeenkomst\w*|allebei|beide|zowel|versus|vs|ten opzichte van"
    r"|tegenover|(?:twee|drie) (?:artikelen|documenten|bronnen|stukken)|differ\w*|compare\w*|both)\b",
    "yes_no": r"^\W*(?:is|zijn|mag|mogen|moet|moeten|kan|kunnen|heeft|hebben|wordt|worden|gaat|gaan|krijg\w*|geldt"
    r"|doet|valt|bestaat|klopt|are|can|must|may|does|do|has|have|should)\b",
}
EXPECTS = {expected: re.compile(wording, re.IGNORECASE) for expected, wording in _WORDINGS.items()}

_SMALL_NUMBER = (
    r"(?:\d{1,2}|twee|drie|vier|vijf|zes|zeven|acht|negen|tien|elf|twaalf|dertien|veertien|vijftien|zestien|twintig"
    r"|two|three|four|five|six|seven|eight|nine|ten)"
)
COUNT = re.compile(rf"\b({_SMALL_NUMBER})\s+(?:\w+\s+){{0,2}}?\w+")  # the five of "welke vijf adviezen"
NAME = re.compile(
    r"(?<![.!?:]\s)(?<!^)\b[A-Z][\w'’-]+(?:\s+(?:(?:van|de|der|den|el|ten|ter|voor|en)\s+)*[A-Z][\w'’-]+)*"
)

_ACCORDING_TO = r"\b(?:volgens|vlgs|aldus|according to)\s+"
# "Volgens de leidraad", 'Perspectief 2025' in quotes: says where to look, not what is asked.
SOURCE_PHRASE = re.compile(
    rf"{_ACCORDING_TO}(?:(?:de|het|een|the|onze?)\s+)?(?:[^\s,.?!:;]+\s*){{1,3}}|[\"“„‘«'][^\"”’»']{{4,120}}[\"”’»']",
    re.IGNORECASE,
)
ATTRIBUTION = re.compile(rf"{_ACCORDING_TO}(?:[^\s,.?!:;]+\s*){{1,6}}(?=[,.?!:;]|$)", re.IGNORECASE)
# "Voor een collegevoorstel wil ik weten …", "Ten behoeve van een notitie: …"
INTRODUCTION = re.compile(
    r"^\W*(?:voor|ten behoeve van|tbv|in|ter voorbereiding (?:op|van)|for)\b[^.?!:,]{0,80}?"
    r"(?:(?:wil|wilde|zou|moet|zoek|heb)\s+(?:ik|wij|we)\b[^.?!:,]{0,40}?"
    r"(?=\b(?:wie|wat|waar|wanneer|welke?|hoe|hoeveel|op|of|uit|in)\b)|[:,])",
    re.IGNORECASE,
)
ASKS = re.compile(
    r"\b(?:wie|wiens|wat|waar|wanneer|wnr|welke?|hoeveel|hoe|waarom|noem|who|whose|what|where|when|which|how|why|name)\b",
    re.IGNORECASE,
)


def _stems(words: str) -> frozenset[str]:
    return frozenset(stem(word) for word in words.split())


# How advisers introduce a question; says nothing about its subject.
FRAMING = _stems(
    "collegevoorstel raadsvoorstel collegebrief raadsbrief notitie memo nota adviesnota beleidsnotitie stuk weten weet "
    "noemen noem noemt genoemd beschrijven beschrijf uitleggen leg samenvatten samenvatting weergeven graag kort "
    "precies eigenlijk artikel artikelen bron bronnen document documenten tekst stukken vraag antwoord geef geven zegt "
    "zeggen staat staan verstaat verstaan voluit betekent bedoeld vertel vertellen article document source"
)
# Nouns and adjectives that are never the subject themselves.
VAGUE = _stems(
    "soort soorten concrete nieuwe belangrijkste verschillende hoofd grootste eerste laatste persoon mensen oorzaak "
    "reden redenen aanleiding situatie onderwerp zin plan manier vorm ding dingen lang vaak snel hoog groot oud "
    "type many much people thing"
)
