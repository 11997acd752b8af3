"""E-mail addresses of people, also written out as "naam at domein punt nl"."""

from __future__ import annotations

import re
from collections.abc import Iterator

from assistant.privacy.name_lists import first_names

_LABEL = r"[^\W_](?:[\w-]{0,62})"
_ENDINGS = r"(?:nl|com|be|eu|org|net|info|de|frl|amsterdam|tr|pl|ma|sr|uk|online)"
_PLAIN = re.compile(rf"[\w.+%'-]{{1,64}}@{_LABEL}(?:\.{_LABEL}){{1,5}}")
_SPACED = re.compile(
    rf"\b[\w.+%-]{{1,64}}\s{{0,2}}@\s{{0,2}}{_LABEL}(?:\s?\.\s?{_LABEL}){{0,3}}?\s?\.\s?{_ENDINGS}\b",
    re.IGNORECASE,
)
_WRITTEN_OUT = re.compile(
    rf"\b[\w.+%-]{{1,64}}\s{{0,2}}(?:[\[(]\s?(?:at|apenstaartje|@)\s?[\])]|\bapenstaartje\b)\s{{0,2}}{_LABEL}"
    rf"(?:\s{{0,2}}(?:\.|[\[(]\s?(?:dot|punt|\.)\s?[\])]|\b(?:dot|punt)\b)\s{{0,2}}{_LABEL}){{0,3}}?"
    rf"\s{{0,2}}(?:\.|[\[(]\s?(?:dot|punt|\.)\s?[\])]|\b(?:dot|punt)\b)\s{{0,2}}{_ENDINGS}\b"
    rf"|\b[\w.+%-]{{1,64}}(?:\s(?:dot|punt)\s\w{{1,64}}){{0,2}}\sat\s{_LABEL}(?:\s(?:dot|punt)\s{_LABEL}){{0,3}}?\s(?:dot|punt)\s{_ENDINGS}\b",
    re.IGNORECASE,
)
# Boxes that belong to an organisation and to nobody in it.
_ROLES = frozenset(
    """
    aanmelden aanmelding abuse admin administratie advies algemeen archief avg balie beheer beleid bestuur bezwaar
    burgerzaken cliëntenraad clientenraad college communicatie contact cursus directie dpo e-loket events feedback fg
    gegevensbescherming gemeente griffie helpdesk help hr hulp info informatie inkoop inschrijven jeugd jeugdteam jobs
    kantoor klachten klantcontact klantenservice loket mail marketing media meldpunt melding meldingen nieuwsbrief
    noreply no-reply office onderzoek ondersteuning organisatie pers personeelszaken planning post postbus postmaster
    press privacy projectbureau publicaties raad raadsgriffie receptie redactie redaction register sales
    secretariaat security service servicedesk servicepunt sociaal sociaalteam steunpunt studie subsidie subsidies
    support team toegang vacatures veiligheid veiligheidshuis veiligthuis vragen webmaster webredactie welkom wijkteam
    wmo woo zorg zvh
    """.split()
)
_ROLE_STEM = re.compile(r"klacht|aanbested|meldpunt|info|contact|secretariaat|redactie|communicatie|privacy|bezwaar")
_PARTS = re.compile(r"[\W\d_]+")


def emails(text: str) -> Iterator[tuple[int, int]]:
    """The e-mail addresses in a folded text that belong to a person; info@, post@ and the like do not."""
    for pattern in (_PLAIN, _SPACED, _WRITTEN_OUT) if "@" in text else (_WRITTEN_OUT,):
        for match in pattern.finditer(text):
            if not _is_role(match[0]):
                lead = len(match[0]) - len(match[0].lstrip(".'-"))
                yield match.start() + lead, match.end()


def _is_role(address: str) -> bool:
    name, _, domain = address.casefold().partition("@")
    name = name.strip().strip(".'-").partition("+")[0]
    organisation = domain.strip().split(".")[-2] if domain.count(".") else ""
    if name == organisation or _ROLE_STEM.match(name):
        return True
    parts = [part for part in _PARTS.split(name) if part]
    return not _ROLES.isdisjoint((name, *parts)) and first_names().isdisjoint(parts)
