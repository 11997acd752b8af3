"""POST /v1/antwoorden as a stream of events: order, errors, and clients that leave."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from threading import Event as Signal
from typing import Any

import httpx
import pytest
from http_server import serve
from scripted_assistant import ANSWER, ScriptedAssistant, short_script
from server_events import read_events
from starlette.applications import Starlette
from starlette.routing import Route

from assistant import REFUSAL, Answer, AnswerFinished, Citation, Document, Records, Settings, SnapshotError, TextAdded
from integrations.http import create_app
from integrations.http.event_stream import EventStream, ServerEvent
from integrations.http.workers import Workers

ASKED = {"vraag": "Hoeveel wijkteams heeft de gemeente Waterveen?"}
AS_EVENTS = {"Accept": "text/event-stream"}


Scripted = Callable[[ScriptedAssistant], httpx.Client]


@pytest.fixture
def scripted(http_settings: Settings, http_records: Records) -> Iterator[Scripted]:
    """Makes a client of a server on a scripted assistant."""
    with ExitStack() as running:

        def begin(assistant: ScriptedAssistant) -> httpx.Client:
            app = create_app(assistant, http_settings, http_records, is_open=True)
            return running.enter_context(running.enter_context(serve(app)).client())

        yield begin


def events(client: httpx.Client, body: dict[str, Any] = ASKED) -> list[tuple[str, dict[str, Any]]]:
    with client.stream("POST", "/v1/antwoorden", json=body, headers=AS_EVENTS) as response:
        assert response.status_code == 200
        return list(read_events(response.iter_lines()))


def test_the_links_of_a_refusal_work_from_anywhere(scripted: Scripted) -> None:
    near = Citation(1, Document("nota", "Nota", Path("nota.md")), ("Doel",), None, "Vier.", 3, 8, "/bronnen/nota#z3")
    told = f"{REFUSAL['nl']}\nDit komt het dichtst in de buurt:\n- Nota, Doel: /bronnen/nota#z3"
    answer = Answer("Wat?", told, "none", "extractive", "nl", nearest=(near,), id="0" * 32)
    client = scripted(ScriptedAssistant([TextAdded(told), AnswerFinished(answer)]))

    (_, piece), (_, finished) = events(client)

    link = f"{client.base_url}/bronnen/nota#z3".replace("//bronnen", "/bronnen")
    assert piece["tekst"].splitlines()[-1] == f"- Nota, Doel: {link}"
    assert piece["tekst"] == finished["antwoord"] == client.post("/v1/antwoorden", json=ASKED).json()["antwoord"]
    assert finished["dichtstbij"][0]["link"] == link


def test_passages_come_first_and_a_citation_before_the_text_that_needs_it(client: httpx.Client) -> None:
    names = [name for name, _ in events(client)]

    assert names == ["passages", "citaat", "tekst", "klaar"]


def test_the_pieces_of_text_together_are_the_answer(client: httpx.Client) -> None:
    received = events(
        client, {"vraag": "Wat is het verschil tussen het Kader Vroege Hulp en de Handreiking Snelle Hulp?"}
    )

    finished = dict(received)["klaar"]
    assert "".join(piece["tekst"] for name, piece in received if name == "tekst") == finished["antwoord"]
    assert [piece for name, piece in received if name == "citaat"] == finished["citaten"]


def test_a_stream_says_the_same_as_the_json(client: httpx.Client) -> None:
    whole = client.post("/v1/antwoorden", json=ASKED).json()

    streamed = dict(events(client))["klaar"]

    changing = {"id", "duurMs"}
    assert {key: streamed[key] for key in streamed if key not in changing} == {
        key: whole[key] for key in whole if key not in changing
    }


def test_a_stream_is_not_kept_anywhere_on_its_way(client: httpx.Client) -> None:
    response = client.post("/v1/antwoorden", json=ASKED, headers=AS_EVENTS)

    assert response.headers["content-type"].startswith("text/event-stream")
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["x-accel-buffering"] == "no"
    assert response.headers["api-version"]


def test_an_event_is_sent_at_once_and_not_at_the_end(scripted: Scripted) -> None:
    go_on = Signal()
    client = scripted(ScriptedAssistant([TextAdded("Dat."), lambda: go_on.wait(20), AnswerFinished(ANSWER)]))

    with client.stream("POST", "/v1/antwoorden", json=ASKED, headers=AS_EVENTS) as response:
        coming = read_events(response.iter_lines())
        first = next(coming)
        go_on.set()  # only now can the assistant finish
        rest = [name for name, _ in coming]

    assert (first, rest) == (("tekst", {"tekst": "Dat."}), ["klaar"])


def test_an_error_after_the_start_comes_as_an_event_without_details(scripted: Scripted) -> None:
    def fail() -> None:
        raise RuntimeError("geheim: de vraag van mevrouw Jansen")

    received = events(scripted(ScriptedAssistant([TextAdded("Dat."), fail])))

    assert [name for name, _ in received] == ["tekst", "fout"]
    assert received[-1][1]["status"] == 500
    assert "geheim" not in str(received)


def test_an_error_that_nobody_foresaw_is_told_and_logged_without_its_message(
    scripted: Scripted, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> None:
        raise RuntimeError("geheim: de vraag van mevrouw Jansen")

    response = scripted(ScriptedAssistant([fail])).post(
        "/v1/antwoorden", json=ASKED, headers={"X-Request-Id": "verzoek-7"}
    )

    problem = response.json()
    assert (response.status_code, response.headers["content-type"]) == (500, "application/problem+json")
    assert "verzoek-7" in problem["detail"]
    assert response.headers["api-version"]
    assert "RuntimeError at test_api_stream" in caplog.text
    assert "geheim" not in response.text + caplog.text


def test_an_index_that_fails_is_told_as_not_available(scripted: Scripted) -> None:
    def fail() -> None:
        raise SnapshotError("stuk")

    client = scripted(ScriptedAssistant([fail]))

    assert [(name, problem["status"]) for name, problem in events(client)] == [("fout", 503)]
    assert client.post("/v1/antwoorden", json=ASKED).status_code == 503


def test_a_client_that_hangs_up_stops_the_work_and_leaves_the_service_alive(scripted: Scripted) -> None:
    go_on = Signal()
    assistant = ScriptedAssistant([TextAdded("Dat."), lambda: go_on.wait(20), *[TextAdded("meer")] * 3])
    client = scripted(assistant)
    with client.stream("POST", "/v1/antwoorden", json=ASKED, headers=AS_EVENTS) as response:
        next(read_events(response.iter_lines()))

    let_the_server_notice(client)
    go_on.set()

    assert assistant.left.wait(20)
    assistant.script = short_script()
    assert client.post("/v1/antwoorden", json=ASKED).status_code == 200


def test_a_client_that_does_not_wait_for_json_stops_the_work_too(scripted: Scripted) -> None:
    go_on = Signal()
    assistant = ScriptedAssistant([TextAdded("Dat."), lambda: go_on.wait(20), *[TextAdded("meer")] * 3])
    client = scripted(assistant)
    with pytest.raises(httpx.ReadTimeout):
        client.post("/v1/antwoorden", json=ASKED, timeout=0.5)

    let_the_server_notice(client)
    go_on.set()

    assert assistant.left.wait(20)


def test_clients_that_hang_up_leave_no_threads_behind(client: httpx.Client) -> None:
    def hang_up() -> None:
        with client.stream("POST", "/v1/antwoorden", json=ASKED, headers=AS_EVENTS) as response:
            next(read_events(response.iter_lines()))

    before, most_workers = threading.active_count(), Workers().threads
    for _ in range(3 * most_workers):
        hang_up()

    assert threading.active_count() <= before + most_workers
    assert client.post("/v1/antwoorden", json=ASKED).status_code == 200


def let_the_server_notice(client: httpx.Client) -> None:
    # The event loop handles what came in first: a hang-up, and then this.
    for _ in range(3):
        client.get("/gezondheid/leeft")
        time.sleep(0.02)


def test_a_stream_that_has_nothing_to_say_for_a_while_shows_that_it_lives() -> None:
    go_on = Signal()

    def begin() -> Iterator[TextAdded]:
        go_on.wait(20)
        yield TextAdded("Dat.")

    stream = EventStream(Workers(), begin, lambda _: ServerEvent("tekst", {}), heartbeat_seconds=0.01)

    app = Starlette(routes=[Route("/", stream)])

    with serve(app) as served, served.client() as client, client.stream("GET", "/") as response:
        lines = response.iter_lines()
        first = next(lines)
        go_on.set()
        assert first.startswith(":")
        assert [name for name, _ in read_events(lines)] == ["tekst"]
