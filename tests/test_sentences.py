"""Dutch sentences end where a reader sees them end, and no letter is lost between them."""

from __future__ import annotations

import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from assistant.sentences import split_sentences

PIECES = st.sampled_from(
    """
    De gemeente belt. o.a. d.d. 8 juli 2020 art. 2.3 Jeugdwet prof. dr. H. Boutellier etc. e.d. 1. 1.000,50 … ... ? !
    “Ja.” ‘Nee!’ [1] .[12] (zie GI's) • – https://a.nl/b.c wijkteam Het ” » " '
    """.split()
)
SPACES = st.sampled_from([" ", "  ", "\n", "\u00a0", "\n\n", "\t", ""])
TEXTS = st.lists(st.tuples(PIECES, SPACES), max_size=25).map(lambda pairs: "".join(a + b for a, b in pairs)) | st.text(
    max_size=60
)


def sentences(text: str) -> list[str]:
    return [text[begin:end] for begin, end in split_sentences(text, 0, len(text))]


@pytest.mark.parametrize(
    "expected",
    [
        ["Het team belt.", "Het gezin wacht."],
        ["Wat nu?", "Bel 112!", "Dat helpt."],
        ["Wat nu?!", "Bel dan."],
        ["Waarom?", "Omdat het moet."],
        # abbreviations inside a sentence
        ["Het gaat o.a. om jeugdhulp.", "Dat is duidelijk."],
        ["Het gaat o.a. Veilig Thuis aan.", "Dat is duidelijk."],
        ["Zij (o.a. Veilig Thuis) bellen.", "Het gezin wacht."],
        ["Zie art. 2.3 Jeugdwet voor de plicht.", "De gemeente voert uit."],
        ["Art. 3 geldt.", "Lid 2 ook."],
        ["De brief d.d. 8 juli 2020 is leidend.", "Hij geldt nog."],
        ["Dit geldt m.b.t. Jeugdhulp en t.a.v. de Wmo.", "Ook elders."],
        ["De wet (i.w.tr. 1 januari 2015) geldt.", "Meer niet."],
        ["Het NJi onderzocht dit i.s.m. Movisie.", "Het rapport volgt."],
        ["Zie blz. 12 en hfst. 3.", "Daar staat het."],
        ["Zie p. 12 en par. 4.", "Daar staat het."],
        ["Vgl. Stb. 2014, 105.", "Zie ook nr. 4."],
        ["Bijv. Veilig Thuis.", "Ook anderen."],
        ["De vergoeding is max. 50 euro.", "Dat is ca. 10 procent meer."],
        ["Vanaf 1 jan. 2024 geldt dit.", "Daarvoor niet."],
        ["De zgn. Top 600 groeit.", "Dat baart zorgen."],
        # people
        ["Het advies van prof. dr. H. Boutellier verscheen.", "Het telt vijf punten."],
        ["Mevr. A. Jansen en dhr. B. Smit tekenen.", "Zij zijn bevoegd."],
        ["J.J. de Vries is voorzitter.", "Hij leidt het overleg."],
        ["De burgemeester, mr. Van Dam, beslist.", "De raad hoort het."],
        ["De heer E. van der Berg jr. spreekt.", "Hij is voorzitter."],
        ["Hij (J. Jansen) belt.", "Zij (K. Pieters) ook."],
        # abbreviations that may close a sentence
        ["Zij bieden hulp, begeleiding, etc.", "De gemeente betaalt dat."],
        ["Zij bieden hulp, etc. voor jongeren.", "De gemeente betaalt."],
        ["Denk aan de politie, de wijkagent, boa's e.d.", "Zij komen vaak."],
        ["De partijen VT, RvdK e.a. werken samen.", "Dat helpt."],
        ["Dit zijn het wijkteam, de school enz.", "Deze partijen werken samen."],
        # ordinals and numbers
        ["1. De gemeente beslist.", "Zij betaalt."],
        ["2.3. De gemeente beslist.", "Zij betaalt."],
        ["De 1e stap is bellen.", "De 2e is praten."],
        ["Het kost 2.500,50 euro.", "Dat is veel."],
        ["Het percentage is 3.5 procent.", "Dat is weinig."],
        ["Het kost € 5.", "Dat is weinig."],
        ["Zie paragraaf 2.3.", "Daar staat het."],
        ["De agenda loopt tot en met 2025.", "Daarna volgt een nieuwe."],
        ["Dat doet Justitie.", "24 uur later volgt bericht."],
        ["Zij komt om 13.00.", "Dan begint het."],
        # quotes and brackets
        ["Hij zei: “Wij stoppen.”", "Daarna vertrok hij."],
        ["Hij zei: ‘Wij stoppen.’", "Daarna vertrok hij."],
        ["Zij zegt: “Ik bel.” en gaat.", "De rest blijft."],
        ['Hij vroeg: "Mag dat?"', "Niemand wist het."],
        ["“Mag dat?” vroeg zij.", "Niemand wist het."],
        ["“Ja.”", "“Nee.”"],
        ["Het team belt (en wacht.)", "Het gezin ook."],
        ["Het telt.", "(Zie bijlage 2.)", "Daarna volgt meer."],
        ["Het rapport (2020).", "Het advies volgt."],
        # footnote marks
        ["Dat staat in de wet.[1]", "De gemeente volgt dat."],
        ["Dat staat in de wet.[1][23]", "De gemeente volgt dat."],
        ["Dat staat in de wet [1].", "De gemeente volgt dat."],
        ["Het advies [12] telt.", "Het plan ook."],
        # ellipsis
        ["Het team wacht…", "Dan belt het."],
        ["Het team wacht...", "Dan belt het."],
        ["Het team wacht … en belt.", "Het gezin ook."],
        # addresses
        ["Zie https://www.voorbeeld.nl/a.b?c=d.", "Daar staat meer."],
        ["Zie www.voorbeeld.nl voor meer.", "Daar staat het."],
        ["Mail naar info@voorbeeld.nl.", "Wij antwoorden."],
        # bullets in running text
        ["Dat is af.", "• Bel de politie"],
        ["Dat is af.", "– Bel de politie"],
    ],
    ids=" | ".join,
)
def test_text_splits_into_its_sentences(expected: list[str]) -> None:
    assert sentences(" ".join(expected)) == expected


@pytest.mark.parametrize(
    "text",
    [
        "De afspraak staat vast. de gemeente betaalt",
        "Zie de handreiking. iPads zijn toegestaan",
        "zonder punt aan het eind",
        "Het is 12.30 uur.",
        "Hulp etc. Zorg",
        "Zie Stb. 2014",
    ],
)
def test_without_a_capital_or_room_for_a_sentence_nothing_is_cut(text: str) -> None:
    assert sentences(text) == [text]


@pytest.mark.parametrize("space", [" ", "  ", "\n", " \n\n ", "\u00a0", "\t"])
def test_any_white_space_may_stand_between_sentences(space: str) -> None:
    assert sentences(f"{space}Het team belt.{space}Het gezin wacht.{space}") == ["Het team belt.", "Het gezin wacht."]


@pytest.mark.parametrize("text", ["", " ", "\n \u00a0\t"])
def test_nothing_but_white_space_has_no_sentences(text: str) -> None:
    assert sentences(text) == []


def test_line_break_inside_a_sentence_does_not_end_it() -> None:
    assert sentences("De gemeente\nVoorbeeldstad belt.\nDan stopt het.") == [
        "De gemeente\nVoorbeeldstad belt.",
        "Dan stopt het.",
    ]


def test_only_the_asked_stretch_is_split_with_offsets_in_the_whole_text() -> None:
    text = "Vooraf. Eerst dit. Dan dat. Daarna niets."
    begin, end = text.index("Eerst"), text.index(" Daarna")

    spans = split_sentences(text, begin, end)

    assert spans == [(8, 18), (19, 27)]


@given(TEXTS)
@example("Hij zei: “Wij stoppen. ” Daarna vertrok hij.[1] [2] Zij ook…")
def test_spans_are_in_order_and_cover_all_but_white_space(text: str) -> None:
    spans = split_sentences(text, 0, len(text))

    edges = [0, *(edge for span in spans for edge in span), len(text)]
    between = "".join(text[edges[i] : edges[i + 1]] for i in range(0, len(edges), 2))
    assert edges == sorted(edges)
    assert between.strip() == ""
    assert [text[b:e] for b, e in spans if text[b:e] != text[b:e].strip() or b == e] == []


@given(TEXTS, TEXTS, TEXTS)
def test_what_stands_around_a_stretch_does_not_change_its_sentences(before: str, text: str, after: str) -> None:
    spans = split_sentences(before + text + after, len(before), len(before) + len(text))

    assert [(begin - len(before), end - len(before)) for begin, end in spans] == split_sentences(text, 0, len(text))


@pytest.mark.parametrize(
    "text",
    [
        "x" * 20_000 + '" o.a. Dit. ' + "x" * 20_000,
        "." * 5_000 + "x",
        "a.b" * 10_000 + ". Dan",
        "." + " " * 20_000 + "x",
    ],
    ids=["long word", "line of dots", "long address", "white space"],
)
def test_long_runs_are_split_in_the_blink_of_an_eye(text: str) -> None:
    began = time.process_time()

    found = sentences(text)

    assert time.process_time() - began < 1
    assert "".join("".join(found).split()) == "".join(text.split())
