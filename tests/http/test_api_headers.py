"""CORS, HEAD, host names and headers: what browsers and proxies go by."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import httpx
import pytest
from http_server import serve

from assistant import Assistant, Records, Settings
from integrations.http import create_app

OWN, OTHER = "https://intranet.example", "https://elders.example"
ASKED = {"vraag": "Hoeveel wijkteams heeft de gemeente Waterveen?"}


@pytest.fixture
def allowing(http_assistant: Assistant, http_settings: Settings, http_records: Records) -> Iterator[httpx.Client]:
    """A client of a server that lets the pages of one other web site in, and is reached under its own name."""
    http = http_settings.http.model_copy(update={"origins": (OWN,), "base_url": "https://wijzer.example/beleid/"})
    app = create_app(http_assistant, replace(http_settings, http=http), http_records, is_open=True)
    with serve(app) as served, served.client() as client:
        yield client


def preflight(client: httpx.Client, origin: str) -> httpx.Response:
    headers = {
        "Origin": origin,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type",
    }
    return client.options("/v1/antwoorden", headers={"Origin": origin, **headers})


def test_a_page_on_the_list_may_ask(allowing: httpx.Client) -> None:
    asked = preflight(allowing, OWN)
    answered = allowing.post("/v1/antwoorden", json=ASKED, headers={"Origin": OWN})

    assert (asked.status_code, asked.headers["access-control-allow-origin"]) == (204, OWN)
    assert "POST" in asked.headers["access-control-allow-methods"]
    assert "Content-Type" in asked.headers["access-control-allow-headers"]
    assert answered.headers["access-control-allow-origin"] == OWN
    assert "Origin" in answered.headers["vary"]


def test_a_page_that_is_not_on_the_list_may_not(allowing: httpx.Client) -> None:
    asked = preflight(allowing, OTHER)
    answered = allowing.post("/v1/antwoorden", json=ASKED, headers={"Origin": OTHER})

    assert (asked.status_code, asked.headers["content-type"]) == (403, "application/problem+json")
    assert "access-control-allow-origin" not in asked.headers
    assert "access-control-allow-origin" not in answered.headers


def test_a_page_on_the_list_can_read_errors_too(allowing: httpx.Client) -> None:
    response = allowing.post("/v1/antwoorden", json={}, headers={"Origin": OWN})

    assert (response.status_code, response.headers["access-control-allow-origin"]) == (400, OWN)


def test_without_a_list_no_page_of_others_may(client: httpx.Client) -> None:
    assert preflight(client, OWN).status_code == 403


def test_the_openapi_document_may_be_read_by_any_page(client: httpx.Client) -> None:
    headers = {"Origin": OTHER, "Access-Control-Request-Method": "GET"}

    response = client.options("/v1/openapi.json", headers=headers)

    assert (response.status_code, response.headers["access-control-allow-origin"]) == (204, "*")


@pytest.mark.parametrize(
    "path", ["/v1/bronnen", "/v1/bronnen/wijkplan", "/v1/bronnen/wijkplan/bestand", "/v1/openapi.json"]
)
def test_head_is_get_without_the_body(client: httpx.Client, path: str) -> None:
    got, headed = client.get(path), client.head(path)

    assert (headed.status_code, headed.content) == (200, b"")
    for name in ("content-type", "content-length", "api-version"):
        assert headed.headers[name] == got.headers[name]


def test_head_of_what_is_not_there_is_not_found(client: httpx.Client) -> None:
    assert client.head("/v1/bronnen/onbekend").status_code == 404
    assert client.head("/v1/antwoorden").status_code == 405


@pytest.mark.parametrize(
    "host", ["kwaad.example", "127.0.0.1.kwaad.example", "localhost.kwaad.example:80", "[", "localhost:x@kwaad.example"]
)
def test_a_service_without_keys_answers_under_its_own_names_only(client: httpx.Client, host: str) -> None:
    response = client.get("/v1/bronnen", headers={"Host": host})

    assert response.status_code in {400, 421}
    assert "wijkplan" not in response.text


def test_links_and_document_carry_the_address_that_users_know(allowing: httpx.Client) -> None:
    answer = allowing.post("/v1/antwoorden", json=ASKED).json()
    document = allowing.get("/v1/openapi.json").json()

    assert answer["citaten"][0]["link"].startswith("https://wijzer.example/beleid/bronnen/wijkplan?van=")
    assert document["servers"][0]["url"] == "https://wijzer.example/beleid/v1"
    source = allowing.get("/v1/bronnen/wijkplan").json()
    assert source["bestand"] == "https://wijzer.example/beleid/v1/bronnen/wijkplan/bestand"


def test_a_request_keeps_its_number(client: httpx.Client) -> None:
    response = client.get("/v1/bronnen", headers={"X-Request-Id": "verzoek-12"})

    assert response.headers["x-request-id"] == "verzoek-12"
