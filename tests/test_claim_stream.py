"""What a chat model writes is cut into claims, each with the markers behind it, however it arrives."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.claim_stream import MAX_CHARACTERS, MAX_CLAIM_CHARACTERS, WrittenClaim, item_mark, written_claims
from assistant.errors import ChatModelError

FRAGMENTS = (
    *("De gemeente betaalt.", "Het team telt 1.500 leden", "art. 3", "o.a.", "Wie?", "\n", "\n\n", " "),
    *(
        "[1]",
        "[2, 3]",
        "[",
        "]",
        "- ",
        "1. ",
        "Kosten: € 12,50",
        ".",
        "! ",
        "“Ja.”",
        "[Bron]",
        "<think>",
        "</think>",
        "é",
        "\t",
    ),
)


def texts(written: str) -> list[str]:
    return [claim.text for claim in written_claims([written])]


def cut(text: str, places: list[int]) -> list[str]:
    """The text in pieces, cut at these places."""
    bounds = [0, *sorted(place % (len(text) + 1) for place in places), len(text)]
    return [text[begin:end] for begin, end in itertools.pairwise(bounds)]


@given(st.lists(st.sampled_from(FRAGMENTS), max_size=25).map("".join), st.lists(st.integers(0, 10_000), max_size=12))
@settings(max_examples=300, deadline=None)
def test_the_pieces_in_which_a_text_arrives_make_no_difference(text: str, places: list[int]) -> None:
    whole = list(written_claims([text]))

    assert list(written_claims(cut(text, places))) == whole
    assert list(written_claims(list(text))) == whole


@given(st.lists(st.sampled_from(FRAGMENTS[:17]), max_size=25).map("".join))
@settings(max_examples=200, deadline=None)
def test_no_character_but_white_space_is_lost(text: str) -> None:
    assert "".join("".join(texts(text)).split()) == "".join(text.split())


@pytest.mark.parametrize(
    ("written", "claims"),
    [
        ("Zin één [1]. Zin twee [2].", ["Zin één [1].", "Zin twee [2]."]),
        ("Zin één. [1] Zin twee. [2]", ["Zin één. [1]", "Zin twee. [2]"]),
        ("Zin één.[1][2] Zin twee.[3]", ["Zin één.[1][2]", "Zin twee.[3]"]),
        ("Zin één. [1, 2]. Zin twee", ["Zin één. [1, 2].", "Zin twee"]),
        ("Zin één.\n[1]\nZin twee.\n[2]", ["Zin één. [1]", "Zin twee.\n[2]"]),
        ("De doelen zijn: [1]\n- regie; [1]\n- zorg [2]", ["De doelen zijn: [1]", "- regie; [1]", "- zorg [2]"]),
        ("1. meer zorg [1]\n2. meer regie [1]\n", ["1. meer zorg [1]", "2. meer regie [1]"]),
        ("Dit staat in art. 3 van de wet. [1] Punt.", ["Dit staat in art. 3 van de wet. [1]", "Punt."]),
        ("Eerst dit.\n[Bron] hoort erbij.\nDan dat.", ["Eerst dit.", "[Bron] hoort erbij.", "Dan dat."]),
        ("", []),
        (" \n\n ", []),
        ("<think>Hm. [1]\nEens kijken.</think>\n\nJa. [1]", ["Ja. [1]"]),
        ("<table> is geen gedachte. [1]", ["<table> is geen gedachte. [1]"]),
    ],
)  # fmt: skip
def test_a_claim_takes_the_markers_behind_it_along(written: str, claims: list[str]) -> None:
    assert texts(written) == claims


def test_a_claim_knows_what_separates_it_from_the_one_before() -> None:
    assert list(written_claims(["Kop: [1]\n\n- een [1]\n- twee [1]\n\nSlot. [1] Echt. [1]"])) == [
        WrittenClaim("Kop: [1]", ""),
        WrittenClaim("- een [1]", "\n\n"),
        WrittenClaim("- twee [1]", "\n"),
        WrittenClaim("Slot. [1]", "\n\n"),
        WrittenClaim("Echt. [1]", " "),
    ]


def test_a_claim_is_given_as_soon_as_the_next_has_begun() -> None:
    taken: list[str] = []

    def pieces() -> Iterator[str]:
        for piece in ("Zin één. [1]", " ", "Z", "in twee. [2]"):
            taken.append(piece)
            yield piece

    claims = written_claims(pieces())

    assert (next(claims).text, taken) == ("Zin één. [1]", ["Zin één. [1]", " ", "Z"])


def endless(text: str) -> Iterator[str]:
    """A model that never stops; the test would never end if nobody cut it off."""
    for number in itertools.count():
        yield text.format(number=number)


@pytest.mark.parametrize("text", ["woord ", "x", "(", ". ", "\n", "[1]", "<think>", "<think>a"])
def test_a_text_without_end_is_cut_off(text: str) -> None:
    with pytest.raises(ChatModelError, match="houdt niet op"):
        list(written_claims(endless(text)))


def test_the_claims_before_the_cut_stand() -> None:
    claims: list[str] = []

    with pytest.raises(ChatModelError, match="houdt niet op"):
        claims.extend(claim.text for claim in written_claims(endless("Zin {number} is waar. [1] ")))

    assert claims[:2] == ["Zin 0 is waar. [1]", "Zin 1 is waar. [1]"]
    assert 300 < len(claims) < MAX_CHARACTERS


def test_a_model_that_goes_round_in_circles_is_cut_off() -> None:
    claims: list[str] = []

    with pytest.raises(ChatModelError, match="herhaalt zichzelf"):
        claims.extend(claim.text for claim in written_claims(endless("Dat is waar. [1] ")))

    assert 2 < len(claims) < 20


def test_a_sentence_may_be_long_but_not_endless() -> None:
    longest = "w" * (MAX_CLAIM_CHARACTERS - 10)

    assert texts(f"{longest} [1].\nEn verder.") == [f"{longest} [1].", "En verder."]


@pytest.mark.parametrize(
    ("claim", "mark", "bare"),
    [("- zorg [1]", "- ", "zorg [1]"), ("• zorg", "- ", "zorg"), ("12) zorg", "- ", "zorg"), ("Zorg.", "", "Zorg.")],
)
def test_a_list_mark_is_told_apart(claim: str, mark: str, bare: str) -> None:
    assert item_mark(claim) == (mark, bare)
