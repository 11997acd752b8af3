"""Clients that send nothing, too slowly, too much or nonsense: each is cut off, and the service goes on."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
import uvicorn
from http_server import Served
from starlette.types import Receive, Scope, Send

from assistant import Assistant, Records, Settings
from integrations.http import create_app
from integrations.http.connections import Patience
from integrations.http.serving import Gate, server_config

QUESTION = {"vraag": "Hoeveel wijkteams heeft Waterveen?"}
SHORT = Patience(head_seconds=1.0, body_seconds=1.0, idle_seconds=1, waiting=250)
LIVES = b"GET /gezondheid/leeft HTTP/1.1\r\nHost: localhost\r\n\r\n"

ASK = b"POST /v1/antwoorden HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"


@contextmanager
def running(config: uvicorn.Config) -> Iterator[Served]:
    """A server as `beleidswijzer serve` runs it, in a thread."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            while not server.started and thread.is_alive():
                thread.join(0.01)
            yield Served(f"http://127.0.0.1:{listener.getsockname()[1]}")
        finally:
            server.should_exit = True
            thread.join(20)


@pytest.fixture(scope="module")
def served(http_assistant: Assistant, http_settings: Settings, http_records: Records) -> Iterator[Served]:
    """The real service with little patience."""
    app = create_app(http_assistant, http_settings, http_records, is_open=True)
    with running(server_config(app, http_settings, SHORT)) as served:
        yield served


def connected(served: Served) -> socket.socket:
    host, port = served.url.removeprefix("http://").split(":")
    return socket.create_connection((host, int(port)), timeout=20)


def received(client: socket.socket) -> bytes:
    """Everything that the server sends until it closes."""
    parts = []
    try:
        while part := client.recv(65_536):
            parts.append(part)
    except ConnectionResetError:
        pass
    return b"".join(parts)


def sent(served: Served, *messages: bytes) -> bytes:
    """What comes back for these bytes, sent at once, until the server closes."""
    with connected(served) as client:
        client.sendall(b"".join(messages))
        return received(client)


def memory_megabytes() -> float:
    """Of this process, the server included."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def is_alive(served: Served) -> bool:
    return httpx.post(f"{served.url}/v1/antwoorden", json=QUESTION, timeout=30).status_code == 200


def test_200_silent_connections_keep_nobody_out_and_are_closed(served: Served) -> None:
    assert is_alive(served)  # the model is loaded
    before = memory_megabytes()
    with ExitStack() as stack:
        silent = [stack.enter_context(connected(served)) for _ in range(200)]

        alive, grown = is_alive(served), memory_megabytes() - before

        assert alive
        assert grown < 50
        assert [received(client) for client in silent] == [b""] * 200
    assert is_alive(served)


def test_more_silent_connections_than_may_wait_push_out_the_oldest(
    http_assistant: Assistant, http_settings: Settings, http_records: Records
) -> None:
    app = create_app(http_assistant, http_settings, http_records, is_open=True)
    patience = Patience(head_seconds=60, waiting=20)
    with running(server_config(app, http_settings, patience)) as served, ExitStack() as stack:
        silent = [stack.enter_context(connected(served)) for _ in range(60)]

        assert is_alive(served)
        assert [received(client) for client in silent[:40]] == [b""] * 40


def test_headers_that_dribble_in_are_cut_off_in_time(served: Served) -> None:
    with connected(served) as client:
        client.sendall(b"GET /gezondheid/leeft HTTP/1.1\r\n")
        answer = b""
        client.settimeout(0.2)
        for number in range(100):  # a header line every 0.2 seconds: never silent for long
            try:
                answer = client.recv(65_536)
                break
            except TimeoutError:
                client.sendall(b"X-Slow-%d: 1\r\n" % number)
        client.settimeout(10)
        answer += received(client)  # the head of the answer may come by itself

    assert answer.startswith(b"HTTP/1.1 408 ")
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["title"] == "Te langzaam"
    assert number < 50


def test_the_next_request_on_a_connection_may_not_dribble_either(served: Served) -> None:
    with connected(served) as client:
        client.sendall(LIVES)
        first = b""
        while b'"leeft"}' not in first:
            first += client.recv(65_536)
        client.settimeout(0.2)
        answer = b""
        for _ in range(100):
            try:
                answer = client.recv(65_536)
                break
            except TimeoutError:
                client.sendall(b"G")

    assert answer.startswith(b"HTTP/1.1 408 ")


def test_a_body_that_does_not_come_is_cut_off(served: Served) -> None:
    head = ASK % 100

    answer = sent(served, head, b'{"vraag": ')

    assert answer == b""
    assert is_alive(served)


def test_a_connection_without_a_next_request_is_closed(served: Served) -> None:
    answer = sent(served, LIVES)

    assert answer.startswith(b"HTTP/1.1 200 ")


def test_headers_that_are_too_large_are_refused(served: Served) -> None:
    answer = sent(served, b"GET / HTTP/1.1\r\nHost: localhost\r\n", b"X-Large: " + b"a" * 200_000)

    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"application/problem+json" in answer
    assert is_alive(served)


@pytest.mark.parametrize(
    "nonsense",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(range(256)),
        b"GET /\x00 HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nHost : y\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"\r\n" * 1_000 + b"?\r\n\r\n",
    ],
)
def test_what_is_no_http_is_refused(served: Served, nonsense: bytes) -> None:
    answer = sent(served, nonsense)

    assert answer.startswith(b"HTTP/1.1 400 ")
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["title"] == "Geen geldig verzoek"
    assert is_alive(served)


def test_requests_sent_behind_each_other_are_answered_in_order(served: Served) -> None:
    body = json.dumps(QUESTION).encode()
    last = b"GET /gezondheid/leeft HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"

    answer = sent(served, LIVES, ASK % len(body), body, last)

    statuses = [part[:3] for part in answer.split(b"HTTP/1.1 ")[1:]]
    assert statuses == [b"200", b"200", b"200"]
    assert answer.index(b'"leeft"') < answer.index(b'"volledig"') < answer.rindex(b'"leeft"')


HIDDEN = b"GET /gezondheid/klaar HTTP/1.1\r\nHost: localhost\r\n\r\n"


@pytest.mark.parametrize(
    "lengths",
    [
        b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n",
        b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n",
        b"Content-Length: 0\r\nContent-Length: 44\r\n",
        b"Content-Length: +4\r\n",
        b"Content-Length: 4, 5\r\n",
        b"Transfer-Encoding: chunked, identity\r\n",
        b"Transfer-Encoding: xchunked\r\n",
        b"Transfer-Encoding : chunked\r\n",
    ],
)
def test_a_request_of_two_lengths_hides_no_second_one(served: Served, lengths: bytes) -> None:
    answer = sent(served, b"POST /v1/antwoorden HTTP/1.1\r\nHost: localhost\r\n", lengths, b"\r\n0\r\n\r\n", HIDDEN)

    assert answer.startswith(b"HTTP/1.1 400 ")
    assert answer.count(b"HTTP/1.1 ") == 1
    assert b"klaar" not in answer


def test_a_client_that_leaves_in_the_middle_harms_nobody(served: Served) -> None:
    for _ in range(20):
        with connected(served) as client:
            body = json.dumps({"model": "beleidswijzer", "stream": True, "messages": []}).encode()
            head = b"POST /openai/v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            client.sendall(head + b"Content-Length: %d\r\n\r\n" % len(body) + body[:-5])
        with httpx.stream(
            "POST", f"{served.url}/v1/antwoorden", json=QUESTION, headers={"Accept": "text/event-stream"}
        ) as streamed:
            next(streamed.iter_raw())

    assert is_alive(served)


def test_more_requests_at_once_than_allowed_are_refused_at_the_gate() -> None:
    async def scenario() -> httpx.Response:
        entered, leave = asyncio.Event(), asyncio.Event()

        async def slow(scope: Scope, receive: Receive, send: Send) -> None:
            entered.set()
            await leave.wait()

        gate = Gate(slow, most=1)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(gate), base_url="http://x") as client:
            first = asyncio.create_task(client.get("/"))
            await entered.wait()
            refused = await client.get("/")
            first.cancel()
        return refused

    refused = asyncio.run(scenario())

    assert refused.status_code == 503
    assert refused.headers["retry-after"] == "2"


@pytest.mark.parametrize(("proxies", "scheme"), [((), "http"), (("127.0.0.1",), "https")])
def test_only_known_proxies_are_believed(
    http_assistant: Assistant,
    http_settings: Settings,
    http_records: Records,
    proxies: tuple[str, ...],
    scheme: str,
) -> None:
    http = http_settings.http.model_copy(update={"proxies": proxies})
    settings = replace(http_settings, http=http)
    app = create_app(http_assistant, settings, http_records, is_open=True)

    with running(server_config(app, settings)) as served:
        headers = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.1"}
        answer = httpx.post(f"{served.url}/v1/antwoorden", json=QUESTION, headers=headers).json()

    assert answer["citaten"][0]["link"].startswith(f"{scheme}://")
