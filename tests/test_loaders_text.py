"""Plain text: offsets are the file's own, and structure comes from the lay-out alone."""

from __future__ import annotations

import tempfile
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.errors import DocumentError
from assistant.loaders import load
from assistant.types import Source

SEEDS = Path(__file__).parents[2] / "shared" / "seeds"


def shown(source: Source) -> list[tuple[str, str]]:
    return [(block.kind, source.text[block.begin : block.end]) for block in source.blocks]


def load_text(folder: Path, text: str | bytes) -> Source:
    path = folder / "stuk.txt"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return load(path)


def test_the_text_is_the_file_itself(tmp_path: Path) -> None:
    written = "Kop van het stuk\n\nDe\u00a0‘leidraad’ geldt – overal.  \n\n\n \nEinde van de tekst.\n"

    source = load_text(tmp_path, written)

    assert source.text == written


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252", "mac-roman"]
)
def test_encodings_give_the_same_text(tmp_path: Path, encoding: str) -> None:
    source = load_text(tmp_path, "Coördinatie en ‘regie’ kosten € 5.\r\n\r\nTweede alinea.".encode(encoding))

    assert source.text == "Coördinatie en ‘regie’ kosten € 5.\n\nTweede alinea."


def test_latin_1_with_bytes_that_windows_does_not_know_is_read(tmp_path: Path) -> None:
    assert load_text(tmp_path, "Co\u00f6rdinatie\u0081.".encode("latin-1")).text == "Co\u00f6rdinatie ."


def test_headings_apart_and_glued_to_their_paragraph(tmp_path: Path) -> None:
    source = load_text(
        tmp_path,
        "Samen werken aan zorg\n\nDe gemeente begint.\n\nWie doet mee?\nDe wijkteams doen mee.\n\n"
        "Tweede tussenkop\n\nDe politie ook.\n",
    )

    assert shown(source) == [
        ("heading", "Samen werken aan zorg"),
        ("paragraph", "De gemeente begint."),
        ("heading", "Wie doet mee?"),
        ("paragraph", "De wijkteams doen mee."),
        ("heading", "Tweede tussenkop"),
        ("paragraph", "De politie ook."),
    ]
    assert [block.level for block in source.blocks if block.kind == "heading"] == [1, 2, 2]
    assert source.title == "Samen werken aan zorg"


def test_a_file_that_opens_with_a_paragraph_has_no_title(tmp_path: Path) -> None:
    source = load_text(tmp_path, "De gemeente zoekt samenwerking met de regio. Dat is nodig.\n\nKop\nTekst hier.\n")

    assert source.title is None


def test_bullets_stay_out_of_list_items_and_indents_are_depth(tmp_path: Path) -> None:
    source = load_text(
        tmp_path, "De raad adviseert:\n\n  • Investeer in teams.\n    - Ook in tijd.\n  • Meet het effect.\n"
    )

    assert shown(source) == [
        ("paragraph", "De raad adviseert:"),
        ("list_item", "Investeer in teams."),
        ("list_item", "Ook in tijd."),
        ("list_item", "Meet het effect."),
    ]
    assert [block.level for block in source.blocks[1:]] == [0, 1, 0]


def test_numbered_items_keep_their_number(tmp_path: Path) -> None:
    source = load_text(tmp_path, "Er zijn stappen.\n\n1. Begin klein\n2. Leer ervan\n3. Ga door\n")

    assert shown(source)[1:] == [
        ("list_item", "1. Begin klein"),
        ("list_item", "2. Leer ervan"),
        ("list_item", "3. Ga door"),
    ]


def test_a_paragraph_wrapped_by_hand_is_one_block(tmp_path: Path) -> None:
    paragraph = (
        "De gemeente werkt samen met de regio aan een aanpak die inwoners met\n"
        "meervoudige problemen sneller helpt en die de druk op de wijkteams\n"
        "verlaagt, zodat er meer tijd overblijft."
    )

    source = load_text(tmp_path, f"{paragraph}\n\n{paragraph}\n")

    assert shown(source) == [("paragraph", paragraph), ("paragraph", paragraph)]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("08 juli 2020", date(2020, 7, 8)),
        ("Vrijdag 3 juli 2021", date(2021, 7, 3)),
        ("08-07-2020", date(2020, 7, 8)),
        ("Bijdrage aan het Regioblad, 12 mei 2019", date(2019, 5, 12)),
        ("Datum: 1 maart 2024", date(2024, 3, 1)),
        ("Sinds 1 januari 2015 zijn gemeenten aan zet.", None),
        ("31 februari 2020", None),
    ],
)
def test_only_a_dateline_states_the_date(tmp_path: Path, line: str, expected: date | None) -> None:
    source = load_text(tmp_path, f"Titel van het stuk\n\n{line}\n\nDe tekst volgt hier in een zin.\n")

    assert source.stated_date == expected


def test_navigation_and_a_visiting_card_after_the_article_go(tmp_path: Path) -> None:
    body = "De wijkteams werken samen met het Veiligheidshuis. " * 12
    source = load_text(
        tmp_path,
        f"Titel van het stuk\n\n{body}\n\nLees ook deel 4\n\nPiet Jansma\n\nPiet Jansma\n\nAdviseur\n\n"
        "Als adviseur help ik gemeenten met vragen over toezicht. Dat doe ik graag.\n\n06-12345678\n\nMeer\n",
    )

    assert shown(source) == [("heading", "Titel van het stuk"), ("paragraph", body.strip())]


def test_text_after_a_reading_tip_stays(tmp_path: Path) -> None:
    source = load_text(
        tmp_path,
        "Titel van het stuk\n\nDe eerste alinea.\n\nLees ook: het vorige deel\n\nDe tweede alinea gaat verder.\n",
    )

    assert shown(source)[1:] == [
        ("paragraph", "De eerste alinea."),
        ("paragraph", "De tweede alinea gaat verder."),
    ]


def test_a_byline_is_no_heading(tmp_path: Path) -> None:
    source = load_text(
        tmp_path, "Titel van het stuk\n\nDe tekst.\n\nAnna Smit en Jan de Vries\n\nEen slotzin hierover.\n"
    )

    assert ("paragraph", "Anna Smit en Jan de Vries") in shown(source)


@given(st.binary(max_size=400) | st.text(max_size=400).map(str.encode))
@settings(max_examples=200, deadline=None)
def test_any_bytes_give_sound_blocks_or_our_own_error(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        try:
            source = load_text(Path(folder), data)
        except DocumentError:
            return

    assert_sound(source)


@given(st.text(alphabet="Aa .\n-•1?:\u00a0\t–", max_size=200))
@settings(max_examples=300, deadline=None)
def test_any_layout_gives_sound_blocks(text: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        try:
            source = load_text(Path(folder), text)
        except DocumentError:
            return

    assert_sound(source)


def assert_sound(source: Source) -> None:
    end = 0
    for block in source.blocks:
        text = source.text[block.begin : block.end]
        assert end <= block.begin < block.end <= len(source.text)
        assert text == text.strip() != ""
        end = block.end
    assert [(page.begin, page.end) for page in source.pages] == [(0, len(source.text))]


@pytest.mark.skipif(not SEEDS.exists(), reason="shared articles are absent")
@pytest.mark.parametrize(
    ("number", "headings", "day", "last_words"),
    [
        ("000", 4, None, "schouders eronder zetten!"),
        ("001", 3, None, "gestalte kan worden gegeven."),
        ("002", 9, date(2020, 7, 8), "besluitvorming over hun toekomst."),
        ("003", 4, date(2021, 7, 3), "3 juli 2021"),
        ("004", 4, None, "met de planvorming te starten."),
    ],
)
def test_the_shared_articles(number: str, headings: int, day: date | None, last_words: str) -> None:
    path = next(SEEDS.glob(f"{number}_*.txt"))

    source = load(path)

    assert source.text == path.read_text(encoding="utf-8")
    assert sum(block.kind == "heading" for block in source.blocks) == headings
    assert source.stated_date == day
    assert source.text[: source.blocks[-1].end].endswith(last_words)
    assert source.title is None if number in ("000", "003") else source.title == source.text.split("\n")[0]
