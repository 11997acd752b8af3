"""What the grounding check lets through and what it stops, rule by rule, on small passages."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from fake_embedder import FakeEmbedder

from assistant.embeddings import Vector
from assistant.errors import ModelError
from assistant.grounding import (
    Evidence,
    Grounding,
    SentenceTransformersEntailment,
    Verdict,
    markers,
    without_markers,
)
from assistant.sentences import split_sentences
from assistant.types import Chunk, Document, Passage, Sentence

TEXT = (
    "De leden van de VNG stemden op 14 juni 2023 in met de agenda. "
    "Over 380 miljoen euro bestaat onzekerheid. "
    "Over ruim 650 miljoen euro zijn het Rijk en de VNG het eens. "
    "Gemeenten moeten in de begroting rekening houden met de besparing. "
    "Het wijkteam kan hulp vragen aan Veilig Thuis. "
    "Gemeenten hoeven niet op het toekomstscenario te wachten. "
    "Een cliënt mag niet zonder toestemming worden aangemeld. "
    "De leidraad vervangt het kwaliteitskader. "
    "In 2019 werkte 83 procent van de gemeenten met sociale wijkteams. "
    "Professionals krijgen meer contact met de politie. "
    "In sommige gemeenten is een loket. "
    "Elke regio heeft een eigen aanpak."
)


def passage(text: str = TEXT, title: str = "Hervormingsagenda Jeugd") -> Passage:
    spans = split_sentences(text, 0, len(text))
    sentences = tuple(Sentence(begin, end) for begin, end in spans)
    chunk = Chunk("agenda", 0, (title, "Geld en besparingen"), None, 0, len(text), text, sentences)
    return Passage(chunk, Document("agenda", title, Path("/agenda.md")), score=1.0, dense=0.9, lexical=9.0)


def check(claim: str, *texts: str) -> Verdict:
    evidence = [Evidence(number, passage(text)) for number, text in enumerate(texts or (TEXT,), start=1)]
    return Grounding().check(claim, evidence)


def quoted(verdict: Verdict, text: str = TEXT) -> list[str]:
    return [text[begin:end] for _, begin, end in verdict.quotes]


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("Het wijkteam doet dat [1][3].", (1, 3)),
        ("Het wijkteam doet dat [1, 2] en dat [4].", (1, 2, 4)),
        ("Zie [dit](https://x.nl) en [5](x).", ()),
        ("Geen markering.", ()),
    ],
)
def test_markers_are_read_in_order(text: str, numbers: tuple[int, ...]) -> None:
    assert markers(text) == numbers


def test_a_claim_without_its_markers_keeps_its_punctuation() -> None:
    assert without_markers("Het wijkteam moet dat doen [1][3].") == "Het wijkteam moet dat doen."
    assert without_markers("Dat is zo [2], en dat ook [1, 3].") == "Dat is zo, en dat ook."


@pytest.mark.parametrize(
    "claim",
    [
        "De leden van de VNG stemden op 14 juni 2023 in met de agenda [1].",
        "Op 14-06-2023 stemden de leden van de VNG in met de agenda [1].",
        "Over € 380 miljoen is onzekerheid [1].",
        "Over 380.000.000 euro bestaat onzekerheid [1].",
        "Gemeenten moeten rekening houden met de besparing in hun begroting [1].",
        "Het LT kan hulp vragen aan VT [1].",
        "Het lokale team kan Veilig Thuis om hulp vragen [1].",
        "Het kwaliteitskader is vervangen door de leidraad [1].",
        "In 2019 werkte 83% van de gemeenten met sociale wijkteams [1].",
        "De leden van de VNG stemden op 14 juni 2023 in, en over 380 miljoen euro bestaat onzekerheid [1].",
        "- **Elke regio heeft een eigen aanpak** [1].",
    ],
)
def test_what_the_passage_says_in_other_words_passes(claim: str) -> None:
    verdict = check(claim)

    assert (verdict.supported, verdict.reason) == (True, None)
    assert verdict.quotes


@pytest.mark.parametrize(
    ("claim", "reason"),
    [
        ("Over 380 miljoen euro bestaat onzekerheid.", "geen_markering"),
        ("Over 380 miljoen euro bestaat onzekerheid [2].", "markering_onbekend"),
        ("Over 480 miljoen euro bestaat onzekerheid [1].", "getal"),
        ("Over 650 miljoen euro bestaat onzekerheid [1].", "getal"),
        ("Over 380 miljoen euro zijn het Rijk en de VNG het eens [1].", "getal"),
        ("In 2019 werkte 87 procent van de gemeenten met sociale wijkteams [1].", "getal"),
        ("De leden van de VNG stemden op 15 juni 2023 in met de agenda [1].", "datum"),
        ("De leden van de VNG stemden in mei 2023 in met de agenda [1].", "datum"),
        ("In 2018 werkte 83 procent van de gemeenten met sociale wijkteams [1].", "datum"),
        ("De leden van de Eerste Kamer stemden op 14 juni 2023 in met de agenda [1].", "naam"),
        ("Het wijkteam kan hulp vragen aan het Leger des Heils [1].", "naam"),
        ("De leden van de VNG stemden op 14 juni 2023 niet in met de agenda [1].", "ontkenning"),
        ("Een cliënt mag zonder toestemming worden aangemeld [1].", "ontkenning"),
        ("Gemeenten kunnen in de begroting rekening houden met de besparing [1].", "sterkte"),
        ("Het wijkteam moet hulp vragen aan Veilig Thuis [1].", "sterkte"),
        ("Gemeenten mogen niet op het toekomstscenario wachten [1].", "sterkte"),
        ("In alle gemeenten is een loket [1].", "sterkte"),
        ("Sommige regio's hebben een eigen aanpak [1].", "sterkte"),
        ("Professionals krijgen minder contact met de politie [1].", "inhoud"),
        ("Het kwaliteitskader vervangt de leidraad [1].", "inhoud"),
        ("De leidraad is vervangen door het kwaliteitskader [1].", "inhoud"),
        ("Scholen vergoeden de kosten van zwemlessen [1].", "inhoud"),
        ("The municipality pays for swimming lessons [1].", "taal"),
    ],
)
def test_what_the_passage_does_not_say_is_stopped_with_the_reason(claim: str, reason: str) -> None:
    verdict = check(claim)

    assert verdict == Verdict(False, reason, ())


@pytest.mark.parametrize(
    "text",
    [
        "Zie https://voorbeeld.nl voor meer [1].",
        "Zie www.voorbeeld.nl [1].",
        "![plaatje](x.png) De leidraad vervangt het kwaliteitskader [1].",
        "[De leidraad](x) vervangt het kwaliteitskader [1].",
        "De <b>leidraad</b> vervangt het kwaliteitskader [1].",
        "<!channel> De leidraad vervangt het kwaliteitskader [1].",
        "<@U012AB3CD> De leidraad vervangt het kwaliteitskader [1].",
        "```De leidraad vervangt het kwaliteitskader``` [1].",
    ],
)
def test_text_that_leads_away_or_commands_is_refused(text: str) -> None:
    assert check(text) == Verdict(False, "verboden_tekst", ())


def test_the_quote_is_the_sentence_that_carries_the_claim() -> None:
    verdict = check("Over € 380 miljoen is onzekerheid [1].")

    assert quoted(verdict) == ["Over 380 miljoen euro bestaat onzekerheid."]


def test_two_statements_in_one_claim_are_each_quoted() -> None:
    claim = "De leidraad vervangt het kwaliteitskader, en elke regio heeft een eigen aanpak [1]."

    verdict = check(claim)

    assert quoted(verdict) == ["De leidraad vervangt het kwaliteitskader.", "Elke regio heeft een eigen aanpak."]


def test_every_cited_passage_gets_a_quote() -> None:
    verdict = check("De leidraad vervangt het kwaliteitskader [1][2].", TEXT, "De leidraad is nieuw. Het weer is mooi.")

    assert verdict.supported
    assert {number for number, _, _ in verdict.quotes} == {1, 2}


def test_a_true_sentence_with_the_marker_of_another_passage_is_stopped() -> None:
    verdict = check("De leidraad vervangt het kwaliteitskader [2].", TEXT, "De wijkagent kent de buurt goed.")

    assert not verdict.supported


def test_a_number_of_another_list_item_does_not_carry_the_claim() -> None:
    text = "De opvang heeft 40 plaatsen in Breda. De opvang heeft 60 plaatsen in Tilburg."

    assert check("De opvang heeft 40 plaatsen in Breda [1].", text).supported
    assert not check("De opvang heeft 60 plaatsen in Breda [1].", text).supported


def test_an_english_claim_needs_an_embedder_that_finds_it_near() -> None:
    text = "VNG 14 juni 2023 agenda Rijk."
    claim = "The members of the VNG on 14 June 2023 [1]."

    assert check(claim, text).reason == "taal"
    assert Grounding(Near()).check(claim, [Evidence(1, passage(text))]).supported
    wrong = "The members of the VNG on 15 June 2023 [1]."
    assert Grounding(Near()).check(wrong, [Evidence(1, passage(text))]).reason == "datum"


def test_meaning_lets_a_claim_in_other_words_through_and_rules_still_hold() -> None:
    text = "Het bestuur stelt de begroting in oktober vast."
    other_words = "Het bestuur keurt de begroting goed in oktober [1]."

    assert not check(other_words, text).supported
    assert Grounding(Near()).check(other_words, [Evidence(1, passage(text))]).supported
    assert not Grounding(Near()).check(other_words.replace("oktober", "maart"), [Evidence(1, passage(text))]).supported


def test_an_entailment_model_has_the_last_word() -> None:
    doubter = Judge(0.1)

    verdict = Grounding(entailment=doubter).check(
        "De leidraad vervangt het kwaliteitskader [1].", [Evidence(1, passage())]
    )

    assert verdict == Verdict(False, "entailment", ())
    [(premise, claim)] = doubter.asked
    assert "De leidraad vervangt het kwaliteitskader." in premise
    assert claim == "De leidraad vervangt het kwaliteitskader."


def test_an_entailment_model_that_agrees_changes_nothing() -> None:
    agreeing = Grounding(entailment=Judge(0.9))

    assert agreeing.check("Elke regio heeft een eigen aanpak [1].", [Evidence(1, passage())]).supported


def test_the_label_entailment_is_the_one_that_counts() -> None:
    entailment = SentenceTransformersEntailment("nli", Classifier(("contradiction", "entailment", "neutral")))

    assert entailment.supports("a", "b") == pytest.approx(0.7)


def test_a_cross_encoder_that_does_not_judge_entailment_is_refused() -> None:
    entailment = SentenceTransformersEntailment("reranker", Classifier(("LABEL_0",)))

    with pytest.raises(ModelError, match="reranker"):
        entailment.supports("a", "b")


def test_a_cross_encoder_on_disk_judges_pairs(tmp_path: Path) -> None:
    from transformers import AutoTokenizer, BertConfig, BertForSequenceClassification

    (tmp_path / "vocab.txt").write_text("[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nde\nleidraad\n", encoding="utf-8")
    labels = {0: "contradiction", 1: "neutral", 2: "entailment"}
    config = BertConfig(
        vocab_size=7, hidden_size=8, num_hidden_layers=1, num_attention_heads=1, intermediate_size=8, id2label=labels
    )
    BertForSequenceClassification(config).save_pretrained(tmp_path)
    AutoTokenizer.from_pretrained(tmp_path).save_pretrained(tmp_path)

    probability = SentenceTransformersEntailment(str(tmp_path)).supports("de leidraad", "de leidraad")

    assert 0.0 < probability < 1.0


def test_a_cross_encoder_that_is_not_there_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="kan niet worden geladen"):
        SentenceTransformersEntailment(str(tmp_path / "none")).supports("a", "b")


def test_endless_output_is_not_a_claim() -> None:
    assert check("De leidraad vervangt het kwaliteitskader en " * 400 + "[1].").reason == "inhoud"


def test_nothing_but_a_marker_is_not_a_claim() -> None:
    assert check("[1].").reason == "inhoud"


def test_a_passage_is_taken_apart_and_embedded_once() -> None:
    embedder = FakeEmbedder()
    grounding = Grounding(embedder)
    claim = "The members of the VNG on 14 June 2023 [1]."
    grounding.check(claim, [Evidence(1, passage())])
    asked = len(embedder.queries)

    grounding.check(claim, [Evidence(1, passage())])

    assert asked > 0
    assert len(embedder.queries) == asked


class Near(FakeEmbedder):
    """Finds every two texts near, apart from the sentences that it is calibrated on."""

    def embed_query(self, text: str) -> Vector:
        vector = super().embed_query(text)
        if "bestuur" in text or "VNG" in text:
            vector = np.ones_like(vector) / np.sqrt(len(vector))
        return vector


class Judge:
    """Gives every claim the same probability; remembers what it was asked."""

    def __init__(self, probability: float) -> None:
        self.probability = probability
        self.asked: list[tuple[str, str]] = []

    def supports(self, premise: str, claim: str) -> float:
        self.asked.append((premise, claim))
        return self.probability


class Classifier:
    """A cross-encoder that gives its second label 0.7."""

    def __init__(self, labels: tuple[str, ...]) -> None:
        self.labels = labels

    def probabilities(self, pairs: list[tuple[str, str]]) -> Vector:
        return np.array([[0.1, 0.7, 0.2]] * len(pairs), np.float32)
