"""Many clients at once, more than we can serve, and a new index under load."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from threading import Event as Signal

import httpx
import pytest
from http_fixtures import settings_in
from http_server import Served, serve
from policy_corpus import ENTRIES, Corpus, write_all
from scripted_assistant import ScriptedAssistant, short_script
from server_events import read_events

from assistant import Assistant, Records, Settings
from assistant.openvino_embedder import BundledEmbedder
from assistant.snapshot_follower import SnapshotFollower
from integrations.http import create_app
from integrations.http.problems import Problem
from integrations.http.workers import Workers

QUESTIONS = {
    "Hoeveel wijkteams heeft de gemeente Waterveen?": "zes wijkteams",
    "Hoeveel bedden heeft de nachtopvang aan de Havenkade?": "veertig bedden",
    "Wie is de projectleider van het wijkplan?": "Saskia Bontekoe",
}


def test_clients_at_once_each_get_their_own_answer(open_server: Served) -> None:
    def ask(number: int) -> tuple[str, str]:
        question = list(QUESTIONS)[number % len(QUESTIONS)]
        as_events = number % 2 == 1
        with open_server.client() as client:
            headers = {"Accept": "text/event-stream" if as_events else "application/json"}
            response = client.post("/v1/antwoorden", json={"vraag": question}, headers=headers)
        assert response.status_code == 200
        answer = dict(read_events(response.text.splitlines()))["klaar"] if as_events else response.json()
        return question, answer["antwoord"]

    with ThreadPoolExecutor(16) as clients:
        answers = list(clients.map(ask, range(48)))

    assert [question for question, answer in answers if QUESTIONS[question] not in answer] == []


def test_more_questions_than_can_wait_are_turned_away_and_the_rest_is_answered(
    http_settings: Settings, http_records: Records
) -> None:
    go_on = Signal()
    assistant = ScriptedAssistant([lambda: go_on.wait(60), *short_script()])
    most = Workers().most

    async def ask_all(url: str) -> list[httpx.Response]:
        limits = httpx.Limits(max_connections=None)
        async with httpx.AsyncClient(base_url=url, limits=limits, timeout=60) as client:
            waiting = [
                asyncio.create_task(client.post("/v1/antwoorden", json={"vraag": "Wat?"})) for _ in range(most + 20)
            ]
            refused, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            while len(refused) < 20:
                refused, _ = await asyncio.wait(waiting, timeout=0.05)
            go_on.set()
            return await asyncio.gather(*waiting)

    with serve(create_app(assistant, http_settings, http_records, is_open=True)) as served:
        responses = asyncio.run(ask_all(served.url))

    refused = [response for response in responses if response.status_code == 503]
    assert len(refused) == 20
    assert {response.headers["retry-after"] for response in refused} == {"2"}
    assert {response.headers["content-type"] for response in refused} == {"application/problem+json"}
    assert sum(response.status_code == 200 for response in responses) == most


def test_work_that_nobody_waits_for_any_more_is_never_begun() -> None:
    begun: list[int] = []

    async def give_up() -> None:
        workers, go_on = Workers(threads=1, waiting=5), Signal()
        first = asyncio.create_task(workers.run(lambda: go_on.wait(20)))
        second = asyncio.create_task(workers.run(lambda: begun.append(2)))
        third = asyncio.create_task(workers.run(lambda: begun.append(3)))
        await asyncio.sleep(0)
        second.cancel()
        await asyncio.sleep(0)
        go_on.set()
        await asyncio.gather(first, third)
        workers.close()

    asyncio.run(give_up())

    assert begun == [3]


def test_room_is_given_back_when_work_is_done_or_given_up() -> None:
    async def fill_and_empty() -> None:
        workers = Workers(threads=1, waiting=1)
        for _ in range(5):
            go_on = Signal()
            wait = partial(go_on.wait, 20)
            both = [asyncio.create_task(workers.run(wait)), asyncio.create_task(workers.run(wait))]
            await asyncio.sleep(0)
            with pytest.raises(Problem):
                workers.submit(lambda: None)
            both[1].cancel()
            go_on.set()
            await asyncio.gather(*both, return_exceptions=True)
            await workers.run(lambda: None)
        workers.close()

    asyncio.run(fill_and_empty())


def test_a_new_index_is_taken_up_under_load_without_a_failed_request(
    embedder: BundledEmbedder, model_cache: Path, tmp_path: Path
) -> None:
    settings = settings_in(tmp_path, model_cache)
    corpus = Corpus(settings.corpus, settings.index)
    documents = write_all(corpus)
    corpus.build(embedder, *documents[:-1])
    follower = SnapshotFollower(settings.index, embedder.description, check_seconds=0.01)
    question, expected = "Hoeveel bedden heeft de nachtopvang aan de Havenkade?", "veertig bedden"
    app = create_app(Assistant(follower, embedder), settings, is_open=True)
    with serve(app) as served, load(served, question) as answers, served.client() as client:
        assert client.get("/v1/bronnen").json()["totaal"] == len(ENTRIES) - 1
        for change in range(3):
            renamed = replace(documents[0], title=f"Wijkplan {change}")
            corpus.build(embedder, renamed, *documents[1:])
            while client.get("/v1/bronnen/wijkplan").json()["titel"] != renamed.title:
                pass
        enough = len(answers) + 8
        while len(answers) < enough:
            time.sleep(0.01)

    assert {status for status, _ in answers} == {200}
    assert expected not in answers[0][1]
    assert expected in answers[-1][1]


@contextmanager
def load(served: Served, question: str) -> Iterator[list[tuple[int, str]]]:
    """Clients that ask the same question over and over, until the block ends; gives what they are told."""
    told: list[tuple[int, str]] = []
    enough = Signal()

    def ask() -> None:
        with served.client() as client:
            while not enough.is_set():
                response = client.post("/v1/antwoorden", json={"vraag": question})
                told.append((response.status_code, response.text))

    clients = [threading.Thread(target=ask) for _ in range(4)]
    for client in clients:
        client.start()
    try:
        while len(told) < len(clients):
            time.sleep(0.01)
        yield told
    finally:
        enough.set()
        for client in clients:
            client.join(60)
