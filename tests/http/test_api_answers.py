"""POST /v1/antwoorden, over a real socket."""

from __future__ import annotations

import httpx

QUESTION = {"vraag": "Hoeveel wijkteams heeft de gemeente Waterveen?"}


def test_an_answer_quotes_its_source(client: httpx.Client) -> None:
    response = client.post("/v1/antwoorden", json=QUESTION)

    answer = response.json()
    assert response.status_code == 200
    assert answer["volledigheid"] == "volledig"
    assert answer["citaten"][0]["citaat"].startswith("De gemeente Waterveen heeft zes wijkteams.")
    assert answer["gegenereerdDoorAi"] is True


def test_a_stream_ends_with_the_whole_answer(client: httpx.Client) -> None:
    response = client.post("/v1/antwoorden", json=QUESTION, headers={"Accept": "text/event-stream"})

    names = [line.removeprefix("event: ") for line in response.text.splitlines() if line.startswith("event: ")]
    assert names == ["passages", "citaat", "tekst", "klaar"]
