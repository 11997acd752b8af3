"""A question is taken apart as a colleague would: what is asked, what it leans on, and what is only politeness."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.errors import QuestionError
from assistant.glossary import Glossary
from assistant.language import grams, stem
from assistant.question import (
    FRAMING_WEIGHT,
    MAX_CHARACTERS,
    REMEMBERED_WEIGHT,
    SOURCE_WEIGHT,
    SYNONYM_WEIGHT,
    VAGUE_WEIGHT,
    Question,
    check_question,
    expected_kinds,
    understand,
)
from assistant.types import Turn

GLOSSARY = Glossary(
    [
        ["lokaal team", "LT", "wijkteam"],
        ["gecertificeerde instelling", "GI", "jeugdbescherming"],
        ["Openbaar Ministerie", "OM"],
        ["Veilig Thuis", "VT"],
        ["gemeente", "municipality"],
    ]
)
EARLIER = "Welke taken heeft het wijkteam bij huiselijk geweld?"
HISTORY = (Turn("user", EARLIER), Turn("assistant", "Het wijkteam signaleert."))


def ask(text: str, history: tuple[Turn, ...] = ()) -> Question:
    return understand(text, GLOSSARY, history)


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("Hoeveel gemeenten doen mee?", "number"),
        ("Hoe lang duurt het traject?", "number"),
        ("Hoe hoog is de subsidie?", "number"),
        ("Hoe vaak komt het overleg bijeen?", "number"),
        ("Welk percentage gemeenten doet mee?", "number"),
        ("Wat kost een traject?", "number"),
        ("Wat bedraagt de eigen bijdrage?", "number"),
        ("How many municipalities take part?", "number"),
        ("Wanneer start de regeling?", "date"),
        ("wnr start het?", "date"),
        ("Op welke datum gaat de wet in?", "date"),
        ("In welk jaar begon het kernteam?", "date"),
        ("Welke periode beslaat de agenda?", "date"),
        ("When does the law start?", "date"),
        ("Wie is de voorzitter?", "person"),
        ("Wiens taak is het toezicht?", "person"),
        ("Welke burgemeester tekende?", "person"),
        ("Who leads the team?", "person"),
        ("Waar zit het veiligheidshuis?", "place"),
        ("Where is the safety house?", "place"),
        ("Waarom is er een leidraad?", "reason"),
        ("Hoe komt het dat gezinnen wachten?", "reason"),
        ("Why was the framework made?", "reason"),
        ("Welke vijf adviezen geeft de werkgroep?", "list"),
        ("Welke vier nieuwe functies noemt het plan?", "list"),
        ("Noem de adviezen.", "list"),
        ("Som de taken op.", "list"),
        ("Uit welke organisaties bestaat het team?", "list"),
        ("Which organisations take part?", "list"),
        ("Wat zijn de doelen?", "definition list"),
        ("Wat is een kernteam?", "definition"),
        ("Wat betekent ZVH?", "definition"),
        ("Waar staat ZVH voor?", "definition place"),
        ("Wat verstaat men onder onveiligheid?", "definition"),
        ("What is a safety house?", "definition"),
        ("Vergelijk beide documenten.", "comparison"),
        ("Wat is het verschil tussen de leidraad en het kwaliteitskader?", "comparison definition"),
        ("Mag de GI gegevens delen?", "yes_no"),
        ("Moet het wijkteam melden?", "yes_no"),
        ("Is de leidraad verplicht?", "yes_no"),
        ("Zijn er wachtlijsten?", "yes_no"),
        ("Does the law apply?", "yes_no"),
        ("Welke minister tekent en wanneer?", "date person"),
    ],
)
def test_wording_tells_what_kind_of_answer_is_expected(text: str, kinds: str) -> None:
    assert expected_kinds(text) == frozenset(kinds.split())


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("Welke rol heeft de GI?", ""),
        ("Welke gemeente doet mee?", ""),
        ("Welke wet geldt?", ""),
        ("Welke moeten gemeenten nog invullen?", ""),
        ("Wat doet Veilig Thuis?", ""),
        ("Hoe werkt het kernteam?", ""),
        ("Wat vervangt het kwaliteitskader?", ""),
        ("Beslist de lijsttrekker?", ""),
        ("Somber beeld van de zorg?", ""),
        ("Het wijkteam is wijs", ""),
        ("Waarover gaat het stuk?", ""),
        ("Waaruit bestaat het kernteam?", ""),
        ("Waar om gaat het?", ""),
        ("Gaat het team uit van wiegendood?", "yes_no"),
        ("Welke datums noemt het plan?", "list"),
        ("Op welke dag komen welke leden bijeen?", "date"),
        ("Welk aantal leden en welke taken?", "number"),
    ],
)
def test_false_friends_do_not_mislead(text: str, kinds: str) -> None:
    assert expected_kinds(text) == frozenset(kinds.split())


@pytest.mark.parametrize("text", ["WELKE VIJF ADVIEZEN?", "welke vijf adviezen?", "  Welke vijf adviezen?"])
def test_capitals_and_space_make_no_difference(text: str) -> None:
    question = ask(text)

    assert (question.expected, question.count) == (frozenset({"list"}), 5)


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("Welke vijf adviezen geeft de werkgroep?", 5),
        ("Noem drie taken van de GI.", 3),
        ("Welke 12 maatregelen zijn er?", 12),
        ("Welke vier nieuwe landelijke functies komen er?", 4),
        ("Which ten goals are set?", 10),
        ("Welke twintig gemeenten?", 20),
        ("Welke taken heeft de GI?", None),
        ("Noem één taak.", None),
        ("Noem 1 taak van de GI.", None),
        ("Welke plannen zijn er voor 2025?", None),
        ("Het waren er vijf", None),
    ],
)
def test_count_is_how_many_things_are_asked(text: str, count: int | None) -> None:
    assert ask(text).count == count


@pytest.mark.parametrize(
    "text",
    [
        "En wie helpt de GI's dan?",
        "Maar geldt dat ook voor gemeenten?",
        "And who pays?",
        "Waarom?",
        "Hoeveel?",
        "Op welke manier?",
        "Hoe lang duurt dat?",
        "Wie betaalt dat?",
        "Doen zij dat ook?",
        "Wat staat erin over wijkteams?",
        "Is de tweede ook verplicht?",
        "Who pays for it?",
        "En wie betaalt het traject van de jeugdbescherming voor gezinnen in Tilburg?",
    ],
)
def test_follow_up_takes_the_earlier_question_along(text: str) -> None:
    question = ask(text, HISTORY)

    assert question.is_follow_up is True
    assert question.search_text.startswith(EARLIER + " ") is True
    assert question.stems[stem("geweld")] == REMEMBERED_WEIGHT
    assert question.text == text


@pytest.mark.parametrize(
    "text",
    [
        "Welke adviezen geeft de werkgroep over de financiering van het veiligheidshuis?",
        "Wat doet Veilig Thuis bij een melding van kindermishandeling in Tilburg?",
        "Welke partijen ondertekenen afspraken?",
        "Which organisations sign agreements about domestic violence?",
    ],
)
def test_self_contained_question_ignores_the_conversation(text: str) -> None:
    assert ask(text, HISTORY) == ask(text)
    assert ask(text, HISTORY).is_follow_up is False


def test_follow_up_sees_the_names_and_other_forms_of_both_questions() -> None:
    question = ask("En wie betaalt de GI's dan?", (Turn("user", "Wat doet Veilig Thuis?"),))

    assert question.search_text == "Wat doet Veilig Thuis? En wie betaalt de gecertificeerde instelling dan?"
    assert question.names == ("Veilig Thuis", "GI's")
    assert question.stems[stem("instelling")] == 1.0
    assert question.stems[stem("thuis")] == REMEMBERED_WEIGHT
    assert question.synonyms["vt"] == SYNONYM_WEIGHT


def test_the_same_question_about_another_thing_replaces_that_thing() -> None:
    question = ask("En de GI's dan?", (Turn("user", "Wat doet Veilig Thuis?"),))

    assert question.search_text == "Wat doet de gecertificeerde instelling?"
    assert (question.text, question.understood_as) == ("En de GI's dan?", "Wat doet de GI's?")
    assert "vt" not in question.synonyms


def test_what_is_asked_now_outweighs_the_same_word_before() -> None:
    question = ask("En het geweld?", HISTORY)

    assert question.stems[stem("geweld")] == 1.0
    assert question.stems[stem("huiselijk")] == REMEMBERED_WEIGHT


@pytest.mark.parametrize(
    "history",
    [
        (),
        (Turn("assistant", "Het wijkteam signaleert."),),
        (Turn("user", "  "),),
    ],
)
def test_without_an_earlier_question_nothing_is_a_follow_up(history: tuple[Turn, ...]) -> None:
    question = ask("En de GI's dan?", history)

    assert question.is_follow_up is False
    assert question.search_text == "En de gecertificeerde instelling dan?"


def test_only_the_last_question_of_the_user_counts() -> None:
    history = (Turn("user", "Wat doet de politie?"), *HISTORY, Turn("user", "\n"))

    assert ask("Waarom?", history).search_text == f"{EARLIER} Waarom?"


def test_long_earlier_question_is_remembered_from_its_end() -> None:
    earlier = "begin " + "woord " * 200 + "slot?"

    assert ask("Waarom?", (Turn("user", earlier),)).search_text == " ".join(earlier.split())[-600:].strip() + " Waarom?"


@pytest.mark.parametrize(
    ("text", "core"),
    [
        ("Wat is de rol van het wijkteam volgens het advies?", "Wat is de rol van het wijkteam ?"),
        ("Welke taken heeft het wijkteam, aldus de werkgroep?", "Welke taken heeft het wijkteam, ?"),
        ("Volgens de leidraad: welke rol heeft het wijkteam?", ": welke rol heeft het wijkteam?"),
        ("Voor een collegevoorstel wil ik weten wie de regie voert.", "wie de regie voert."),
        ("Ten behoeve van een notitie: welke partijen nemen deel?", "welke partijen nemen deel?"),
        ("In een raadsbrief moet ik uitleggen wat het kernteam doet bij geweld.", "wat het kernteam doet bij geweld."),
        ("For a memo: which parties take part?", "which parties take part?"),
        ("Wat doet het LT bij geweld?", "Wat doet het lokaal team bij geweld?"),
    ],
)
def test_core_leaves_out_where_to_look_and_why_it_is_asked(text: str, core: str) -> None:
    assert ask(text).core_text == core


@pytest.mark.parametrize(
    "text",
    [
        "Wat moet volgens de leidraad?",
        "Wie is volgens de agenda verantwoordelijk?",
        "Voor welke gezinnen is het kernteam bedoeld?",
        "In welk jaar begon het kernteam?",
        "Welke gevolgen heeft de wet?",
    ],
)
def test_core_is_the_whole_question_when_nothing_can_be_missed(text: str) -> None:
    assert ask(text).core_text == text


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Wie is de voorzitter van de Tijdelijke Werkgroep Sociale Impact?", ("Tijdelijke Werkgroep Sociale Impact",)),
        ("Wat zei Femke Halsema over Perspectief 2025?", ("Femke Halsema", "Perspectief")),
        ("Werkt Hart van Brabant samen met het OM?", ("Hart van Brabant", "OM")),
        ("Doet het OM mee met het OM?", ("OM",)),
        ("Mag dat? Wie beslist?", ()),
        ("wat doet het wijkteam?", ()),
    ],
)
def test_names_are_capitalised_words_inside_the_question(text: str, names: tuple[str, ...]) -> None:
    assert ask(text).names == names


def test_numbers_keep_their_separators_and_come_once() -> None:
    assert ask("Wat staat in art. 2.3 over 1.000,50 euro in 2024 en 2024?").numbers == ("2.3", "1.000,50", "2024")


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("Wie is de voorzitter van de werkgroep?", "voorzitter"),
        ("Welke twee taken heeft de GI?", "taken"),
        ("Welk soort hulp biedt het team?", "hulp"),
        ("Voor een notitie: welke partijen nemen deel?", "partijen"),
        ("Noem de belangrijkste adviezen van de werkgroep.", "adviezen"),
    ],
)
def test_focus_is_the_very_thing_asked(text: str, word: str) -> None:
    assert ask(text).focus == frozenset(grams(word))


def test_question_without_a_thing_has_no_focus() -> None:
    assert ask("Hoe en waarom?").focus == frozenset()


def test_words_weigh_by_what_they_say() -> None:
    stems = ask("Voor een notitie: welke concrete eisen stelt de provincie volgens de handreiking?").stems

    assert {word: stems[stem(word)] for word in ("notitie", "concrete", "eisen", "provincie", "handreiking")} == {
        "notitie": FRAMING_WEIGHT,
        "concrete": VAGUE_WEIGHT,
        "eisen": 1.0,
        "provincie": 1.0,
        "handreiking": SOURCE_WEIGHT,
    }


def test_function_words_have_no_weight() -> None:
    assert set(ask("Wat doet het wijkteam voor de inwoners?").stems) == {stem("wijkteam"), stem("inwoners")}


def test_grams_of_a_word_share_its_weight() -> None:
    assert ask("Wat doet het wijkteam?").grams == dict.fromkeys(grams("wijkteam"), 0.25)


def test_other_names_of_a_thing_are_synonyms_that_share_their_weight() -> None:
    question = ask("Wat doet het wijkteam?")

    assert question.synonyms == {stem("lokaal"): SYNONYM_WEIGHT / 2, "team": SYNONYM_WEIGHT / 2, "lt": SYNONYM_WEIGHT}
    assert question.alternatives == {
        "wijkteam": frozenset({frozenset({stem("lokaal"), "team"}), frozenset({"lt"})}),
    }


def test_word_that_is_asked_for_is_not_a_synonym_too() -> None:
    question = ask("Helpt het wijkteam een team?")

    assert question.synonyms == {stem("lokaal"): SYNONYM_WEIGHT / 2, "lt": SYNONYM_WEIGHT}


def test_laws_and_bodies_named_come_with_all_their_forms() -> None:
    gi = frozenset({("gi",), ("gecertificeerde", "instelling"), ("jeugdbescherming",)})

    assert ask("Wat doet de GI met de gemeente?").named == (gi,)
    assert ask("Wat doet een gecertificeerde instelling?").named == (gi,)
    assert ask("Wat doet de jeugdbescherming?").named == ()


def test_abbreviation_is_written_out_for_search_but_not_in_the_question() -> None:
    question = ask("Wat doet het OM om dit te stoppen?")

    assert question.text == "Wat doet het OM om dit te stoppen?"
    assert question.search_text == "Wat doet het Openbaar Ministerie om dit te stoppen?"


def test_language_is_that_of_the_question_not_of_the_conversation() -> None:
    assert ask("Who pays for it?", HISTORY).language == "en"
    assert ask("Wie betaalt dat?", (Turn("user", "What does the team do?"),)).language == "nl"


@pytest.mark.parametrize("text", ["", " ", "\n\t ", "\x00\x01", "\x7f\x85", "\u200b\ufeff", "\u00a0", "\ud83d"])
def test_question_without_anything_to_read_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(QuestionError) as refusal:
        ask(text)

    assert str(refusal.value) == 'De vraag is leeg. Typ een vraag, bijvoorbeeld: "Wat doet Veilig Thuis?"'
    assert refusal.value.exit_code == 2


def test_too_long_question_is_refused_with_its_length_but_not_its_words() -> None:
    with pytest.raises(QuestionError) as refusal:
        ask("a" * 20_000)

    assert str(refusal.value) == (
        "De vraag is te lang: 20000 tekens, het maximum is 4000. Maak de vraag korter of splits haar op."
    )


def test_longest_question_is_taken() -> None:
    assert check_question(f"  {'a' * MAX_CHARACTERS}\n") == "a" * MAX_CHARACTERS
    with pytest.raises(QuestionError):
        check_question("a" * (MAX_CHARACTERS + 1))


@pytest.mark.parametrize("character", ["\x00", "\n", "\t", "\x1b", "\x7f", "\x9b", "\ud83d"])
def test_what_no_reader_can_see_becomes_a_space(character: str) -> None:
    assert check_question(f"{character}Wat doet{character}de GI?") == "Wat doet de GI?"


def test_half_a_character_in_the_conversation_is_not_searched() -> None:
    question = ask("Waarom?", (Turn("user", "Wat doet \ud83d de politie?\x00"),))

    assert question.search_text.encode() == b"Wat doet de politie? Waarom?"


@settings(deadline=None)  # the first stem loads the stemmer
@given(st.text(max_size=120).map("Wat {}?".format), st.text(max_size=120))
def test_any_text_is_understood(text: str, earlier: str) -> None:
    question = understand(text, GLOSSARY, (Turn("user", earlier),))

    assert question.search_text.encode().decode() == question.search_text
    assert (question.count or 2) > 1
    assert {weight for weight in question.stems.values() if not 0 < weight <= 1} == set()
    assert set(question.synonyms) & set(question.stems) == set()
