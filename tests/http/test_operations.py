"""Health, figures and the log: what the machinery around the service asks, and what may never stand in it."""

from __future__ import annotations

import json
import logging
import re
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from http_fixtures import Keys
from http_server import Served, serve

from assistant import Assistant, IndexDamagedError, Records, Settings, open_records
from assistant.openvino_embedder import BundledEmbedder
from assistant.snapshot import Snapshot, open_current
from integrations.http import create_app
from integrations.http.operations import Readiness
from integrations.http.request_log import JsonLines

QUESTION = "Hoeveel wijkteams heeft Waterveen?"
TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
ELSEWHERE = {"X-Forwarded-For": "192.0.2.7"}


class FailingSnapshots:
    """An index that can be used until it breaks."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self.is_broken = False

    def current(self) -> Snapshot:
        if self.is_broken:
            raise IndexDamagedError("De index is beschadigd.")
        return self._snapshot


class Log(logging.Handler):
    """The lines of the log as they would be printed."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []
        self.setFormatter(JsonLines())

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))

    def line(self, request_id: str) -> dict[str, object]:
        """The line of one request; it is written after the response has been sent."""
        for _ in range(200):
            for line in self.lines:
                found: dict[str, object] = json.loads(line)
                if found.get("requestId") == request_id:
                    return found
            time.sleep(0.02)
        raise AssertionError(f"no line for {request_id}: {self.lines}")


@pytest.fixture
def log() -> Iterator[Log]:
    logger, handler = logging.getLogger("integrations.http"), Log()
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    yield handler
    logger.removeHandler(handler)
    logger.setLevel(logging.NOTSET)


@pytest.fixture
def snapshots(http_settings: Settings, embedder: BundledEmbedder) -> FailingSnapshots:
    return FailingSnapshots(open_current(http_settings.index, embedder.description))


def figure(text: str, name: str) -> float:
    found = re.search(rf"^{re.escape(name)} (\S+)$", text, re.MULTILINE)
    return float(found[1]) if found else 0.0


@pytest.mark.parametrize("path", ["/gezondheid/leeft", "/gezondheid/klaar"])
def test_health_asks_for_no_key_and_is_not_kept(locked_server: Served, path: str) -> None:
    with locked_server.client() as client:
        healthy = client.get(path)

    assert healthy.status_code == 200
    assert healthy.json() == {"status": path.rpartition("/")[2]}
    assert healthy.headers["cache-control"] == "no-store"


def test_a_closed_service_is_healthy(http_assistant: Assistant, http_settings: Settings, tmp_path: Path) -> None:
    settings = replace(http_settings, data=tmp_path)
    with open_records(settings) as records, serve(create_app(http_assistant, settings, records)) as served:
        records.switch.close("http", "Dicht.")
        with served.client() as client:
            statuses = [client.get(path).status_code for path in ("/gezondheid/leeft", "/gezondheid/klaar", "/metrics")]

    assert statuses == [200, 200, 200]


def test_without_a_usable_index_it_lives_but_is_not_ready(
    snapshots: FailingSnapshots, embedder: BundledEmbedder, http_settings: Settings, http_records: Records
) -> None:
    snapshots.is_broken = True
    app = create_app(Assistant(snapshots, embedder), http_settings, http_records)
    with serve(app) as served, served.client() as client:
        alive, ready = client.get("/gezondheid/leeft"), client.get("/gezondheid/klaar")

    assert (alive.status_code, ready.status_code) == (200, 503)
    assert ready.headers["content-type"] == "application/problem+json"
    assert "beleidswijzer index verify" in ready.json()["detail"]
    assert ready.headers["retry-after"] == "5"


def test_readiness_follows_the_index_after_a_while(snapshots: FailingSnapshots, embedder: BundledEmbedder) -> None:
    now = 0.0
    readiness = Readiness(Assistant(snapshots, embedder), keep_seconds=5, clock=lambda: now)
    at_first = readiness.is_ready()
    snapshots.is_broken = True
    soon = readiness.is_ready()

    now = 5.0

    assert (at_first, soon, readiness.is_ready()) == (True, True, False)


def test_figures_count_requests_by_template_and_answers_by_completeness(
    http_assistant: Assistant, http_settings: Settings, http_records: Records
) -> None:
    app = create_app(http_assistant, http_settings, http_records, is_open=True)
    with serve(app) as served, served.client() as client:
        for question in (QUESTION, "Wat kost een paspoort in Groningen?"):
            client.post("/v1/antwoorden", json={"vraag": question})
        client.get("/v1/bronnen/wijkplan")
        client.get("/v1/bronnen/geheim-kenmerk")
        client.get("/geheim-pad?vraag=geheim")
        client.request("GEHEIM", "/v1/bronnen")
        text = client.get("/metrics").text

    assert figure(text, 'beleidswijzer_answers_total{completeness="complete"}') == 1
    assert figure(text, 'beleidswijzer_answers_total{completeness="none"}') == 1
    counted = 'beleidswijzer_http_requests_total{method="%s",route="%s",status="%d"}'
    assert figure(text, counted % ("POST", "/v1/antwoorden", 200)) == 2
    assert figure(text, counted % ("GET", "/v1/bronnen/{id}", 200)) == 1
    assert figure(text, counted % ("GET", "/v1/bronnen/{id}", 404)) == 1
    assert figure(text, 'beleidswijzer_http_request_seconds_count{method="POST",route="/v1/antwoorden"}') == 2
    assert figure(text, "beleidswijzer_http_in_flight") == 1  # this very request
    assert figure(text, f'beleidswijzer_index{{index="{http_assistant.index_version().id}"}}') == 1
    assert figure(text, "beleidswijzer_index_documents") == 4
    assert figure(text, "beleidswijzer_index_age_seconds") > 0
    assert not re.search("geheim|wijkteam|paspoort|_created", text, re.IGNORECASE)


def test_a_blocked_question_is_counted_without_its_text(
    http_assistant: Assistant, http_settings: Settings, http_records: Records
) -> None:
    app = create_app(http_assistant, http_settings, http_records, is_open=True)
    with serve(app) as served, served.client() as client:
        client.post("/v1/antwoorden", json={"vraag": "Heeft de cliënt met BSN 111222333 recht op opvang?"})
        text = client.get("/metrics").text

    assert figure(text, "beleidswijzer_blocked_total") == 1
    assert "111222333" not in text


def test_figures_are_for_this_machine_or_a_maintainer(locked_server: Served, keys: Keys) -> None:
    statuses = []
    for key in (None, keys.user, keys.maintainer):
        with locked_server.client(key) as client:
            statuses.append(client.get("/metrics", headers=ELSEWHERE).status_code)
    with locked_server.client() as client:
        here = client.get("/metrics")

    assert statuses == [401, 403, 200]
    assert here.status_code == 200
    assert here.headers["content-type"].startswith("text/plain; version=0.0.4")


def test_a_request_is_one_line_that_tells_who_did_what_with_which_result(user: httpx.Client, log: Log) -> None:
    response = user.post(
        "/v1/antwoorden", json={"vraag": QUESTION}, headers={"X-Request-Id": "zaak-1", "traceparent": TRACE}
    )

    line = log.line("zaak-1")

    assert response.headers["x-request-id"] == "zaak-1"
    assert set(line) == {
        *("time", "level", "action", "result", "status", "durationMs", "actor", "origin", "requestId", "traceparent")
    }
    assert (line["action"], line["result"], line["status"]) == ("POST /v1/antwoorden", "gelukt", 200)
    assert str(line["actor"]).startswith("sleutel-")
    assert line["origin"] == "127.0.0.0/24"
    assert line["traceparent"] == TRACE
    assert str(line["time"]).endswith("+00:00")


def test_the_log_holds_no_question_answer_key_or_address(user: httpx.Client, keys: Keys, log: Log) -> None:
    user.post("/v1/antwoorden", json={"vraag": QUESTION}, headers={"X-Request-Id": "a"})
    user.post("/v1/antwoorden", json={"vraag": "BSN 111222333"}, headers={"X-Request-Id": "b"})
    user.get("/v1/antwoorden?vraag=geheim", headers={"X-Request-Id": "c", "Cookie": "geheim=1"})
    user.get("/geheim", headers={"X-Request-Id": "d", "User-Agent": "geheim"})
    user.post("/openai/v1/chat/completions", json={"model": "geheim"}, headers={"X-Request-Id": "e"})
    for request_id in "abcde":
        log.line(request_id)

    written = "\n".join(log.lines)

    for secret in ("wijkteam", "Waterveen", "111222333", "geheim", keys.user, keys.user.split("_")[2], "127.0.0.1"):
        assert secret not in written


@pytest.mark.parametrize("wrong", ["spatie hier", "a" * 65, "kwaad\x1b[31m", "<script>", "ümlaut"])
def test_an_odd_request_id_is_replaced(client: httpx.Client, wrong: str) -> None:
    response = client.get("/gezondheid/leeft", headers={b"X-Request-Id": wrong.encode()})

    assert re.fullmatch("[0-9a-f]{32}", response.headers["x-request-id"])


def test_an_odd_trace_is_left_out(client: httpx.Client, log: Log) -> None:
    client.get("/gezondheid/leeft", headers={"X-Request-Id": "spoor", "traceparent": "vraag: wie is Jan"})

    assert "traceparent" not in log.line("spoor")


def test_a_refusal_is_logged_as_one(locked_server: Served, log: Log) -> None:
    with locked_server.client() as client:
        client.get("/v1/bronnen", headers={"X-Request-Id": "geweigerd-1"})

    line = log.line("geweigerd-1")

    assert (line["result"], line["status"]) == ("geweigerd", 401)
    assert "actor" not in line


def test_a_client_that_leaves_is_logged_as_one(
    snapshots: FailingSnapshots, embedder: BundledEmbedder, http_settings: Settings, http_records: Records, log: Log
) -> None:
    entered, leave = threading.Event(), threading.Event()

    class Waiting(FailingSnapshots):
        def current(self) -> Snapshot:
            entered.set()
            leave.wait(20)
            return snapshots.current()

    waiting = Waiting(snapshots.current())
    body = json.dumps({"vraag": QUESTION}).encode()
    head = "POST /v1/antwoorden HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: weg-1\r\nAccept: text/event-stream\r\n"
    lengths = f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    app = create_app(Assistant(waiting, embedder), http_settings, http_records, is_open=True)
    with serve(app) as served:
        with socket.create_connection(("127.0.0.1", int(served.url.rpartition(":")[2]))) as client:
            client.sendall((head + lengths).encode() + body)
            assert entered.wait(20)
        line = log.line("weg-1")
        leave.set()

    assert (line["result"], line["action"]) == ("afgebroken", "POST /v1/antwoorden")


def test_an_error_is_written_down_by_its_kind_and_place_only() -> None:
    try:
        raise ValueError("de vraag van iemand")
    except ValueError as error:
        record = logging.LogRecord(
            "uvicorn.error", logging.ERROR, __file__, 1, "failed", (), (type(error), error, error.__traceback__)
        )

    line = json.loads(JsonLines().format(record))

    assert (line["level"], line["error"], line["message"]) == ("error", "ValueError", "failed")
    assert line["at"].startswith(f"{__name__}:")
    assert "iemand" not in json.dumps(line)
