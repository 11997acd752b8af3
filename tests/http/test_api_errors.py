"""What clients do wrong, and what they are told: problem details, all at once, nothing repeated, the service alive."""

from __future__ import annotations

import json
import socket
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from http_server import Served

ANSWERS = "/v1/antwoorden"
ASKED = {"vraag": "Hoeveel wijkteams heeft de gemeente Waterveen?"}
AS_JSON = {"Content-Type": "application/json"}
SECRET = "jansenzijndossier"


def problem(response: httpx.Response, status: int) -> dict[str, Any]:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    found: dict[str, Any] = response.json()
    assert found["status"] == status
    assert found["title"]
    assert found["detail"]
    return found


def fields(response: httpx.Response) -> list[str]:
    return [error["veld"] for error in problem(response, 400)["fouten"]]


def test_everything_that_is_wrong_is_told_at_once_in_dutch(client: httpx.Client) -> None:
    body = {
        "vraag": "",
        "lengte": "lang",
        "geschiedenis": [{"rol": "koning"}],
        "filters": {"statussen": ["nieuw"], "vanaf": "gisteren", "kleur": "rood"},
        "extra": 1,
    }

    found = problem(client.post(ANSWERS, json=body), 400)

    assert {error["veld"]: error["melding"] for error in found["fouten"]} == {
        "vraag": "'vraag' mag niet leeg zijn.",
        "lengte": "'lengte' moet een van deze waarden zijn: 'kort', 'normaal' of 'uitgebreid'.",
        "geschiedenis.0.rol": "'geschiedenis.0.rol' moet een van deze waarden zijn: 'gebruiker' of 'assistent'.",
        "geschiedenis.0.tekst": "'geschiedenis.0.tekst' ontbreekt.",
        "filters.statussen.0": "'filters.statussen.0' moet een van deze waarden zijn: 'geldig', 'verouderd', "
        "'vervangen' of 'onbekend'.",
        "filters.vanaf": "'filters.vanaf' moet een datum zijn, zoals 2021-07-03.",
        "filters": "Hier staat een veld dat niet bestaat. "
        "Toegestaan: bronnen, uitgevers, themas, statussen, vanaf, tot, geldigOp.",
        "": "Hier staat een veld dat niet bestaat. Toegestaan: vraag, geschiedenis, filters, lengte.",
    }


@pytest.mark.parametrize(
    "body",
    [
        {SECRET: 1},
        {"vraag": SECRET * 1000},
        {"vraag": [SECRET]},
        ASKED | {"lengte": SECRET},
        ASKED | {"filters": {"vanaf": SECRET, SECRET: SECRET}},
        ASKED | {"geschiedenis": [{"rol": SECRET, "tekst": SECRET}]},
    ],
)
def test_nothing_that_was_sent_is_repeated(client: httpx.Client, body: dict[str, Any]) -> None:
    response = client.post(ANSWERS, json=body)

    problem(response, 400)
    assert SECRET not in response.text + str(response.headers)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b'"vraag"',
        b'{"vraag": "wat is dat?", "vraag": "wat is dit?"}',
        b'{"vraag": NaN}',
        b'{"vraag": "wat is dat?", "lengte": 1e999}',
        b'{"vraag": ' + b"9" * 5000 + b"}",
        b'{"vraag": "\xff\xfe"}',
        b'{"vraag": "wat is dat? \\ud800"}',
        b'{"vraag": "wat\tis dat?"}',  # JSON wants control characters escaped
        b'{"vraag": "wat is dat?"} {}',
        '{"vraag": "wat is dat?"}'.encode("utf-16"),
        b'{"vraag": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"a":' * 30_000 + b"1" + b"}" * 30_000,
    ],
)
def test_a_body_that_can_be_read_in_two_ways_or_none_is_refused(client: httpx.Client, content: bytes) -> None:
    problem(client.post(ANSWERS, content=content, headers=AS_JSON), 400)


@pytest.mark.parametrize("question", [" ", "\x00", "\u200b", "!?", "\ufffd", "…", "😀"])
def test_a_question_without_a_letter_or_digit_is_refused(client: httpx.Client, question: str) -> None:
    assert fields(client.post(ANSWERS, json={"vraag": question})) == ["vraag"]


def test_control_characters_in_a_question_do_no_harm(client: httpx.Client) -> None:
    response = client.post(
        ANSWERS, json={"vraag": "Hoeveel\x00 wijkteams\x1b[31m heeft\x07 de gemeente Waterveen?\x7f"}
    )

    assert response.status_code == 200
    assert "zes wijkteams" in response.json()["antwoord"]


@pytest.mark.parametrize(("turns", "status"), [(20, 200), (21, 400), (3_000, 400), (10_000, 413)])
def test_a_conversation_has_a_limit(client: httpx.Client, turns: int, status: int) -> None:
    body = ASKED | {"geschiedenis": [{"rol": "gebruiker", "tekst": "Hoi"}] * turns}

    response = client.post(ANSWERS, json=body)

    assert response.status_code == status
    if status == 400:
        assert fields(response) == ["geschiedenis"]


@pytest.mark.parametrize(("characters", "status"), [(4_000, 200), (4_001, 400)])
def test_a_question_has_a_limit(client: httpx.Client, characters: int, status: int) -> None:
    question = ("Hoeveel wijkteams zijn er? " * 200)[:characters]

    assert client.post(ANSWERS, json={"vraag": question}).status_code == status


def test_a_body_of_a_megabyte_is_refused(client: httpx.Client) -> None:
    problem(client.post(ANSWERS, content=b" " * 1_000_000, headers=AS_JSON), 413)


def test_a_body_without_a_length_is_cut_off_at_the_limit(client: httpx.Client) -> None:
    def endless() -> Any:
        for _ in range(100):
            yield b" " * 10_000

    problem(client.post(ANSWERS, content=endless(), headers=AS_JSON), 413)


@pytest.mark.parametrize("announced", ["262145", "9" * 400])
def test_a_body_that_is_announced_too_large_is_not_waited_for(open_server: Served, announced: str) -> None:
    head = f"POST {ANSWERS} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {announced}\r\n\r\n"

    answered = raw(open_server, head.encode())

    assert answered.startswith((b"HTTP/1.1 413 ", b"HTTP/1.1 400 "))


@pytest.mark.parametrize(
    "content_type",
    [
        None,
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/json; charset=iso-8859-1",
        "application/xml",
        "application/json, text/plain",
        "json",
    ],
)
def test_another_content_type_than_json_is_refused(client: httpx.Client, content_type: str | None) -> None:
    headers = {"Content-Type": content_type} if content_type else {}

    response = client.post(ANSWERS, content=json.dumps(ASKED).encode(), headers=headers)

    problem(response, 415)
    assert response.headers["accept"] == "application/json"


@pytest.mark.parametrize("content_type", ["application/json; charset=utf-8", "APPLICATION/JSON"])
def test_json_may_name_its_characters(client: httpx.Client, content_type: str) -> None:
    response = client.post(ANSWERS, content=json.dumps(ASKED).encode(), headers={"Content-Type": content_type})

    assert response.status_code == 200


@pytest.mark.parametrize(
    ("method", "path"), [("POST", ANSWERS), ("POST", "/v1/zoekresultaten"), ("GET", "/v1/bronnen")]
)
@pytest.mark.parametrize("accept", ["text/html", "application/json;q=0", "image/*, text/csv;q=0.9", ";", "a/b;q=x"])
def test_a_type_that_we_do_not_have_is_not_acceptable(
    client: httpx.Client, method: str, path: str, accept: str
) -> None:
    body = ASKED if method == "POST" else None

    problem(client.request(method, path, json=body, headers={"Accept": accept}), 406)


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("*/*", "application/json"),
        ("application/*", "application/json"),
        ("text/html, */*;q=0.1", "application/json"),
        ("text/event-stream", "text/event-stream"),
        ("application/json;q=0.5, text/event-stream", "text/event-stream"),
        ("text/event-stream;q=0.5, application/json", "application/json"),
        ("text/event-stream;q=0, */*", "application/json"),
    ],
)
def test_the_type_that_the_client_likes_best_is_given(client: httpx.Client, accept: str, expected: str) -> None:
    response = client.post(ANSWERS, json=ASKED, headers={"Accept": accept})

    assert response.headers["content-type"].split(";")[0] == expected


@pytest.mark.parametrize(
    "path", ["/v1/", "/v1/bestaat-niet", "/v1/bronnen/", "/v1/antwoorden/", "/v1//bronnen", "/V1/bronnen"]
)
def test_an_unknown_path_is_not_found(client: httpx.Client, path: str) -> None:
    problem(client.get(path), 404)


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", ANSWERS, "POST"),
        ("PUT", "/v1/zoekresultaten", "POST"),
        ("PATCH", "/v1/bronnen/wijkplan/bestand", "GET, HEAD"),
        ("TRACE", "/v1/beoordelingen", "POST"),
        ("OPTIONS", "/v1/openapi.json", "GET, HEAD"),
    ],
)
def test_a_method_that_is_not_there_is_told_with_those_that_are(
    client: httpx.Client, method: str, path: str, allowed: str
) -> None:
    response = client.request(method, path)

    problem(response, 405)
    assert response.headers["allow"] == allowed


@pytest.mark.parametrize(
    ("identifier", "status"),
    [
        ("..%2F..%2Fetc%2Fpasswd", 404),
        ("%2e%2e%2f%2e%2e%2fetc", 404),
        ("..%5c..%5cwindows", 400),
        ("%2e%2e", 400),
        ("wijkplan%00.md", 400),
        ("%ff%fe", 400),
        ("wijkplan.md", 404),
        ("WIJKPLAN", 404),
        ("x" * 201, 400),
        ("%0d%0aSet-Cookie:x=1", 404),
    ],
)
@pytest.mark.parametrize("rest", ["", "/bestand"])
def test_an_id_opens_documents_of_the_catalogue_only(
    client: httpx.Client, identifier: str, status: int, rest: str
) -> None:
    response = client.get(f"/v1/bronnen/{identifier}{rest}")

    problem(response, status)
    assert "set-cookie" not in response.headers


@pytest.mark.parametrize(
    "query", ["pagina=0", "pagina=x", "aantalPerPagina=1001", "pagina=1.5", "kleur=rood", "pagina="]
)
def test_a_wrong_query_is_refused(client: httpx.Client, query: str) -> None:
    problem(client.get(f"/v1/bronnen?{query}"), 400)


def test_who_does_not_say_who_they_are_is_told_so_before_anything_is_read(locked_server: Served) -> None:
    with locked_server.client() as stranger:
        response = stranger.post(ANSWERS, content=b"{", headers={"Content-Type": "text/plain"})

    problem(response, 401)
    assert response.headers["www-authenticate"].startswith("Bearer")


def test_what_is_no_http_does_not_stop_the_service(open_server: Served, client: httpx.Client) -> None:
    for nonsense in (b"\x16\x03\x01\x02\x00", b"GET\r\n\r\n", b"\x00" * 100, b"GET / HTTP/9.9\r\n\r\n"):
        raw(open_server, nonsense)

    assert client.post(ANSWERS, json=ASKED).status_code == 200


def raw(server: Served, data: bytes) -> bytes:
    """What the server says to bytes that no client library would send."""
    address = urlsplit(server.url)
    with socket.create_connection((address.hostname, address.port), timeout=20) as connection:
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        return connection.recv(65_536)
