"""Home addresses: a postcode with a house number, or a street with one where someone lives."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from assistant.privacy.case_context import CaseContext
from assistant.privacy.small_words import is_small_word

_NUMBER = (
    r"(?!(?:19|20)\d\d\b)\d{1,4}(?!\d|[.,:]\d|\s?(?:%|euro|jaar|uur|keer))"  # neither a year nor an amount
    r"(?:[ ]?(?:-?[a-zA-Z](?![\w-])|-\d{1,3}(?!\d)|(?:hs|bis|I{1,3}|rd)\b))?"
)
_POSTCODE = re.compile(
    rf"(?<![\w.,:/-])([1-9]\d{{3}})(\s?)([A-Z]{{2}})(?:(?![A-Za-z])[\s,.-]{{0,3}}"
    rf"(?:(?:huis)?(?:nummer|nr)\.?:?\s?|hnr\.?:?\s?|no\.?\s?|no |and )?({_NUMBER}))",
    re.IGNORECASE,
)
_NAMED = re.compile(r"postcode|post code|zip|\bpc\b|adres|address|woon", re.IGNORECASE)
_NO_LETTERS = frozenset({"SA", "SD", "SS"})  # are given to no postcode
_ENDINGS = (
    "straat|straatje|str\\.|laan|weg|plein|hof|hofje|dreef|kade|singel|pad|steeg|gracht|plantsoen|park|dijk|markt"
    "|baan|boulevard|brink|donk|akker|gaarde|haven"
)
_HOUSE_NUMBER = re.compile(rf"(?<![\w.,:/-]){_NUMBER}")
_STREET_BEFORE = re.compile(
    rf"\b(?:[A-Za-z][a-z'-]{{1,40}}(?:{_ENDINGS})(?:[ -](?:noord|oost|zuid|west))?"
    r"|(?:Laan|Straat|Weg|Plein|Hof)\s(?:van|der|de|van de|van der|van den)\s[A-Z][\w-]{2,30})"
    r"(?:,?[ ]|,?[ ]nr\.?[ ]|,?[ ]nummer[ ])$",
    re.IGNORECASE,
)
_NO_STREET = re.compile(
    r"(?:om|uit|terug|heen|snel|voort|onder|tegen|boven|gerechts|vlieg|werk|speel|school|arbeids|leer|trefpunt|werkings"
    r"|zoek|doel|groei|stappen|rechts|zorg|tijd|ervarings|loop|school|behandel|beleids|aandachts|kern|onderzoeks)?"
    r"(?:weg|pad|hof|veld|markt|baan|ring|burg|erf|kamp|park)$",
    re.IGNORECASE,
)
_LIVES = re.compile(
    r"\b(?:woon(?:t|de|ing|achtig|adres)?|wonen|verblijft|ingeschreven|huisadres|thuisadres|adres is|adres:|adres"
    r"|verhuisd(?: naar)?|verhuist naar|lives?|living|address(?: is|:)?|staat|logeert|slaapt|zit)\b[:,]?"
    r"(?:\s(?:nu|momenteel|samen|met|haar|zijn|kinderen|alleen|op|aan|in|at|on|de|het|van|te|is)){0,5}\s?(?:[A-Z][\w.-]*\s){0,4}$",
    re.IGNORECASE,
)
_ORGANISATION = re.compile(
    r"postbus|postadres|bezoekadres|stadhuis|gemeentehuis|stadskantoor|stadswinkel|provinciehuis|stadskamer|ministerie"
    r"|kantoor|hoofdkantoor|organisatie|instelling\b|stichting|veilig thuis|\bVNG\b|\bGGD\b|\bRvdK\b|raad voor de"
    r"|rechtbank|politiebureau|wijkgebouw|wijkcentrum|buurthuis|buurtcentrum|bibliotheek|inlooppunt|steunpunt|loket"
    r"|veiligheidshuis|\bZVH\b|gemeente\b|bureau\b|locatie\b|office|town hall|city hall|vergaderlocatie|bijeenkomst",
    re.IGNORECASE,
)
_LEAD = re.compile(r"(?:\b(?:van|de|der|den|het|ten|ter|'t|[A-Z][\w'.-]{0,30})\s){1,4}$")
_PLACE = r"(?:'s-)?[A-Z][a-z-]{2,25}(?:\s[A-Z][a-z]{2,20})?"
_TAIL_POSTCODE = re.compile(rf",?\s{{1,2}}[1-9]\d{{3}}\s?[A-Z]{{2}}\b(?:,?\s(?:in\s|te\s)?{_PLACE})?")
_TAIL_PLACE = re.compile(rf"(?:,?\s|,|\s(?:in|te)\s){_PLACE}")
_REACH = 80

Names = Callable[[], Sequence[tuple[int, int]]]


def addresses(text: str, context: CaseContext, names: Names) -> Iterator[tuple[int, int]]:
    """The home addresses in a folded text; `names` tells which people are found in it."""
    for match in _POSTCODE.finditer(text):
        if _is_postcode(text, match):
            yield match.span()
    for number in _HOUSE_NUMBER.finditer(text):
        street = _STREET_BEFORE.search(text, max(0, number.start() - _REACH), number.start())
        if street and _is_home(text, street, number.end(), context, names):
            lead = _LEAD.search(text[max(0, street.start() - _REACH) : street.start()])
            tail = _TAIL_POSTCODE.match(text, number.end()) or _TAIL_PLACE.match(text, number.end())
            yield street.start() - (len(lead[0]) if lead else 0), (tail or number).end()


def _is_postcode(text: str, match: re.Match[str]) -> bool:
    letters = match[3]
    if letters.upper() in _NO_LETTERS:
        return False
    named = _NAMED.search(text, max(0, match.start() - 30), match.start())
    return named is not None or not is_small_word(letters) or _is_glued(match)


def _is_glued(match: re.Match[str]) -> bool:
    return match[2] == "" and match[3].isupper()


def _is_home(text: str, street: re.Match[str], end: int, context: CaseContext, names: Names) -> bool:
    begin = street.start()
    if _NO_STREET.fullmatch(re.split(r"[\s,]", street[0])[0]):
        return False
    before = text[max(0, begin - _REACH) : begin]
    if _ORGANISATION.search(before) or _ORGANISATION.search(text[end : end + _REACH]):
        return bool(re.search(r"\b(?:woont|woonachtig|woonadres|lives)\b", before, re.IGNORECASE))
    if _LIVES.search(before) or _TAIL_POSTCODE.match(text, end) or context.is_near(begin, end, _REACH):
        return True
    return any(-_REACH <= place - begin <= _REACH for place, _ in names())
