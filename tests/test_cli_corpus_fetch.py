"""`corpus fetch` against a local server: what is fetched, remembered, and refused."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path

import pytest
from web_server import PAGE, WebServer, running, send

from assistant.cli import run
from assistant.cli.session import Session
from assistant.downloading import Downloader

Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def site() -> Iterator[WebServer]:
    with running() as server:
        yield server


@pytest.fixture
def command(
    site: WebServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Command:
    """Runs one command line on a corpus of three documents, two of which have an address at the test server."""
    corpus = tmp_path / "documenten"
    corpus.mkdir()
    entries = {"nota": site.url("/nota.html"), "plan": site.url("/plan"), "los": "null"}
    for document_id in entries:
        (corpus / f"{document_id}.md").write_text(f"# {document_id}\n\nEen samenvatting.\n")
    (corpus / "catalogue.yml").write_text(
        "documents:\n"
        + "".join(
            f"  - id: {name}\n    title: T\n    file: {name}.md\n    url: {url}\n" for name, url in entries.items()
        )
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BELEIDSWIJZER_CORPUS", str(corpus))
    monkeypatch.setenv("BELEIDSWIJZER_DATA", str(tmp_path / "data"))

    def call(*arguments: str, public: bool = False) -> tuple[int, str, str]:
        known = Downloader(lambda host, port: ["127.0.0.1"], lambda address: address.is_loopback)
        session = Session(open_downloader=Downloader if public else lambda: known)
        return run(arguments, session), *capsys.readouterr()

    return call


def test_originals_are_fetched_and_one_that_fails_does_not_stop_the_others(
    command: Command, site: WebServer, tmp_path: Path
) -> None:
    site.document("/nota.html", ETag='"1"')

    code, out, err = command("corpus", "fetch")

    file = tmp_path / "data" / "originals" / "nota.html"
    assert code == 1
    assert out.splitlines() == [
        f"✓ nota: opgehaald: {file}",
        f"    Nieuwe versie van dit document? Typ: beleidswijzer corpus replace nota {file}",
        "Opgehaald of nog gelijk: 1. Mislukt: 1. Zonder webadres: 1.",
    ]
    assert err == ("✗ plan: Bij documenten.example staat het document niet meer op dit adres (404). Zoek het nieuwe.\n")
    assert file.read_text() == PAGE
    remembered = json.loads((file.parent / "fetched.json").read_text())["nota"]
    assert (remembered["etag"], remembered["sha256"]) == ('"1"', sha256(PAGE.encode()).hexdigest())
    assert sorted(path.name for path in file.parent.iterdir()) == ["fetched.json", "lock", "nota.html"]


def test_what_has_not_changed_is_not_sent_again(command: Command, site: WebServer, tmp_path: Path) -> None:
    site.document("/nota.html", ETag='"1"')
    command("corpus", "fetch", "nota")
    site.answers["/nota.html"] = lambda handler: send(handler, 304, b"", {})

    code, out, _ = command("corpus", "fetch", "nota")

    assert site.asked[-1][1]["If-None-Match"] == '"1"'
    assert (code, out.splitlines()) == (
        0,
        [
            f"✓ nota: niet gewijzigd: {tmp_path / 'data' / 'originals' / 'nota.html'}",
            "Opgehaald of nog gelijk: 1. Mislukt: 0. Zonder webadres: 0.",
        ],
    )


def test_a_changed_original_takes_the_place_of_the_old_one(command: Command, site: WebServer, tmp_path: Path) -> None:
    site.document("/nota.html")
    command("corpus", "fetch", "nota")
    site.document("/nota.html", PAGE.replace("zes", "zeven"))

    _, out, _ = command("corpus", "fetch", "nota")

    assert out.splitlines()[0].startswith("✓ nota: gewijzigd sinds de vorige keer: ")
    assert "zeven wijkteams" in (tmp_path / "data" / "originals" / "nota.html").read_text()


def test_a_file_that_was_lost_is_asked_for_whole(command: Command, site: WebServer, tmp_path: Path) -> None:
    site.document("/nota.html", ETag='"1"')
    command("corpus", "fetch", "nota")
    (tmp_path / "data" / "originals" / "nota.html").unlink()

    assert command("corpus", "fetch", "nota")[0] == 0
    assert "If-None-Match" not in site.asked[-1][1]


def test_content_of_another_kind_than_was_said_is_refused(command: Command, site: WebServer, tmp_path: Path) -> None:
    site.document("/nota.html", b"%PDF-1.7 geen pagina", "text/html")

    code, _, err = command("corpus", "fetch", "nota")

    assert (code, err) == (
        1,
        "✗ nota: nota.html is geen .html-bestand maar een PDF-bestand. Hernoem het naar nota.pdf.\n",
    )
    assert [path.name for path in (tmp_path / "data" / "originals").iterdir()] == ["lock"]


def test_only_public_addresses_are_fetched(command: Command, tmp_path: Path) -> None:
    catalogue = tmp_path / "documenten" / "catalogue.yml"
    catalogue.write_text(catalogue.read_text().replace("documenten.example", "127.0.0.1"))

    code, _, err = command("corpus", "fetch", "nota", public=True)

    assert code == 1
    assert err.startswith("✗ nota: De server 127.0.0.1 is niet openbaar: alleen adressen op het openbare internet")


def test_an_unknown_document_cannot_be_fetched(command: Command) -> None:
    code, _, err = command("corpus", "fetch", "noot")

    assert code == 2
    assert err.startswith("Er is geen document met id 'noot'. Bedoeld is misschien 'nota'.")
