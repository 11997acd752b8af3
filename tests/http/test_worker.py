"""Background tasks: several workers share them, each is done once, and one that is let go of is done by another."""

from __future__ import annotations

import io
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import httpx
import pytest
from child_process import child, working
from corpus_change_processes import settings_in
from fake_embedder import FakeEmbedder
from http_server import serve

from assistant import NewDocument, Records, Settings, Task, open_records, open_uploads
from assistant.catalogue import read_catalogue
from assistant.catalogue_edit import with_entries
from assistant.catalogue_entry import Entry
from assistant.changing import only_change, readable
from assistant.corpus_transaction import READ, NewFile, Plan
from integrations.http.background import Worker
from integrations.http.leases import Lease
from integrations.http.work import Add, Read
from integrations.http.working import health_app

WAIT_SECONDS = 120.0


@pytest.fixture(params=["files", "postgres"])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    return settings_in(tmp_path, request.getfixturevalue("postgres_url") if request.param == "postgres" else "")


@pytest.fixture
def records(settings: Settings) -> Iterator[Records]:
    with open_records(settings) as records:
        yield records


def send(settings: Settings, records: Records, text: str) -> str:
    """A file to be read, as the web page leaves it; returns the id of the task."""
    place = open_uploads(settings).save("nota.md", io.BytesIO(f"# Nota\n\n{text}\n".encode()))
    work = Read(file=place)
    return records.tasks.create(work.kind, "baas", work.model_dump(mode="json")).id


def task(records: Records, task_id: str) -> Task:
    found = records.tasks.get(task_id)
    assert found is not None
    return found


def until(found: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while not found():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_two_workers_do_every_task_once(settings: Settings, records: Records) -> None:
    ids = [send(settings, records, f"Er zijn {number} wijkteams.") for number in range(6)]

    with (
        Worker(settings, records, open_uploads(settings), pause_seconds=0.05),
        Worker(settings, records, open_uploads(settings), pause_seconds=0.05),
    ):
        until(lambda: all(task(records, each).state == "klaar" for each in ids))

    assert [task(records, each).attempts for each in ids] == [1] * 6
    uploads = open_uploads(settings)
    read = [uploads.read_before(str(task(records, each).details["file"])) for each in ids]
    assert [source.text.split()[-2] for source in read if source] == [str(number) for number in range(6)]


def test_a_lease_is_kept_alive_while_the_work_goes_on(settings: Settings, records: Records) -> None:
    send(settings, records, "Er zijn zes wijkteams.")
    taken = records.tasks.take(1.5)
    assert taken is not None

    with Lease(records, taken, 1.5) as lease:
        time.sleep(2.5)
        other = records.tasks.take(1.5)

    assert other is None
    assert not lease.is_lost


def test_a_lease_that_was_given_back_is_anybodys_at_once(settings: Settings, records: Records) -> None:
    send(settings, records, "Er zijn zes wijkteams.")
    taken = records.tasks.take(60)
    assert taken is not None

    with Lease(records, taken, 60) as lease:
        lease.give_back()
        lease.give_back()

    again = records.tasks.take(60)
    assert again is not None
    assert (again.id, again.attempts, lease.is_lost) == (taken.id, 2, True)


def test_who_was_away_for_too_long_notices_that_another_has_the_task(settings: Settings, records: Records) -> None:
    send(settings, records, "Er zijn zes wijkteams.")
    taken = records.tasks.take(0.0)
    assert taken is not None
    other = records.tasks.take(60)
    assert other is not None

    with Lease(records, taken, 0.3) as lease:
        until(lambda: lease.is_lost)
        lease.give_back()

    assert (other.id, task(records, taken.id).state) == (taken.id, "bezig")
    assert records.tasks.take(60) is None


def test_a_file_that_is_gone_fails_its_task_with_a_sentence(settings: Settings, records: Records) -> None:
    task_id = send(settings, records, "Er zijn zes wijkteams.")
    open_uploads(settings).discard(str(task(records, task_id).details["file"]))

    with Worker(settings, records, open_uploads(settings), pause_seconds=0.05):
        until(lambda: task(records, task_id).state == "mislukt")

    assert task(records, task_id).message == "Dit bestand is er niet meer. Stuur het opnieuw."


def test_a_task_that_kills_every_worker_is_given_up(settings: Settings, records: Records) -> None:
    task_id = send(settings, records, "Er zijn zes wijkteams.")
    for _ in range(5):
        assert records.tasks.take(0.0) is not None

    with Worker(settings, records, open_uploads(settings), pause_seconds=0.05):
        until(lambda: task(records, task_id).state == "mislukt")

    assert task(records, task_id).message.startswith("Deze taak is te vaak afgebroken.")


def test_what_a_worker_that_was_thought_dead_still_did_counts(settings: Settings, records: Records) -> None:
    content = b"# Nota\n\nEr zijn zes wijkteams in de nota.\n"
    place = open_uploads(settings).save("nota.md", io.BytesIO(content))
    work = Add(file=place, document=NewDocument("Nota"))
    task_id = records.tasks.create(work.kind, "baas", work.model_dump(mode="json")).id
    assert records.tasks.take(0.0) is not None  # and then nothing was heard of it
    worker = Worker(settings, records, open_uploads(settings), FakeEmbedder(), pause_seconds=0.05)

    lock = ExitStack()
    first = lock.enter_context(only_change(settings))
    with lock, worker:
        until(lambda: task(records, task_id).progress >= READ)  # the other one waits for its turn
        path = first.settings.corpus / "catalogue.yml"
        text = with_entries(path.read_text(), [Entry(id="nota", title="Nota", file="nota.md")], path)
        new = NewFile(open_uploads(settings).file(place), "nota.md", sha256(content).hexdigest())
        first.carry_out(Plan("add", ("nota",), text, (new,)), FakeEmbedder(), lambda _: None)
        lock.close()
        until(lambda: task(records, task_id).state in ("klaar", "mislukt"))

    assert (task(records, task_id).state, task(records, task_id).outcome) == ("klaar", "nota")
    assert sorted(each.id for each in read_catalogue(readable(settings).corpus)) == ["kader", "nota", "wijkplan"]


def test_health_is_told_without_a_key(settings: Settings, records: Records) -> None:
    worker = Worker(settings, records, open_uploads(settings), pause_seconds=0.05)

    with serve(health_app(worker)) as served, served.client() as client:
        before = [client.get(f"/gezondheid/{path}").status_code for path in ("leeft", "klaar")]
        with worker:
            until(worker.is_ready)
            during = [client.get(f"/gezondheid/{path}") for path in ("leeft", "klaar")]
        after = client.get("/gezondheid/leeft").status_code

    assert before == [500, 503]
    assert [(each.status_code, each.json()["status"]) for each in during] == [(200, "leeft"), (200, "klaar")]
    assert after == 500
    assert [each.headers["Cache-Control"] for each in during] == ["no-store", "no-store"]


def test_the_command_does_tasks_and_stops_when_told(settings: Settings, records: Records, model_cache: Path) -> None:
    task_id = send(settings, records, "Er zijn zes wijkteams.")

    with child(replace(settings, cache=model_cache), working()) as worker:
        until(lambda: task(records, task_id).state == "klaar")
        ready = httpx.get(f"{worker.url}/gezondheid/klaar").json()
        worker.process.send_signal(signal.SIGTERM)
        _, told = worker.process.communicate(timeout=60)

    assert ready == {"status": "klaar"}
    assert worker.process.returncode == 0
    assert "Traceback" not in told
