"""`serve --processes 2`: one address, one set of figures; who dies is replaced, and none outlives the rest."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from child_process import child, command, serving

from assistant import Settings
from integrations.http.processes import SharedListener, cores, suitable

QUESTION = {"vraag": "Hoeveel wijkteams heeft Waterveen?"}


def processes_of(parent: int) -> list[int]:
    """The processes that it started and that are still there."""
    listed = Path(f"/proc/{parent}/task").glob("*/children")
    return [int(word) for tasks in listed for word in tasks.read_text(encoding="ascii").split()]


def wait_until(is_so: Callable[[], bool], seconds: float = 60.0) -> None:
    until = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < until
        time.sleep(0.1)


def exists(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(") ")[2][0]
    except FileNotFoundError:
        return False
    return state != "Z"


def answered(figures: str) -> float:
    found = re.search(r'^beleidswijzer_answers_total\{completeness="complete"\} (\S+)$', figures, re.MULTILINE)
    return float(found[1]) if found else 0.0


def ask(url: str) -> int:
    """The status of one question, on a connection of its own; again if its process dies under it."""
    while True:
        try:
            return httpx.post(f"{url}/v1/antwoorden", json=QUESTION, timeout=60).status_code
        except httpx.TransportError:
            time.sleep(0.1)


@pytest.fixture
def settings(http_settings: Settings, tmp_path: Path) -> Settings:
    return replace(http_settings, data=tmp_path / "data")


def test_they_count_together_replace_the_dead_and_stop_when_told(settings: Settings) -> None:
    with child(settings, serving("--open", "--processes", "2")) as served:
        first = processes_of(served.process.pid)
        with ThreadPoolExecutor(8) as clients:
            statuses = list(clients.map(ask, [served.url] * 16))
        before = httpx.get(f"{served.url}/metrics", timeout=60).text
        os.kill(first[0], signal.SIGKILL)
        wait_until(lambda: len(set(processes_of(served.process.pid)) - {first[0]}) == 2)
        statuses += [ask(served.url) for _ in range(4)]
        after = httpx.get(f"{served.url}/metrics", timeout=60).text
        serving_now = processes_of(served.process.pid)
        served.process.send_signal(signal.SIGTERM)
        logged, told = served.process.communicate(timeout=60)

    assert statuses == [200] * 20
    assert (answered(before), answered(after)) == (16, 20)
    assert "beleidswijzer_http_in_flight 1.0" in after
    assert len(first) == len(serving_now) == 2
    assert served.process.returncode == 0
    assert told == ""
    assert not any(map(exists, serving_now))
    errors = [line for line in map(json.loads, logged.splitlines()) if line["level"] != "info"]
    assert [line["message"].split(";")[0] for line in errors] == ["A serving process ended (code -9)"]


def test_none_is_left_when_their_parent_is_killed(settings: Settings) -> None:
    with child(settings, serving("--open", "--processes", "2")) as served:
        started = processes_of(served.process.pid)
        served.process.kill()

        wait_until(lambda: not any(map(exists, started)))
    assert len(started) == 2


def test_what_keeps_one_from_starting_is_told_once(settings: Settings, tmp_path: Path) -> None:
    refused = command(replace(settings, index=tmp_path / "none"), "serve", "--open", "--port", "0", "--processes", "3")

    assert refused.returncode == 1
    lines = refused.stderr.splitlines()
    assert lines[0] == "Het model en de index worden geladen …"
    assert lines[1:] == [line for line in lines if line.startswith("Er is nog geen index")]
    assert len(lines) == 2


@pytest.mark.parametrize("number", ["0", "65", "twee"])
def test_an_odd_number_of_processes_is_refused(settings: Settings, number: str) -> None:
    refused = command(settings, "serve", "--open", "--processes", number)

    assert refused.returncode == 2
    assert "--processes" in refused.stderr


def test_a_crowd_is_taken_one_by_one() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        with SharedListener(fileno=listener.detach()) as shared:
            clients = [socket.create_connection(shared.getsockname()) for _ in range(2)]
            turns = []
            for _ in range(5):
                try:
                    shared.accept()[0].close()
                    turns.append("taken")
                except BlockingIOError:
                    turns.append("left")
            for client in clients:
                client.close()

    assert turns == ["taken", "left", "taken", "left", "left"]


@pytest.mark.parametrize(
    ("limit", "found"), [("100000 100000", 1), ("20000 100000", 1), ("max 100000", None), ("", None)]
)
def test_a_container_may_have_fewer_cores_than_its_machine(tmp_path: Path, limit: str, found: int | None) -> None:
    (tmp_path / "cpu.max").write_text(f"{limit}\n", encoding="ascii")

    assert cores(tmp_path / "cpu.max") == (found or len(os.sched_getaffinity(0)))


def test_no_more_processes_are_started_than_fit_in_the_memory_of_a_container(tmp_path: Path) -> None:
    (tmp_path / "memory.max").write_text(f"{1024**3}\n", encoding="ascii")

    assert suitable(tmp_path / "memory.max") == 1
    assert suitable(tmp_path / "none") == min(cores(), 4)
