"""The database restarts, crashes or stays away under requests: each succeeds or is refused clearly, nothing is lost."""

from __future__ import annotations

import threading
import time
from collections import Counter, deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import httpx
from child_process import Child, serving, working
from postgres_server import PostgresServer
from test_many_machines import Region, ended, region, until, upload

from assistant import open_records

__all__ = ["region"]

QUESTION = {"vraag": "Hoeveel wijkteams heeft Waterveen?"}
CLIENTS = 4
ANSWERS_FOR_A_DOCUMENT = 30
OUTAGE_SECONDS = 14.0  # longer than a request waits for the server


@dataclass
class Told:
    """What clients were told, and by that promised."""

    answers: int = 0
    feedback: list[str] = field(default_factory=list)
    tasks: list[str] = field(default_factory=list)
    refusals: Counter[tuple[int, str]] = field(default_factory=Counter)
    strange: list[str] = field(default_factory=list)

    def take(self, response: httpx.Response) -> bool:
        """Whether the request succeeded."""
        if response.is_success:
            return True
        clear = response.headers["content-type"] == "application/problem+json" and "Retry-After" in response.headers
        if response.status_code == 503 and clear:
            self.refusals[response.status_code, response.json()["detail"]] += 1
        else:
            self.strange.append(f"{response.request.url.path} {response.status_code} {response.text}")
        return False


def ask_and_send(client: httpx.Client, told: Told, number: int, stopping: threading.Event) -> None:
    """A client that asks, judges and now and then sends a document, over and over."""
    sent = 0
    while not stopping.is_set():
        answered = client.post("/v1/antwoorden", json=QUESTION)
        if told.take(answered):
            told.answers += 1
            answer = answered.json()["id"]
            if told.take(client.post("/v1/beoordelingen", json={"antwoordId": answer, "oordeel": "goed"})):
                told.feedback.append(answer)
        if told.answers >= sent * ANSWERS_FOR_A_DOCUMENT:
            sent += 1
            text = f"# Nota {number}-{sent}\n\nNota {number}-{sent} gaat over {sent} lantaarns.\n"
            response = upload(client, f"Nota {number}-{sent}", text, f"nota-{number}-{sent}.md")
            if told.take(response):
                told.tasks.append(response.json()["id"])
        time.sleep(0.02)


def reading_on(machine: Child) -> None:
    """Read what a process says: one whose pipe is full waits at its next line of log."""
    for stream in (machine.process.stdout, machine.process.stderr):
        threading.Thread(target=deque, args=(stream, 0), daemon=True).start()


def test_restarts_of_the_database_under_requests_lose_nothing(region: Region, postgres_server: PostgresServer) -> None:
    server, worker = region.machine("een", *serving("--no-worker")), region.machine("werk", *working())
    for machine in (server, worker):
        reading_on(machine)
    told, stopping = Told(), threading.Event()
    with ThreadPoolExecutor(CLIENTS) as pool:
        clients = [
            pool.submit(ask_and_send, region.client(server), told, number, stopping) for number in range(CLIENTS)
        ]

        def wait_for_answers() -> None:
            enough = told.answers + 5
            until(lambda: told.answers >= enough or any(each.done() for each in clients))

        try:
            for mode, seconds in (("fast", 1.0), ("immediate", 0.0), ("fast", OUTAGE_SECONDS), ("immediate", 1.0)):
                wait_for_answers()
                postgres_server.stop(mode)
                time.sleep(seconds)
                postgres_server.resume()
            wait_for_answers()
        finally:
            stopping.set()
        for each in clients:
            each.result()

    assert told.strange == []
    assert sum(told.refusals.values()) > 0  # the long outage was told
    assert (server.process.poll(), worker.process.poll()) == (None, None)
    client = region.client(server)
    assert {ended(client, task)["stand"] for task in told.tasks} == {"klaar"}
    with open_records(region.settings) as records:
        kept = Counter(each.answer_id for each in records.feedback.list())
    assert set(told.feedback) <= set(kept)
    assert len(told.feedback) == len(set(told.feedback))
