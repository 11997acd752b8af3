"""Who may do what over HTTP: keys, roles, the cookie of the page, limits, the kill switch."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import httpx
import pytest
from http_server import Served, serve

from assistant import Assistant, Records, Settings, open_records
from integrations.http import create_app
from integrations.http.access import COOKIE

TASK = f"/v1/taken/{'0' * 32}"
QUESTION = {"vraag": "Hoeveel bedden heeft de nachtopvang?"}


@dataclass(frozen=True)
class Locked:
    """A server of its own, with records of its own."""

    served: Served
    records: Records
    settings: Settings

    def get(self, path: str, **headers: str) -> httpx.Response:
        with self.served.client() as client:
            return client.get(path, headers=headers)

    def search(self, **headers: str) -> httpx.Response:
        with self.served.client() as client:
            return client.post("/v1/zoekresultaten", json=QUESTION, headers=headers)


@pytest.fixture
def locked(http_assistant: Assistant, http_settings: Settings, tmp_path: Path) -> Iterator[Locked]:
    http = http_settings.http.model_copy(update={"requests_per_minute": 1000})
    yield from _locked(http_assistant, replace(http_settings, http=http, data=tmp_path / "data"))


@pytest.fixture
def strict(http_assistant: Assistant, http_settings: Settings, tmp_path: Path) -> Iterator[Locked]:
    """Two requests a minute."""
    http = http_settings.http.model_copy(update={"requests_per_minute": 2})
    yield from _locked(http_assistant, replace(http_settings, http=http, data=tmp_path / "data"))


def _locked(assistant: Assistant, settings: Settings) -> Iterator[Locked]:
    with open_records(settings) as records, serve(create_app(assistant, settings, records)) as served:
        yield Locked(served, records, settings)


def test_a_key_gives_access_and_its_role(locked: Locked) -> None:
    user, maintainer = (locked.records.keys.create("naam", role)[0] for role in ("gebruiker", "beheerder"))

    statuses = {
        name: (locked.get("/v1/bronnen", Authorization=f"Bearer {key}").status_code,
               locked.get(TASK, Authorization=f"bearer  {key}").status_code)
        for name, key in (("user", user), ("maintainer", maintainer))
    }  # fmt: skip

    assert statuses == {"user": (200, 403), "maintainer": (200, 404)}


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": ""},
        {"Authorization": "Bearer"},
        {"Authorization": "Basic YTpi"},
        {"Authorization": "Bearer onzin"},
        {"Authorization": "Bearer bw_00000000_" + "0" * 64},
        {"Authorization": "Bearer " + "x" * 10_000},
        {"Cookie": f"{COOKIE}=onzin"},
        {"X-API-Key": "bw_00000000_" + "0" * 64},
    ],
)
def test_without_a_right_key_there_is_no_access(locked: Locked, headers: dict[str, str]) -> None:
    response = locked.get("/v1/bronnen", **headers)

    assert response.status_code == 401
    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers["WWW-Authenticate"].startswith('Bearer realm="beleidswijzer"')
    assert response.json()["title"] == "Niet aangemeld"


def test_two_keys_in_one_request_are_refused(locked: Locked) -> None:
    key = locked.records.keys.create("naam", "gebruiker")[0]
    with locked.served.client() as client:
        response = client.get(
            "/v1/bronnen", headers=[("Authorization", f"Bearer {key}"), ("Authorization", "Bearer ander")]
        )

    assert response.status_code == 401


def test_a_revoked_key_stops_at_once(locked: Locked) -> None:
    secret, key = locked.records.keys.create("naam", "gebruiker")
    before = locked.get("/v1/bronnen", Authorization=f"Bearer {secret}").status_code

    locked.records.keys.revoke(key.id)

    assert (before, locked.get("/v1/bronnen", Authorization=f"Bearer {secret}").status_code) == (200, 401)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "null"}, 200),
        ({"Origin": "{own}"}, 200),
        ({}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "none"}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "{own}"}, 403),
        ({"Origin": "https://elders.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "{own}.elders.example"}, 403),
    ],
)
def test_the_cookie_counts_on_our_own_pages_only(locked: Locked, headers: dict[str, str], status: int) -> None:
    secret = locked.records.keys.create("naam", "gebruiker")[0]
    sent = {name: value.format(own=locked.served.url) for name, value in headers.items()}

    response = locked.search(Cookie=f"{COOKIE}={secret}", **sent)

    assert response.status_code == status


def test_the_cookie_is_enough_to_read(locked: Locked) -> None:
    secret = locked.records.keys.create("naam", "gebruiker")[0]

    assert locked.get("/v1/bronnen", Cookie=f"{COOKIE}={secret}").status_code == 200


def test_a_key_in_the_address_is_not_accepted(locked: Locked) -> None:
    secret = locked.records.keys.create("naam", "beheerder")[0]

    assert locked.get(f"{TASK}?api_key={secret}&access_token={secret}").status_code == 401


def test_who_asks_too_often_is_told_how_long_to_wait(strict: Locked) -> None:
    secret, other = (strict.records.keys.create("naam", "gebruiker")[0] for _ in range(2))

    responses = [strict.get("/v1/bronnen", Authorization=f"Bearer {secret}") for _ in range(3)]

    assert [response.status_code for response in responses] == [200, 200, 429]
    assert 25 <= int(responses[2].headers["Retry-After"]) <= 30
    assert responses[2].json()["title"] == "Te veel vragen"
    assert strict.get("/v1/bronnen", Authorization=f"Bearer {other}").status_code == 200


def test_many_requests_at_once_pass_no_more_than_the_limit(strict: Locked) -> None:
    secret = strict.records.keys.create("naam", "gebruiker")[0]

    async def ask() -> list[int]:
        headers = {"Authorization": f"Bearer {secret}"}
        async with httpx.AsyncClient(base_url=strict.served.url, headers=headers, timeout=60) as client:
            responses = await asyncio.gather(*(client.get("/v1/bronnen") for _ in range(20)))
        return [response.status_code for response in responses]

    assert sorted(asyncio.run(ask())) == [200] * 2 + [429] * 18


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/bronnen"),
        ("POST", "/v1/antwoorden"),
        ("GET", "/openai/v1/models"),
        ("POST", "/openai/v1/chat/completions"),
        ("POST", "/mcp"),
    ],
)
def test_a_closed_service_gives_its_message_at_every_door(locked: Locked, method: str, path: str) -> None:
    secret = locked.records.keys.create("naam", "beheerder")[0]
    locked.records.switch.close("http", "Er is onderhoud tot 14.00 uur.")

    with locked.served.client(secret) as client:
        closed = client.request(method, path, json=QUESTION if method == "POST" else None)
        alive = client.get("/gezondheid/leeft")
        locked.records.switch.reopen("http")
        again = client.get("/v1/bronnen")

    assert closed.status_code == 503
    assert "Er is onderhoud tot 14.00 uur." in closed.text
    assert int(closed.headers["Retry-After"]) > 0
    assert (alive.status_code, again.status_code) == (200, 200)


def test_the_openapi_document_stays_open(locked: Locked) -> None:
    locked.records.switch.close("http", "Dicht.")

    assert locked.get("/v1/openapi.json").status_code == 200


def test_open_access_is_that_of_a_user(http_assistant: Assistant, http_settings: Settings, tmp_path: Path) -> None:
    settings = replace(http_settings, data=tmp_path / "data")
    with open_records(settings) as records:
        app = create_app(http_assistant, settings, records, is_open=True)
        with serve(app) as served, served.client() as client:
            statuses = [client.get("/v1/bronnen").status_code for _ in range(40)]
            forbidden = [client.get(TASK).status_code, client.delete("/v1/bronnen/notitie").status_code]

    assert statuses == [200] * 40
    assert forbidden == [403, 403]


def test_records_that_cannot_be_read_give_503_and_no_access(locked: Locked) -> None:
    secret = locked.records.keys.create("naam", "gebruiker")[0]
    with locked.records.database.writing() as connection:
        connection.execute("ALTER TABLE keys RENAME TO weg")

    response = locked.get("/v1/bronnen", Authorization=f"Bearer {secret}")

    assert response.status_code >= 500
    assert "weg" not in response.text
