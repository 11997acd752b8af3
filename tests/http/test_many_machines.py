"""Several `serve` and `worker` processes on one database: any may die, and nothing that was accepted is lost."""

from __future__ import annotations

import io
import json
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import httpx
import pytest
from child_process import Child, child, command, serving, working
from http_fixtures import corpus_in
from http_server import Served
from reportlab.pdfgen.canvas import Canvas

from assistant import Settings, open_records
from assistant.corpus_import import import_corpus
from assistant.openvino_embedder import BundledEmbedder
from assistant.settings import Secrets

DETAILS = {"uitgever": "Gemeente Waterveen", "status": "geldig"}
QUESTION = {"vraag": "Hoeveel plaatsen heeft de dagbesteding?"}
WAIT_SECONDS = 240.0


@dataclass
class Region:
    """A database with a corpus, and machines on it."""

    folder: Path
    settings: Settings  # of no machine in particular
    running: ExitStack
    keys: dict[str, str] = field(default_factory=dict)

    def machine(self, name: str, *program: str) -> Child:
        """A process with folders of its own, as on a machine of its own."""
        places = {each: self.folder / name / each for each in ("corpus", "index", "data")}
        return self.running.enter_context(child(replace(self.settings, **places), program, self.folder))  # type: ignore[arg-type]

    def client(self, machine: Child, role: str = "beheerder") -> httpx.Client:
        return self.running.enter_context(Served(machine.url).client(self.keys[role]))


@pytest.fixture
def region(
    embedder: BundledEmbedder,
    model_cache: Path,
    tmp_path: Path,
    postgres_url: str,
) -> Iterator[Region]:
    (tmp_path / "map").mkdir()
    local = corpus_in(tmp_path / "map", embedder, model_cache)
    (tmp_path / "beleidswijzer.toml").write_text("[http]\nrequests_per_minute = 100000\n")
    settings = replace(local, data=tmp_path / "beheer", secrets=Secrets(index_url=postgres_url))
    import_corpus(settings, local.corpus, embedder, lambda _: None)
    with open_records(settings) as records, ExitStack() as running:
        keys = {role: records.keys.create(role, role)[0] for role in ("beheerder", "gebruiker")}
        yield Region(tmp_path, settings, running, keys)


def upload(client: httpx.Client, title: str, content: bytes | str, name: str) -> httpx.Response:
    data = content.encode() if isinstance(content, str) else content
    files = {"bestand": (name, data, "application/octet-stream")}
    return client.post("/v1/bronnen", data={"titel": title, **DETAILS}, files=files)


def ended(client: httpx.Client, task_id: str) -> dict[str, Any]:
    """A task when it has ended, wherever it was done."""
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        task: dict[str, Any] = client.get(f"/v1/taken/{task_id}").json()
        if task["stand"] in ("klaar", "mislukt"):
            return task
        time.sleep(0.2)
    raise AssertionError(f"the task did not end: {task}")


def until(found: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while not found():
        assert time.monotonic() < deadline
        time.sleep(0.2)


def pdf(line: str) -> bytes:
    packed = io.BytesIO()
    canvas = Canvas(packed, invariant=1)
    canvas.drawString(72, 720, line)
    canvas.save()
    return packed.getvalue()


def test_what_is_sent_to_one_is_answered_by_another(region: Region) -> None:
    first, second = (region.machine(name, *serving("--no-worker", "--processes", "1")) for name in ("een", "twee"))
    worker = region.machine("werk", *working())
    sender, other = region.client(first), region.client(second)
    content = pdf("De dagbesteding aan de Molenweg heeft dertig plaatsen.")

    accepted = upload(sender, "Nota dagbesteding", content, "nota.pdf")
    task = ended(other, accepted.json()["id"])

    assert (accepted.status_code, task["stand"], task["bron"]) == (202, "klaar", "nota")
    until(lambda: other.get("/v1/bronnen/nota").status_code == 200)
    answer = other.post("/v1/antwoorden", json=QUESTION).json()
    assert answer["citaten"][0]["bron"]["id"] == "nota"
    originals = [client.get("/v1/bronnen/nota/bestand") for client in (sender, other)]
    assert [original.content == content for original in originals] == [True, True]
    assert originals[0].headers["ETag"] == originals[1].headers["ETag"]
    other.cookies.set("beleidswijzer_sleutel", region.keys["gebruiker"])
    picture = other.get("/bronnen/nota/pagina/1?van=0&tot=20")
    assert (picture.status_code, picture.headers["content-type"]) == (200, "image/png")
    assert httpx.get(f"{worker.url}/gezondheid/klaar").json() == {"status": "klaar"}
    assert httpx.get(f"{worker.url}/gezondheid/leeft").json() == {"status": "leeft"}


def test_a_draft_that_was_sent_to_one_is_confirmed_on_another(region: Region) -> None:
    first, second = (region.machine(name, *serving("--no-worker", "--processes", "1")) for name in ("een", "twee"))
    region.machine("werk", *working())
    browsers = []
    for machine in (first, second):
        browser = region.running.enter_context(Served(machine.url).client(follow_redirects=False))
        browser.headers["Sec-Fetch-Site"] = "same-origin"
        assert browser.post("/aanmelden", data={"sleutel": region.keys["beheerder"]}).status_code == 303
        browsers.append(browser)
    here, there = browsers

    sent = here.post("/beheer/toevoegen", files={"bestand": ("nota.pdf", pdf("De nota noemt dertig plaatsen."))})
    task_id = sent.headers["location"].partition("?")[0].rpartition("/")[2]
    until(lambda: there.get(f"/beheer/taken/{task_id}/stand").json()["stand"] == "klaar")
    draft, picture = there.get(f"/beheer/concepten/{task_id}"), there.get(f"/beheer/concepten/{task_id}/pagina/1")
    confirmed = there.post(f"/beheer/concepten/{task_id}", data={"titel": "Nota", "taal": "nl", "status": "geldig"})
    again = here.post(f"/beheer/concepten/{task_id}", data={"titel": "Nota", "taal": "nl", "status": "geldig"})

    assert (draft.status_code, picture.status_code) == (200, 200)
    assert "De nota noemt dertig plaatsen." in draft.text
    assert (confirmed.status_code, again.status_code) == (303, 404)
    added = confirmed.headers["location"].partition("?")[0].rpartition("/")[2]
    until(lambda: here.get(f"/beheer/taken/{added}/stand").json()["stand"] == "klaar")
    until(lambda: here.get("/bronnen/nota").status_code == 200)


@dataclass
class Accepted:
    """What was promised to clients."""

    tasks: list[str] = field(default_factory=list)
    feedback: list[str] = field(default_factory=list)  # the answers that it is about
    answers: int = 0


def load(clients: list[httpx.Client], accepted: Accepted, number: int, stopping: threading.Event) -> None:
    """A client that goes on to another server when one does not answer."""
    for turn in range(1000):
        if stopping.is_set():
            return
        try:
            client = clients[(number + turn) % len(clients)]
            answered = client.post("/v1/antwoorden", json={"vraag": "Hoeveel wijkteams heeft Waterveen?"}, timeout=30)
            if answered.status_code == 200:
                assert answered.json()["citaten"][0]["bron"]["id"] == "wijkplan"
                accepted.answers += 1
                answer = answered.json()["id"]
                told = client.post("/v1/beoordelingen", json={"antwoordId": answer, "oordeel": "goed"}, timeout=30)
                if told.is_success:
                    accepted.feedback.append(answer)
            if turn % 6 == 0:
                text = f"# Nota {number}-{turn}\n\nNota {number}-{turn} noemt {turn} doelen voor de wijk.\n"
                sent = upload(client, f"Nota {number}-{turn}", text, f"nota-{number}-{turn}.md")
                if sent.status_code == 202:
                    accepted.tasks.append(sent.json()["id"])
        except httpx.TransportError:
            time.sleep(0.1)


def test_killing_processes_under_load_loses_nothing_that_was_accepted(region: Region) -> None:
    servers = [region.machine(name, *serving("--no-worker", "--processes", "1")) for name in ("een", "twee")]
    workers = [region.machine(name, *working()) for name in ("werk", "werk-twee")]
    accepted, stopping = Accepted(), threading.Event()
    threads = [
        threading.Thread(target=load, args=([region.client(each) for each in servers], accepted, number, stopping))
        for number in range(3)
    ]

    try:
        for thread in threads:
            thread.start()
        until(lambda: len(accepted.tasks) >= 3 and len(accepted.feedback) >= 5)
        _kill_while_busy(region, workers[0])
        until(lambda: len(accepted.tasks) >= 5)
        servers[0].process.kill()
        before = accepted.answers
        until(lambda: accepted.answers >= before + 5)
    finally:
        stopping.set()
        for thread in threads:
            thread.join()

    survivor = region.client(servers[1])
    tasks = [ended(survivor, task_id) for task_id in accepted.tasks]
    ids = [task["bron"] for task in tasks]
    assert [task["stand"] for task in tasks] == ["klaar"] * len(tasks)
    assert len(set(ids)) == len(ids) >= 5
    until(lambda: set(ids) <= {each["id"] for each in survivor.get("/v1/bronnen").json()["bronnen"]})
    with open_records(region.settings) as records:
        kept = {each.answer_id for each in records.feedback.list()}
        added = [deed.object for deed in records.trail.list() if deed.action == "bron-toevoegen"]
    assert set(accepted.feedback) <= kept
    assert set(ids) <= set(added)


def _kill_while_busy(region: Region, worker: Child) -> None:
    """Kill -9 a worker at a moment that a task is being done."""
    with open_records(region.settings) as records:
        until(lambda: any(task.state == "bezig" for task in records.tasks.list()))
        worker.process.kill()
        worker.process.wait()


def test_a_worker_that_is_told_to_stop_finishes_or_gives_back_its_task(region: Region) -> None:
    server = region.machine("een", *serving("--no-worker", "--processes", "1"))
    worker = region.machine("werk", *working())
    client = region.client(server)
    accepted = upload(client, "Nota", "# Nota\n\nDe nota noemt dertig doelen voor de wijk.\n", "nota.md")
    with open_records(region.settings) as records:
        until(lambda: records.tasks.list()[0].state != "wacht")

        worker.process.send_signal(signal.SIGTERM)
        _, told = worker.process.communicate(timeout=100)

        task = records.tasks.list()[0]
    assert worker.process.returncode == 0
    assert "Traceback" not in told
    assert task.state in ("klaar", "wacht")
    region.machine("werk-twee", *working())
    assert ended(client, accepted.json()["id"])["stand"] == "klaar"


def test_a_command_line_on_another_machine_sees_and_undoes_it(region: Region, tmp_path: Path) -> None:
    places = {each: tmp_path / "derde" / each for each in ("corpus", "index", "data")}
    third = replace(region.settings, **places)  # type: ignore[arg-type]
    content = pdf("De dagbesteding aan de Molenweg heeft dertig plaatsen.")
    (tmp_path / "nota.pdf").write_bytes(content)

    added = command(third, "corpus", "add", str(tmp_path / "nota.pdf"), "--titel", "Nota", "--ja")
    listed = command(region.settings, "corpus", "list")
    asked = command(region.settings, "ask", QUESTION["vraag"], "--json")
    undone = command(region.settings, "corpus", "undo")
    after = command(third, "corpus", "list")

    assert (added.returncode, undone.returncode) == (0, 0), added.stderr + undone.stderr
    assert "nota" in listed.stdout
    link = urlsplit(json.loads(asked.stdout)["citaten"][0]["link"])
    assert Path(unquote(link.path)).read_bytes() == content
    assert "nota " not in after.stdout
    assert "Teruggedraaid: het toevoegen van nota." in undone.stdout
