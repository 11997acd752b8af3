"""Maintainers add and withdraw documents over HTTP; the work is done in the background, whole or not at all."""

from __future__ import annotations

import io
import os
import socket
import time
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from child_process import child, serving
from http_fixtures import corpus_in
from http_server import Served, serve

from assistant import Assistant, Records, Settings, open_records
from assistant.catalogue import read_catalogue
from assistant.change_journal import Journal
from assistant.openvino_embedder import BundledEmbedder
from assistant.snapshot_follower import SnapshotFollower
from integrations.http import create_app

NOTE = "# Nota dagbesteding\n\nDe dagbesteding aan de Molenweg heeft dertig plaatsen. Zij is open op werkdagen.\n"
DETAILS = {
    "titel": "Nota dagbesteding",
    "uitgever": "Gemeente Waterveen",
    "publicatiedatum": "2025-02-01",
    "themas": "zorg, wonen",
    "status": "geldig",
}
WAIT_SECONDS = 120.0


@dataclass(frozen=True)
class Place:
    """A corpus of its own that may be changed, and a server on it."""

    settings: Settings
    records: Records
    served: Served
    maintainer: httpx.Client
    user: httpx.Client


@pytest.fixture
def place(embedder: BundledEmbedder, model_cache: Path, tmp_path: Path) -> Iterator[Place]:
    settings = corpus_in(tmp_path, embedder, model_cache)
    assistant = Assistant(SnapshotFollower(settings.index, embedder.description, check_seconds=0.0), embedder)
    with (
        open_records(settings) as records,
        serve(create_app(assistant, settings, records)) as served,
        served.client(records.keys.create("baas", "beheerder")[0]) as maintainer,
        served.client(records.keys.create("lezer", "gebruiker")[0]) as user,
    ):
        yield Place(settings, records, served, maintainer, user)


def upload(client: httpx.Client, content: bytes | str = NOTE, name: str = "nota.md", **details: str) -> httpx.Response:
    fields = {**DETAILS, **details}
    data = content.encode() if isinstance(content, str) else content
    return client.post("/v1/bronnen", data=fields, files={"bestand": (name, data, "application/octet-stream")})


def ended(client: httpx.Client, response: httpx.Response) -> dict[str, Any]:
    """The task that a request started, when it has ended."""
    assert response.status_code == 202, response.text
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        task: dict[str, Any] = client.get(response.headers["Location"]).json()
        if task["stand"] in ("klaar", "mislukt"):
            return task
        time.sleep(0.1)
    raise AssertionError("the task did not end")


def ids(client: httpx.Client) -> list[str]:
    return sorted(each["id"] for each in client.get("/v1/bronnen").json()["bronnen"])


def test_an_uploaded_document_answers_and_goes_again(place: Place) -> None:
    accepted = upload(place.maintainer)
    task = ended(place.maintainer, accepted)

    assert accepted.json()["stand"] == "wacht"
    assert accepted.headers["Location"] == f"{place.served.url}/v1/taken/{task['id']}"
    assert (task["stand"], task["voortgang"], task["bron"]) == ("klaar", 100, "nota")
    assert task["melding"] == "Toegevoegd als 'nota': Nota dagbesteding"
    answer = place.user.post("/v1/antwoorden", json={"vraag": "Hoeveel plaatsen heeft de dagbesteding?"}).json()
    assert answer["citaten"][0]["bron"]["id"] == "nota"
    found = place.user.get("/v1/bronnen/nota").json()
    assert (found["uitgever"], found["publicatiedatum"]) == ("Gemeente Waterveen", "2025-02-01")
    assert (found["themas"], found["status"], found["taal"]) == (["zorg", "wonen"], "geldig", "nl")

    gone = ended(place.maintainer, place.maintainer.delete("/v1/bronnen/nota"))

    assert (gone["stand"], gone["bron"]) == ("klaar", "nota")
    assert "nota" not in ids(place.user)
    assert not (place.settings.corpus / "nota.md").exists()
    assert [(deed.action, deed.object, deed.result) for deed in place.records.trail.list()] == [
        ("bron-verwijderen", "nota", "gelukt"),
        ("bron-toevoegen", "nota", "gelukt"),
    ]
    assert list((place.settings.data / "uploads").iterdir()) == []


def test_only_a_maintainer_may_change_documents(place: Place) -> None:
    with place.served.client() as stranger:
        statuses = [
            (upload(client).status_code, client.delete("/v1/bronnen/notitie").status_code,
             client.get(f"/v1/taken/{'0' * 32}").status_code)
            for client in (stranger, place.user, place.maintainer)
        ]  # fmt: skip

    assert statuses[:2] == [(401, 401, 401), (403, 403, 403)]
    assert statuses[2] == (202, 202, 404)


def test_everything_wrong_with_a_form_is_told_at_once(place: Place) -> None:
    response = place.maintainer.post(
        "/v1/bronnen",
        data={
            "titel": "",
            "publicatiedatum": "gisteren",
            "url": "file:///etc/passwd",
            "status": "top",
            "kleur": "rood",
        },
        files={"bestand": ("nota.md", b"")},
    )

    assert response.status_code == 400
    assert response.headers["content-type"] == "application/problem+json"
    assert {each["veld"] for each in response.json()["fouten"]} == {
        "bestand", "titel", "publicatiedatum", "url", "status", "",
    }  # fmt: skip
    assert "kleur" not in response.text


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("nota.exe", b"MZ"),
        ("nota", b"tekst"),
        ("nota.pdf", b"PK\x03\x04 geen pdf"),
        ("nota.docx", b"%PDF-1.7"),
        ("nota.md", b"%PDF-1.7"),
        ("nota.txt", b"\x00\x01\x02"),
        ("nota.html", b"PK\x03\x04"),
    ],
)
def test_a_file_of_another_kind_is_refused_at_once(place: Place, name: str, content: bytes) -> None:
    response = upload(place.maintainer, content, name)

    assert response.status_code == 415
    assert response.json()["title"] == "Soort bestand niet ondersteund"


@pytest.mark.parametrize("name", ["../../../tmp/weg.md", "/etc/weg.md", "..\\weg.md", "weg\x00.md", "%2e%2e%2fweg.md"])
def test_a_name_with_a_path_ends_in_the_corpus_folder(place: Place, name: str) -> None:
    before = {path.name for path in place.settings.corpus.iterdir()}

    task = ended(place.maintainer, upload(place.maintainer, name=name))

    added = {path.name for path in place.settings.corpus.iterdir()} - before
    assert task["stand"] == "klaar"
    assert len(added) == 1
    assert read_catalogue(place.settings.corpus)[-1].file == place.settings.corpus / added.pop()


def test_a_form_without_a_file_or_with_two_is_refused(place: Place) -> None:
    without = place.maintainer.post("/v1/bronnen", files={"titel": (None, "Nota")})
    two = place.maintainer.post(
        "/v1/bronnen",
        data=DETAILS,
        files=[("bestand", ("a.md", b"# A\n\nTekst.")), ("bestand", ("b.md", b"# B\n\nTekst."))],
    )

    assert (without.status_code, without.json()["fouten"][0]["veld"]) == (400, "bestand")
    assert (two.status_code, two.json()["title"]) == (400, "Ongeldig formulier")


@pytest.mark.parametrize("content_type", ["application/json", "text/plain", "application/x-www-form-urlencoded"])
def test_anything_but_a_form_is_the_wrong_type(place: Place, content_type: str) -> None:
    response = place.maintainer.post("/v1/bronnen", content=b"titel=x", headers={"Content-Type": content_type})

    assert (response.status_code, response.headers["Accept"]) == (415, "multipart/form-data")


def test_a_broken_form_is_a_bad_request(place: Place) -> None:
    headers = {"Content-Type": "multipart/form-data; boundary=x"}

    broken = place.maintainer.post("/v1/bronnen", content=b"--y\r\nnonsens\r\n", headers=headers)
    without = place.maintainer.post("/v1/bronnen", content=b"", headers={"Content-Type": "multipart/form-data"})

    assert (broken.status_code, without.status_code) == (400, 400)


def test_a_client_that_hangs_up_leaves_nothing_and_takes_no_room(place: Place) -> None:
    host, port = place.served.url.removeprefix("http://").split(":")
    key = place.maintainer.headers["Authorization"]
    head = (
        f"POST /v1/bronnen HTTP/1.1\r\nHost: {host}\r\nAuthorization: {key}\r\nContent-Length: 100000\r\n"
        "Content-Type: multipart/form-data; boundary=x\r\n\r\n"
        '--x\r\nContent-Disposition: form-data; name="bestand"; filename="a.md"\r\n\r\nbegin'
    )
    for _ in range(6):
        with socket.create_connection((host, int(port))) as client:
            client.sendall(head.encode())
            client.settimeout(0.2)
            with pytest.raises(TimeoutError):
                client.recv(1)

    assert ended(place.maintainer, upload(place.maintainer))["stand"] == "klaar"
    assert len(place.records.tasks.list()) == 1


def test_more_than_fifty_megabytes_is_too_large(place: Place) -> None:
    boundary = b'--x\r\nContent-Disposition: form-data; name="bestand"; filename="a.md"\r\n\r\n'

    def parts() -> Iterator[bytes]:
        yield boundary
        for _ in range(60):
            yield b"x" * (1 << 20)

    response = place.maintainer.post(
        "/v1/bronnen", content=parts(), headers={"Content-Type": "multipart/form-data; boundary=x"}
    )

    assert response.status_code == 413


def test_a_zip_bomb_fails_and_the_service_goes_on(place: Place) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("word/document.xml", b"<w:p/>" * 60_000_000)
    before = ids(place.user)

    task = ended(place.maintainer, upload(place.maintainer, packed.getvalue(), "bom.docx"))

    assert (task["stand"], task["bron"]) == ("mislukt", None)
    assert task["melding"].startswith("bom.docx pakt uit tot veel meer dan een gewoon document.")
    assert ids(place.user) == before
    assert ended(place.maintainer, upload(place.maintainer))["stand"] == "klaar"


def test_a_damaged_document_fails_with_a_clear_sentence(place: Place) -> None:
    task = ended(place.maintainer, upload(place.maintainer, b"%PDF-1.7\n" + os.urandom(5_000), "stuk.pdf"))

    assert task["stand"] == "mislukt"
    assert task["melding"].startswith("stuk.pdf ")


def test_the_same_document_twice_fails_the_second_time(place: Place) -> None:
    first = ended(place.maintainer, upload(place.maintainer))
    second = ended(place.maintainer, upload(place.maintainer, name="kopie.md"))

    assert first["stand"] == "klaar"
    assert (second["stand"], second["melding"]) == ("mislukt", "Dit bestand is er al, als 'nota' (Nota dagbesteding).")


def test_a_document_that_replaces_another_marks_it(place: Place) -> None:
    ended(place.maintainer, upload(place.maintainer, vervangt="wijkplan"))

    old = place.user.get("/v1/bronnen/wijkplan").json()
    assert (old["status"], old["vervangenDoor"]) == ("vervangen", "nota")


def test_an_unknown_document_cannot_be_deleted(place: Place) -> None:
    assert place.maintainer.delete("/v1/bronnen/bestaat-niet").status_code == 404
    assert place.maintainer.delete("/v1/bronnen/..%2F..%2Fetc").status_code in (400, 404)


def test_a_task_goes_on_after_its_process_was_killed(
    embedder: BundledEmbedder, model_cache: Path, tmp_path: Path
) -> None:
    settings = corpus_in(tmp_path, embedder, model_cache)
    with open_records(settings) as records:
        key = records.keys.create("baas", "beheerder")[0]
        with child(settings, serving()) as first, Served(first.url).client(key) as client:
            task_id = upload(client).json()["id"]
            while _state(records, task_id) == "wacht":
                time.sleep(0.01)
            first.process.kill()
            first.process.wait()
        assert _state(records, task_id) == "bezig"

        with child(settings, serving()):
            deadline = time.monotonic() + WAIT_SECONDS
            while _state(records, task_id) in ("wacht", "bezig") and time.monotonic() < deadline:
                time.sleep(0.1)

        task = records.tasks.get(task_id)
    assert task is not None
    assert (task.state, task.outcome, task.attempts) == ("klaar", "nota", 2)
    assert [each.id for each in read_catalogue(settings.corpus)].count("nota") == 1
    assert not Journal(settings).current.exists()


def _state(records: Records, task_id: str) -> str:
    task = records.tasks.get(task_id)
    assert task is not None
    return task.state
