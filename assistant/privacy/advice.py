"""What a person reads whose question holds client data: what to leave out, and how to go on."""

from __future__ import annotations

from collections.abc import Iterable

from assistant.privacy.finding import PLACEHOLDERS, Kind
from assistant.types import Language

_WORDS: dict[Language, dict[Kind, str]] = {
    "nl": {
        "bsn": "een burgerservicenummer",
        "telefoon": "een telefoonnummer",
        "e-mail": "een e-mailadres",
        "iban": "een rekeningnummer",
        "geboortedatum": "een geboortedatum",
        "adres": "een adres",
        "kenteken": "een kenteken",
        "naam": "een naam",
    },
    "en": {
        "bsn": "a citizen service number (BSN)",
        "telefoon": "a phone number",
        "e-mail": "an e-mail address",
        "iban": "a bank account number",
        "geboortedatum": "a date of birth",
        "adres": "an address",
        "kenteken": "a licence plate",
        "naam": "a name",
    },
}
_ANYTHING: dict[Language, str] = {"nl": "gegevens van een persoon", "en": "personal data"}
_AND: dict[Language, str] = {"nl": "en", "en": "and"}
_TEXTS: dict[Language, str] = {
    "nl": "In deze vraag staat waarschijnlijk {kinds}. De vraag is daarom niet gebruikt en niet bewaard. "
    "Stel de vraag opnieuw zonder gegevens van personen. Schrijf bijvoorbeeld “een moeder met twee kinderen”. "
    "Bespreek een casus in het eigen team, met de aandachtsfunctionaris of met Veilig Thuis.",
    "en": "This question probably contains {kinds}. It was therefore not used and not stored. "
    "Ask the question again without personal data. Write for example “a mother with two children”. "
    "Discuss a case within the team, with the child protection officer or with Veilig Thuis, the domestic abuse "
    "service.",
}


def advice(kinds: Iterable[Kind], language: Language = "nl") -> str:
    """A few sentences that name the kinds of client data; without kinds they speak of personal data."""
    found = set(kinds)
    words = [_WORDS[language][kind] for kind in PLACEHOLDERS if kind in found] or [_ANYTHING[language]]
    last = words.pop()
    listed = f"{', '.join(words)} {_AND[language]} {last}" if words else last
    return _TEXTS[language].format(kinds=listed)
