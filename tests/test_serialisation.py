from __future__ import annotations

import json
from datetime import date
from pathlib import Path

from assistant.serialisation import answer_as_json, document_as_json, passage_as_json
from assistant.types import Answer, Caution, Chunk, Citation, Claim, Document, Passage, Source

OLD = Document("kader", "Kader", Path("/k.pdf"), publisher="VNG", published=date(2019, 11, 21), status="superseded")
UNDATED = Document("nota", "Nota", Path("/n.md"), url="https://example.nl")
ANSWER = Answer(
    question="Wat vervangt het kader?",
    text="De leidraad. [1]",
    completeness="partial",
    method="extractive",
    language="nl",
    claims=(Claim("De leidraad.", (1,)),),
    citations=(Citation(1, OLD, ("Inleiding", "Doel"), 3, "De leidraad.", 120, 132, "file:///k.pdf#page=3"),),
    warnings=(Caution("vervangen", "Dit document is vervangen."),),
    duration_ms=12.345,
)


def test_answer_has_exactly_the_keys_that_were_agreed() -> None:
    assert answer_as_json(ANSWER, "q1") == {
        "id": "q1",
        "vraag": "Wat vervangt het kader?",
        "antwoord": "De leidraad. [1]",
        "volledigheid": "gedeeltelijk",
        "werkwijze": "extractief",
        "taal": "nl",
        "beweringen": [{"tekst": "De leidraad.", "citaten": [1]}],
        "citaten": [
            {
                "nummer": 1,
                "bron": {
                    "id": "kader",
                    "titel": "Kader",
                    "uitgever": "VNG",
                    "publicatiedatum": "2019-11-21",
                    "status": "superseded",
                    "url": None,
                },
                "kop": "Inleiding › Doel",
                "pagina": 3,
                "citaat": "De leidraad.",
                "begin": 120,
                "einde": 132,
                "link": "file:///k.pdf#page=3",
            }
        ],
        "waarschuwingen": [{"code": "vervangen", "tekst": "Dit document is vervangen."}],
        "begrepenAls": None,
        "geblokkeerd": [],
        "model": None,
        "promptversie": None,
        "verwijderdeBeweringen": 0,
        "duurMs": 12.3,
    }


def test_refusal_has_empty_lists_and_no_id() -> None:
    refusal = answer_as_json(Answer("Wat?", "Dat staat er niet.", "none", "generative", "nl"))

    assert (refusal["id"], refusal["volledigheid"], refusal["werkwijze"]) == (None, "geen", "generatief")
    assert (refusal["beweringen"], refusal["citaten"], refusal["waarschuwingen"]) == ([], [], [])
    json.dumps(refusal)


def test_passage_tells_where_it_stands() -> None:
    piece = Chunk("nota", 0, ("Doel",), None, 5, 9, "Doel", ())

    value = passage_as_json(Passage(piece, UNDATED, 0.81234, 0.9, 3.2))

    assert (value["score"], value["kop"], value["pagina"]) == (0.8123, "Doel", None)
    assert (value["tekst"], value["begin"], value["einde"]) == ("Doel", 5, 9)
    assert value["bron"]["publicatiedatum"] is None


def test_document_comes_with_its_text_only_when_asked() -> None:
    assert "tekst" not in document_as_json(UNDATED)
    assert document_as_json(UNDATED, Source("Inhoud", (), ()))["tekst"] == "Inhoud"
