"""Documents lose the phone numbers and addresses of people, and keep those of organisations."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.privacy import contact_details, without_contact_details

SEEDS = Path(__file__).parents[2] / "shared" / "seeds"


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("Bel Marie (06-12345678).", "Bel Marie ([telefoonnummer])."),
        ("Mobiel: +31 6 1234 5678", "Mobiel: [telefoonnummer]"),
        ("Mail j.jansen@voorbeeld.nl of bel.", "Mail [e-mailadres] of bel."),
        ("fatima@voorbeeld.nl; jan.zorg@voorbeeld.nl", "[e-mailadres]; [e-mailadres]"),
    ],
)
def test_a_mobile_number_and_a_personal_address_are_blanked(text: str, cleaned: str) -> None:
    assert without_contact_details(text) == cleaned


@pytest.mark.parametrize(
    "text",
    [
        "Mail info@voorbeeld.nl, contact@voorbeeld.nl of post@voorbeeld.nl.",
        "voorbeeld@voorbeeld.nl en klachtenmeldpunt@voorbeeld.nl",
        "jeugd-en-gezin.info@voorbeeld.nl",
        "Bel 013-5421234, 088-1234567, 0800-2000 of 112.",
        "Op 06 juli 2021 om 06.30 uur; 06-07-2021; artikel 06.12",
        "Hans Boutellier en Femke Halsema, 1 januari 2015",
    ],
)
def test_what_belongs_to_an_organisation_stays(text: str) -> None:
    assert without_contact_details(text) == text


@given(st.text(alphabet="06 -1234567@a.nl()+\u00a0\u200b", max_size=80))
def test_what_is_found_lies_in_the_text_in_order(text: str) -> None:
    places = [place for each in contact_details(text) for place in (each.begin, each.end)]

    assert places == sorted(places)
    assert all(0 <= place <= len(text) for place in places)


@pytest.mark.skipif(not SEEDS.exists(), reason="the shared texts are not here")
def test_the_seeds_hold_one_private_number() -> None:
    found = {
        path.name[:3]: [each.kind for each in contact_details(path.read_text("utf-8"))] for path in SEEDS.iterdir()
    }

    assert found == {"000": [], "001": ["telefoon"], "002": [], "003": [], "004": []}
