"""POST /v1/antwoorden as JSON, over a real socket."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from http_server import Served

ASKED = {"vraag": "Hoeveel wijkteams heeft de gemeente Waterveen?"}


def ask(client: httpx.Client, **body: Any) -> Any:
    response = client.post("/v1/antwoorden", json=ASKED | body)
    assert response.status_code == 200, response.text
    return response.json()


def test_an_answer_quotes_its_source_and_says_that_a_machine_made_it(client: httpx.Client) -> None:
    answer = ask(client)

    assert answer["volledigheid"] == "volledig"
    assert "zes wijkteams" in answer["antwoord"]
    assert answer["antwoord"].endswith("[1]")
    assert answer["citaten"][0]["bron"]["id"] == "wijkplan"
    assert answer["citaten"][0]["citaat"].startswith("De gemeente Waterveen heeft zes wijkteams.")
    assert answer["gegenereerdDoorAi"] is True
    assert len(answer["id"]) == 32


def test_a_citation_opens_our_own_page_at_the_quote(client: httpx.Client, open_server: Served) -> None:
    (citation,) = ask(client)["citaten"]

    assert citation["link"] == (
        f"{open_server.url}/bronnen/wijkplan?van={citation['begin']}&tot={citation['einde']}#z{citation['begin']}"
    )


def test_the_quote_stands_in_the_text_of_the_source_to_the_letter(client: httpx.Client) -> None:
    (citation,) = ask(client)["citaten"]

    source = client.get(f"/v1/bronnen/{citation['bron']['id']}").json()

    assert source["tekst"][citation["begin"] : citation["einde"]] == citation["citaat"]


def test_what_no_source_answers_is_refused_with_200(client: httpx.Client) -> None:
    answer = ask(client, vraag="Wat kost een paspoort in Groningen?")

    assert (answer["volledigheid"], answer["citaten"], answer["beweringen"]) == ("geen", [], [])


def test_a_filter_keeps_other_sources_out(client: httpx.Client) -> None:
    answer = ask(client, filters={"bronnen": ["notitie"]})

    assert answer["volledigheid"] == "geen"
    assert answer["waarschuwingen"] == []


@pytest.mark.parametrize(
    ("filters", "code"),
    [
        ({"bronnen": ["bestaat-niet"]}, "filter_onbekend"),
        ({"uitgevers": ["Niemand"]}, "filter_onbekend"),
        ({"themas": ["niets"]}, "filter_onbekend"),
        ({"vanaf": "2024-01-02", "tot": "2024-01-01"}, "filter_leeg"),
    ],
)
def test_a_filter_that_nothing_fits_is_warned_of(client: httpx.Client, filters: dict[str, Any], code: str) -> None:
    answer = ask(client, filters=filters)

    assert answer["volledigheid"] == "geen"
    assert [caution["code"] for caution in answer["waarschuwingen"]] == [code]


def test_statuses_go_in_and_come_out_by_the_same_words(client: httpx.Client) -> None:
    answer = ask(client, vraag="Binnen hoeveel werkdagen belt een wijkteam?", filters={"statussen": ["vervangen"]})

    assert [citation["bron"]["status"] for citation in answer["citaten"]] == ["vervangen"]
    assert "vervangen" in [caution["code"] for caution in answer["waarschuwingen"]]


def test_a_short_answer_has_one_claim(client: httpx.Client) -> None:
    answer = ask(client, lengte="kort")

    assert len(answer["beweringen"]) == 1


def test_a_follow_up_is_understood_from_the_conversation(client: httpx.Client) -> None:
    history = [
        {"rol": "gebruiker", "tekst": "Hoeveel bedden heeft de nachtopvang aan de Havenkade?"},
        {"rol": "assistent", "tekst": "De nachtopvang aan de Havenkade heeft veertig bedden. [1]"},
    ]

    answer = ask(client, vraag="En wanneer is die open?", geschiedenis=history)

    assert "november tot april" in answer["antwoord"]
    assert "nachtopvang" in answer["begrepenAls"]


def test_client_data_is_neither_answered_nor_repeated(client: httpx.Client) -> None:
    response = client.post("/v1/antwoorden", json={"vraag": "Wat heeft de cliënt met BSN 111222333 nodig?"})

    answer = response.json()
    assert (response.status_code, answer["volledigheid"], answer["geblokkeerd"]) == (200, "geen", ["bsn"])
    assert answer["vraag"] is None
    assert "111222333" not in response.text
