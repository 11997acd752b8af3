"""POST /v1/beoordelingen: what is kept of it, and what is not."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from assistant import Feedback, Records

GIVEN = {"antwoordId": "0123456789abcdef" * 2, "oordeel": "goed"}


def kept(records: Records, response: httpx.Response) -> Feedback:
    assert response.status_code == 201, response.text
    (found,) = (each for each in records.feedback.list() if each.id == response.json()["id"])
    return found


def test_a_verdict_is_kept(client: httpx.Client, http_records: Records) -> None:
    response = client.post("/v1/beoordelingen", json=GIVEN | {"oordeel": "fout", "opmerking": "Dit is verouderd."})

    feedback = kept(http_records, response)
    assert (feedback.answer_id, feedback.verdict, feedback.remark) == (GIVEN["antwoordId"], "fout", "Dit is verouderd.")
    assert feedback.door == "http"


@pytest.mark.parametrize("choice", [{}, {"vraagBewaren": False}])
def test_the_question_is_not_kept_unless_its_sender_says_so(
    client: httpx.Client, http_records: Records, choice: dict[str, Any]
) -> None:
    response = client.post("/v1/beoordelingen", json=GIVEN | {"vraag": "Hoeveel wijkteams zijn er?"} | choice)

    assert kept(http_records, response).question is None
    assert response.json()["vraagBewaard"] is False


def test_client_data_is_taken_out_of_what_is_kept(client: httpx.Client, http_records: Records) -> None:
    body = GIVEN | {
        "opmerking": "Bel mij op 06-12345678.",
        "vraag": "Wat doe ik voor BSN 111222333?",
        "vraagBewaren": True,
    }

    response = client.post("/v1/beoordelingen", json=body)

    feedback = kept(http_records, response)
    assert feedback.question is not None
    assert feedback.remark is not None
    assert "111222333" not in feedback.question
    assert "12345678" not in feedback.remark
    assert response.json()["vraagBewaard"] is True


def test_what_was_sent_is_not_sent_back(client: httpx.Client) -> None:
    response = client.post("/v1/beoordelingen", json=GIVEN | {"opmerking": "Een zin die niet terugkomt."})

    assert "terugkomt" not in response.text


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"antwoordId": "../x"}, "antwoordId"),
        ({"antwoordId": "A" * 32}, "antwoordId"),
        ({"oordeel": "matig"}, "oordeel"),
        ({"opmerking": "x" * 2001}, "opmerking"),
        ({"vraagBewaren": "ja"}, "vraagBewaren"),
        ({"naam": "x"}, ""),
    ],
)
def test_wrong_feedback_is_refused_whole(
    client: httpx.Client, http_records: Records, change: dict[str, Any], field: str
) -> None:
    before = len(http_records.feedback.list())

    response = client.post("/v1/beoordelingen", json=GIVEN | change)

    assert (response.status_code, [error["veld"] for error in response.json()["fouten"]]) == (400, [field])
    assert len(http_records.feedback.list()) == before
