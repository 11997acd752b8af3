"""`beleidswijzer serve`: what it refuses, what it tells, and how it stops."""

from __future__ import annotations

import json
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from child_process import SLOW_SERVER, child, command, serving

from assistant import Settings, UsageError
from integrations.http.serving import resolve

QUESTION = {"vraag": "Hoeveel wijkteams heeft Waterveen?"}


def answer_within(url: str, seconds: float, **options: object) -> httpx.Response:
    """The answer of a server that may not be listening yet."""
    until = time.monotonic() + seconds
    while True:
        try:
            return httpx.post(f"{url}/v1/antwoorden", json=QUESTION, timeout=30, **options)  # type: ignore[arg-type]
        except httpx.ConnectError:
            assert time.monotonic() < until
            time.sleep(0.05)


@pytest.fixture
def no_keys(http_settings: Settings, tmp_path: Path) -> Settings:
    return replace(http_settings, data=tmp_path / "data")


def test_it_answers_and_stops_when_told(no_keys: Settings) -> None:
    with child(no_keys, serving("--open")) as served:
        answered = answer_within(served.url, 20, headers={"X-Request-Id": "mijn-verzoek"})
        served.process.send_signal(signal.SIGTERM)
        logged, told = served.process.communicate(timeout=20)

    assert answered.json()["citaten"][0]["bron"]["id"] == "wijkplan"
    assert "server" not in answered.headers
    assert served.process.returncode == 0
    assert "Traceback" not in told
    line = json.loads(logged.splitlines()[-1])
    assert (line["action"], line["result"], line["status"]) == ("POST /v1/antwoorden", "gelukt", 200)
    assert line["requestId"] == "mijn-verzoek"
    assert "wijkteams" not in logged


def test_it_says_nothing_but_what_a_user_needs_and_stops_with_every_door_in_use(no_keys: Settings) -> None:
    called = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    chat = {"model": "beleidswijzer", "stream": True, "messages": [{"role": "user", "content": QUESTION["vraag"]}]}

    with child(no_keys, serving("--open")) as served:
        accepts = {"Accept": "application/json, text/event-stream"}
        with httpx.Client(base_url=served.url, timeout=30) as client:  # a connection that stays open
            statuses = [
                client.post("/mcp", json=called, headers=accepts).status_code,
                client.post("/openai/v1/chat/completions", json=chat).status_code,
                client.get("/gezondheid/klaar").status_code,
            ]
            served.process.send_signal(signal.SIGTERM)
            logged, told = served.process.communicate(timeout=20)

    assert statuses == [200, 200, 200]
    assert served.process.returncode == 0
    assert told == ""
    assert [json.loads(line)["level"] for line in logged.splitlines()] == ["info"] * 3


def test_a_key_made_on_the_command_line_opens_the_service(no_keys: Settings) -> None:
    made = command(no_keys, "keys", "create", "proef")
    key = next(word for word in made.stdout.split() if word.startswith("bw_"))

    with child(no_keys, serving()) as served:
        with_key = answer_within(served.url, 20, headers={"Authorization": f"Bearer {key}"})
        without = answer_within(served.url, 20)
        served.process.send_signal(signal.SIGINT)
        logged, _ = served.process.communicate(timeout=20)

    assert (with_key.status_code, without.status_code) == (200, 401)
    assert served.process.returncode == 0
    assert key not in logged
    assert json.loads(logged.splitlines()[-1])["result"] == "geweigerd"


def test_answers_that_are_being_given_are_finished_before_it_stops(http_settings: Settings) -> None:
    received: dict[str, httpx.Response] = {}

    def ask(kind: str, accept: str) -> None:
        received[kind] = answer_within(served.url, 20, headers={"Accept": accept})

    with child(http_settings, [str(SLOW_SERVER)]) as served:
        answer_within(served.url, 20)
        asking = [
            threading.Thread(target=ask, args=("whole", "application/json")),
            threading.Thread(target=ask, args=("stream", "text/event-stream")),
        ]
        for thread in asking:
            thread.start()
        time.sleep(0.7)
        served.process.send_signal(signal.SIGTERM)
        for thread in asking:
            thread.join()
        served.process.wait(timeout=20)

    assert received["whole"].json()["volledigheid"] == "volledig"
    assert "event: klaar" in received["stream"].text
    assert served.process.returncode == 0


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_the_curl_of_the_readme_gets_an_answer(no_keys: Settings) -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    (line,) = [line for line in readme.splitlines() if line.startswith("curl ")]

    with child(no_keys, serving("--open")) as served:
        words = shlex.split(line.replace("http://127.0.0.1:8000", served.url))
        shown = subprocess.run(words, capture_output=True, text=True, check=True)

    assert json.loads(shown.stdout)["volledigheid"] in ("volledig", "gedeeltelijk", "geen")


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7"])
def test_open_is_refused_where_others_can_reach_it(no_keys: Settings, host: str) -> None:
    refused = command(no_keys, "serve", "--open", "--host", host)

    assert refused.returncode == 2
    assert refused.stderr.startswith(f"--open kan alleen op deze computer zelf, niet op '{host}'.")


def test_without_a_key_it_does_not_start(no_keys: Settings) -> None:
    refused = command(no_keys, "serve")

    assert refused.returncode == 2
    assert "Typ: beleidswijzer keys create NAAM" in refused.stderr
    assert len(refused.stderr.splitlines()) == 1


def test_with_only_revoked_keys_it_does_not_start(no_keys: Settings) -> None:
    made = command(no_keys, "keys", "create", "proef").stdout
    key_id = next(word for word in made.split() if word.startswith("bw_")).split("_")[1]
    revoked = command(no_keys, "keys", "revoke", key_id)

    refused = command(no_keys, "serve")

    assert (revoked.returncode, refused.returncode) == (0, 2)


def test_without_an_index_it_tells_how_to_make_one(no_keys: Settings, tmp_path: Path) -> None:
    refused = command(replace(no_keys, index=tmp_path / "nothing"), "serve", "--open", "--port", "0")

    assert refused.returncode == 1
    assert refused.stderr.splitlines()[-1].endswith("Typ: beleidswijzer index build")


def test_a_port_in_use_is_told_before_anything_is_loaded(no_keys: Settings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        refused = command(no_keys, "serve", "--open", "--port", port)

    assert refused.returncode == 1
    assert (
        refused.stderr
        == f"Poort {port} op 127.0.0.1 is niet vrij of mag niet. Kies een andere, bijvoorbeeld: --port 8080\n"
    )


def test_an_address_that_does_not_exist_is_refused() -> None:
    with pytest.raises(UsageError, match="bestaat niet"):
        resolve("nergens.invalid")


def test_help_does_not_load_the_web_framework() -> None:

    program = (
        "import sys; from assistant.cli import run; run(['serve', '--help']); "
        "print(sorted({'fastapi', 'uvicorn', 'mcp', 'starlette', 'pydantic'} & set(sys.modules)), file=sys.stderr)"
    )

    shown = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert "Start de webpagina en de API." in shown.stdout
    assert shown.stderr.strip() == "[]"
