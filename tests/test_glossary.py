"""The glossary knows what the field calls by several names, and takes no everyday word for an abbreviation."""

from __future__ import annotations

from collections import defaultdict
from importlib.resources import files

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.glossary import Glossary, content_words
from assistant.language import forms

GROUPS: list[list[str]] = yaml.safe_load(files("assistant").joinpath("glossary.yml").read_text(encoding="utf-8"))


@pytest.fixture
def glossary() -> Glossary:
    return Glossary(
        [
            ["lokaal team", "LT", "wijkteam", "sociaal wijkteam", "team"],
            ["Openbaar Ministerie", "OM"],
            ["huiselijk geweld en kindermishandeling", "HG/KM", "huiselijk geweld"],
            ["ministerie van Justitie en Veiligheid", "J&V"],
            ["zorg- en veiligheidshuis", "ZVH"],
            ["Jeugdwet", "Jw"],
        ]
    )


@pytest.fixture(scope="module")
def packaged() -> Glossary:
    return Glossary.packaged()


def found(glossary: Glossary, text: str) -> list[tuple[str, str]]:
    return [(text[match.begin : match.end], match.full_name) for match in glossary.matches(text)]


def test_longest_form_wins_at_each_place(glossary: Glossary) -> None:
    text = "Het sociaal wijkteam, een wijkteam of een team"

    assert found(glossary, text) == [
        ("sociaal wijkteam", "lokaal team"),
        ("wijkteam", "lokaal team"),
        ("team", "lokaal team"),
    ]


def test_match_does_not_overlap_the_one_before(glossary: Glossary) -> None:
    text = "huiselijk geweld en kindermishandeling, huiselijk geweld en meer"

    assert [text[match.begin : match.end] for match in glossary.matches(text)] == [
        "huiselijk geweld en kindermishandeling",
        "huiselijk geweld",
    ]


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("Wat doet het OM om dit te stoppen?", "Wat doet het Openbaar Ministerie om dit te stoppen?"),
        ("om te helpen", "om te helpen"),
        ("Om te helpen", "Om te helpen"),
        ("OM", "Openbaar Ministerie"),
    ],
)
def test_om_is_a_word_and_OM_an_abbreviation(glossary: Glossary, text: str, written: str) -> None:
    assert glossary.written_out(text) == written


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("LT", "lokaal team"),
        ("lt", "lokaal team"),
        ("De LT's, snel.", "De lokaal team, snel."),
        ("HG/KM in beeld", "huiselijk geweld en kindermishandeling in beeld"),
        ("van J&V", "van ministerie van Justitie en Veiligheid"),
        ("(ZVH)", "(zorg- en veiligheidshuis)"),
        ("Het LT en het ZVH", "Het lokaal team en het zorg- en veiligheidshuis"),
    ],
)
def test_abbreviation_is_written_out_and_the_rest_stays(glossary: Glossary, text: str, written: str) -> None:
    assert glossary.written_out(text) == written


@pytest.mark.parametrize(
    "text", ["wijkteam", "zorg- en veiligheidshuis", "Jw", "huiselijk geweld", "LTO", "OMbudsman", ""]
)
def test_other_words_are_left_as_they_are(glossary: Glossary, text: str) -> None:
    assert glossary.written_out(text) == text


def test_match_carries_the_other_forms_as_words(glossary: Glossary) -> None:
    [match] = glossary.matches("Wat doet een LT?")

    assert (match.begin, match.end, match.full_name, match.is_abbreviation) == (13, 15, "lokaal team", True)
    assert match.others == (("lokaal", "team"), ("wijkteam",), ("sociaal", "wijkteam"), ("team",))


def test_full_name_is_no_abbreviation_and_lists_its_abbreviation(glossary: Glossary) -> None:
    [match] = glossary.matches("Zorg- en veiligheidshuizen of het zorg- en veiligheidshuis")

    assert (match.is_abbreviation, match.others) == (False, (("zvh",),))


def test_empty_glossary_knows_nothing() -> None:
    assert found(Glossary([]), "Wat doet het OM?") == []


def test_first_group_keeps_a_form_that_stands_in_two() -> None:
    glossary = Glossary([["eerste", "dubbel"], ["tweede", "dubbel"]])

    assert found(glossary, "dubbel") == [("dubbel", "eerste")]


def test_content_words_leave_out_function_words() -> None:
    assert content_words(("raad", "voor", "de", "kinderbescherming")) == ("raad", "kinderbescherming")


def test_packaged_glossary_is_a_list_of_groups_of_at_least_two_different_forms() -> None:
    assert [
        group for group in GROUPS if len({tuple(forms(form)) for form in group}) != len(group) or len(group) < 2
    ] == []
    assert [form for group in GROUPS for form in group if not isinstance(form, str) or not forms(form)] == []


def test_packaged_form_means_one_thing() -> None:
    groups_of = defaultdict(list)
    for group in GROUPS:
        for form in group:
            groups_of[tuple(forms(form))].append(group[0])

    assert {form: names for form, names in groups_of.items() if len(names) > 1} == {}


def test_packaged_forms_are_found_whole(packaged: Glossary) -> None:
    lost = [form for group in GROUPS for form in group if found(packaged, f"Over {form}.") != [(form, group[0])]]

    assert lost == []


def test_packaged_abbreviation_is_written_out_as_the_name_of_its_group(packaged: Glossary) -> None:
    for group in GROUPS:
        for form in group[1:]:
            capitals = sum(letter.isupper() or letter.isdigit() for letter in form)
            is_short = len(form) <= 6 and " " not in form and capitals >= 2
            expected = group[0] if is_short else form
            assert packaged.written_out(f"Is {form} zo?") == f"Is {expected} zo?"


def test_packaged_full_names_are_never_replaced(packaged: Glossary) -> None:
    assert [group[0] for group in GROUPS if packaged.written_out(group[0]) != group[0]] == []


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Wat doen GI's en LTs?", ["gecertificeerde instelling", "lokaal team"]),
        ("Is het KGB hetzelfde als het TKGB?", ["Toekomstscenario kind- en gezinsbescherming"] * 2),
        ("dak- en thuislozen", ["dak- en thuislozen"]),
        ("onveiligheid thuis", ["huiselijk geweld en kindermishandeling"]),
        ("de Raad voor de Kinderbescherming", ["Raad voor de Kinderbescherming"]),
        ("JB", ["jeugdbescherming"]),
        ("jeugdbescherming", ["jeugdbescherming"]),
        ("jeugdbeschermer", ["gecertificeerde instelling"]),
        ("de raad, het kind en de wet", []),
        ("pijn, vtw en ombouw", []),
    ],
)
def test_packaged_glossary_knows_the_field(packaged: Glossary, text: str, names: list[str]) -> None:
    assert [match.full_name for match in packaged.matches(text)] == names


WORDS = st.sampled_from(
    [form for group in GROUPS for form in group] + "de om OM het (on)veiligheid voor en . , –".split()
)


@settings(deadline=None)  # the time of a busy machine is no failure
@given(st.lists(WORDS, max_size=12).map(" ".join))
def test_matches_are_in_order_without_overlap_and_written_out_is_stable(text: str) -> None:
    glossary = Glossary(GROUPS)

    edges = [edge for match in glossary.matches(text) for edge in (match.begin, match.end)]
    written = glossary.written_out(text)

    assert edges == sorted(edges)
    assert glossary.written_out(written) == written
