"""POST /v1/zoekresultaten."""

from __future__ import annotations

from typing import Any

import httpx
import pytest


def search(client: httpx.Client, **body: Any) -> Any:
    response = client.post("/v1/zoekresultaten", json={"vraag": "hulp aan een gezin na een melding"} | body)
    assert response.status_code == 200, response.text
    return response.json()


def test_the_best_passages_come_first_with_their_place_in_the_source(client: httpx.Client) -> None:
    found = search(client)["zoekresultaten"]

    assert found[0]["bron"]["id"] in {"oud-kader", "nieuw-kader"}
    assert [each["score"] for each in found] == sorted((each["score"] for each in found), reverse=True)
    text = client.get(f"/v1/bronnen/{found[0]['bron']['id']}").json()["tekst"]
    assert text[found[0]["begin"] : found[0]["einde"]] == found[0]["tekst"]


@pytest.mark.parametrize("limit", [1, 2, 2.0])
def test_as_many_come_as_were_asked(client: httpx.Client, limit: float) -> None:
    assert len(search(client, aantal=limit)["zoekresultaten"]) == limit


@pytest.mark.parametrize("limit", [0, 51, "5", True, 1.5, None])
def test_a_number_that_makes_no_sense_is_refused(client: httpx.Client, limit: object) -> None:
    response = client.post("/v1/zoekresultaten", json={"vraag": "wijkteams", "aantal": limit})

    assert [error["veld"] for error in response.json()["fouten"]] == ["aantal"]


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"themas": ["jeugd"]}, {"oud-kader", "nieuw-kader"}),
        ({"uitgevers": ["Gemeente Waterveen"]}, {"wijkplan", "notitie"}),
        ({"statussen": ["geldig"]}, {"wijkplan", "nieuw-kader"}),
        ({"vanaf": "2020-01-01", "tot": "2023-12-31"}, {"nieuw-kader"}),
        ({"geldigOp": "2024-06-01", "themas": ["jeugd"]}, {"nieuw-kader"}),
    ],
)
def test_filters_say_which_sources_are_searched(
    client: httpx.Client, filters: dict[str, Any], expected: set[str]
) -> None:
    assert {each["bron"]["id"] for each in search(client, filters=filters)["zoekresultaten"]} == expected


def test_a_filter_that_names_nothing_is_warned_of(client: httpx.Client) -> None:
    found = search(client, filters={"themas": ["vissen"]})

    assert (found["zoekresultaten"], [each["code"] for each in found["waarschuwingen"]]) == ([], ["filter_onbekend"])
