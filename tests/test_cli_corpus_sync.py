"""`corpus sync` against a local server: what changed is shown and replaced, and nothing is ever withdrawn."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from web_server import PAGE, WebServer, running, send

from assistant.catalogue import read_catalogue
from assistant.cli import run
from assistant.cli.recording import system_user
from assistant.cli.session import Session
from assistant.downloading import Downloader
from assistant.records import open_records
from assistant.settings import load_settings

Command = Callable[..., tuple[int, str, str]]
SUMMARY = "# Samenvatting\n\nIn eigen woorden: de gemeente heeft wijkteams.\n"
NEWER = PAGE.replace("Er zijn zes wijkteams.", "Er zijn zeven wijkteams.")


@pytest.fixture
def site() -> Iterator[WebServer]:
    with running() as server:
        server.document("/nota.html", ETag='"1"')
        server.document("/plan.html", PAGE.replace("Nota", "Plan"), ETag='"1"')
        yield server


@pytest.fixture
def corpus(site: WebServer, tmp_path: Path) -> Path:
    """Two documents with an address: `nota` is the original itself, `plan` a summary; `los` has no address."""
    folder = tmp_path / "documenten"
    folder.mkdir()
    (folder / "nota.html").write_text(PAGE)
    (folder / "plan.md").write_text(SUMMARY)
    (folder / "los.md").write_text("# Los\n\nEen los stuk.\n")
    (folder / "catalogue.yml").write_text(
        "documents:\n"
        f"  - id: nota\n    title: Nota\n    file: nota.html\n    url: {site.url('/nota.html')}\n"
        f"  - id: plan\n    title: Plan\n    file: plan.md\n    url: {site.url('/plan.html')}\n"
        "  - id: los\n    title: Los\n    file: los.md\n    url: null\n"
    )
    return folder


@pytest.fixture
def command(
    corpus: Path,
    model_cache: Path,
    embedder: object,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Command:
    monkeypatch.chdir(corpus.parent)
    places = {"CORPUS": corpus, "INDEX": corpus.parent / "index", "DATA": corpus.parent / "data", "CACHE": model_cache}
    for name, place in places.items():
        monkeypatch.setenv(f"BELEIDSWIJZER_{name}", str(place))

    def call(*arguments: str) -> tuple[int, str, str]:
        known = Downloader(lambda host, port: ["127.0.0.1"], lambda address: address.is_loopback)
        return run(arguments, Session(open_downloader=lambda: known)), *capsys.readouterr()

    return call


def file_of(corpus: Path, document_id: str) -> Path:
    return next(each.file for each in read_catalogue(corpus) if each.id == document_id)


def test_a_changed_original_is_shown_by_heading_and_replaced(command: Command, site: WebServer, corpus: Path) -> None:
    first = command("corpus", "sync")
    site.document("/nota.html", NEWER, ETag='"2"')

    code, out, err = command("corpus", "sync", "nota")

    assert first[:2] == (
        0,
        "✓ plan (Plan): origineel opgehaald; in de map staat een ander bestand, dat blijft.\n"
        "Gecontroleerd: 2, veranderd: 0, waarvan vervangen of teruggezet: 0, verdwenen: 0, mislukt: 0, "
        "zonder webadres: 1.\n",
    )
    assert (code, err) == (0, "")
    assert out.splitlines() == [
        "✓ nota (Nota): vervangen door de nieuwe versie van het origineel.",
        "Zinnen gewijzigd: 1.",
        "",
        "Nota wijkteams",
        "~ Er zijn zes wijkteams.",
        "  wordt: Er zijn zeven wijkteams.",
        "    Klopt de datum in de catalogus nog? Terug kan met: beleidswijzer corpus undo",
        "Gecontroleerd: 1, veranderd: 1, waarvan vervangen of teruggezet: 1, verdwenen: 0, mislukt: 0, "
        "zonder webadres: 0.",
    ]
    assert "zeven wijkteams" in file_of(corpus, "nota").read_text()
    assert "zeven wijkteams" in command("ask", "Hoeveel wijkteams zijn er?")[1]


def test_what_was_replaced_is_replaced_again_next_time_and_can_be_undone(
    command: Command, site: WebServer, corpus: Path
) -> None:
    command("corpus", "sync")
    for number, word in enumerate(("zeven", "acht"), 2):
        site.document("/nota.html", PAGE.replace("zes", word), ETag=f'"{number}"')
        assert "vervangen door de nieuwe versie" in command("corpus", "sync", "nota")[1]

    shown = command("corpus", "diff", "nota", "--versie", "2")[1]
    command("corpus", "undo")

    assert "~ Er zijn zes wijkteams.\n  wordt: Er zijn acht wijkteams." in shown
    assert "zeven wijkteams" in file_of(corpus, "nota").read_text()


def test_only_reporting_changes_nothing(command: Command, site: WebServer, corpus: Path) -> None:
    command("corpus", "sync")
    site.document("/nota.html", NEWER, ETag='"2"')
    before = (corpus / "catalogue.yml").read_text()

    code, out, _ = command("corpus", "sync", "--alleen-melden")
    site.answers["/nota.html"] = lambda handler: send(handler, 304, b"", {})
    again = command("corpus", "sync", "--alleen-melden")

    assert code == 3
    assert "✓ nota (Nota): er is een nieuwe versie van het origineel; er is niets vervangen." in out.splitlines()
    assert "    Vervangen? Typ: beleidswijzer corpus sync nota" in out.splitlines()
    assert again[:2] == (code, out)
    assert (corpus / "catalogue.yml").read_text() == before
    assert file_of(corpus, "nota").read_text() == PAGE


def test_another_layout_of_the_same_text_is_no_change(command: Command, site: WebServer, corpus: Path) -> None:
    command("corpus", "sync")
    site.document("/nota.html", PAGE.replace("<h1>", "<h1 class='groot'>"), ETag='"2"')

    code, out, _ = command("corpus", "sync", "nota")
    site.document("/nota.html", NEWER, ETag='"3"')

    assert (code, out.splitlines()[0][:31]) == (0, "Gecontroleerd: 1, veranderd: 0,")
    assert file_of(corpus, "nota").read_text() == PAGE
    assert "vervangen door de nieuwe versie" in command("corpus", "sync", "nota")[1]


def test_a_summary_is_never_replaced_by_the_original(command: Command, site: WebServer, corpus: Path) -> None:
    command("corpus", "sync")
    site.document("/plan.html", NEWER, ETag='"2"')

    code, out, _ = command("corpus", "sync", "plan")

    assert code == 3
    assert out.splitlines()[0] == (
        "✓ plan (Plan): het origineel is veranderd; in de map staat een ander bestand, dat blijft."
    )
    assert "Er zijn zeven wijkteams." in out
    assert file_of(corpus, "plan").read_text() == SUMMARY


def test_an_original_that_disappeared_is_said_and_not_withdrawn(
    command: Command, site: WebServer, corpus: Path
) -> None:
    command("corpus", "sync")
    site.answers["/nota.html"] = lambda handler: send(handler, 410, b"", {})
    before = (corpus / "catalogue.yml").read_text()

    code, out, err = command("corpus", "sync", "nota")

    assert code == 1
    assert err == (
        "✗ nota: Bij documenten.example staat het document niet meer op dit adres (410). Zoek het nieuwe. "
        "Het document blijft; er is niets ingetrokken.\n"
    )
    assert "verdwenen: 1" in out
    assert (corpus / "catalogue.yml").read_text() == before
    assert file_of(corpus, "nota").read_text() == PAGE


def test_two_never_run_at_once(command: Command, corpus: Path) -> None:
    command("corpus", "sync")

    with (corpus.parent / "data" / "originals" / "lock").open("r+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        code, out, err = command("corpus", "sync")

    assert (code, out) == (75, "")
    assert err == "Een ander proces haalt al originelen op. Wacht tot dat klaar is en probeer het opnieuw.\n"


def test_a_document_added_by_its_address_is_followed_from_the_start(
    command: Command, site: WebServer, corpus: Path
) -> None:
    brief = PAGE.replace("Nota", "Brief")
    site.document("/brief.html", brief, ETag='"1"')
    command("corpus", "add", site.url("/brief.html"), "--ja")
    site.document("/brief.html", brief.replace("zes", "vijf"), ETag='"2"')

    code, out, _ = command("corpus", "sync", "brief")

    assert (code, out.splitlines()[0]) == (0, "✓ brief (Brief): vervangen door de nieuwe versie van het origineel.")
    assert "vijf wijkteams" in file_of(corpus, "brief").read_text()


def test_a_missing_file_is_put_back(command: Command, corpus: Path) -> None:
    command("index", "build")
    file = file_of(corpus, "nota")
    file.unlink()

    fetched = command("corpus", "fetch", "nota")
    back = file.read_text()
    file.unlink()
    synced = command("corpus", "sync", "nota")

    assert fetched[:2] == (
        0,
        "✓ nota: het bestand ontbrak en is teruggezet: nota.html\n"
        "Opgehaald of nog gelijk: 1. Mislukt: 0. Zonder webadres: 0.\n",
    )
    assert synced[1].splitlines()[0] == "✓ nota (Nota): het bestand ontbrak en is teruggezet."
    assert back == file.read_text() == PAGE


def test_a_lost_summary_is_not_replaced_by_the_original(command: Command, corpus: Path) -> None:
    command("index", "build")
    file_of(corpus, "plan").unlink()

    code, _, err = command("corpus", "fetch", "plan")

    assert code == 1
    assert err.startswith(
        "✗ plan: Het bestand van 'plan' ontbreekt, en het origineel is van een andere soort. Is dit het goede bestand? "
        "Typ: beleidswijzer corpus replace plan "
    )
    assert not file_of(corpus, "plan").exists()


def test_a_schedule_goes_on_until_it_is_stopped(corpus: Path) -> None:
    (corpus / "catalogue.yml").write_text("documents:\n  - id: los\n    title: Los\n    file: los.md\n")
    places = {"CORPUS": corpus, "DATA": corpus.parent / "data", "CACHE": corpus.parent / "cache"}
    environment = {**os.environ, **{f"BELEIDSWIJZER_{name}": str(place) for name, place in places.items()}}
    command = [sys.executable, "-u", "-c", "from assistant.cli import main; main()", "corpus", "sync", "--elke", "24u"]

    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        lines = [process.stdout.readline() for _ in range(3)]
        process.send_signal(signal.SIGTERM)
        lines += process.stdout.readlines()

    assert process.returncode == 0
    assert [lines[0][19:].strip(), lines[1].split(",")[0], lines[2][19:].strip(), lines[3][19:].strip()] == [
        "Ronde begint.",
        "Gecontroleerd: 0",
        "Ronde is klaar.",
        "Gestopt.",
    ]


@pytest.mark.parametrize("time", ["24", "1m", "0u", "een dag"])
def test_a_schedule_that_cannot_be_is_refused(command: Command, time: str) -> None:
    code, _, err = command("corpus", "sync", "--elke", time)

    assert code == 2
    assert f"'{time}' kan niet. Schrijf bijvoorbeeld 30m, 24u of 7d; ten minste 5m." in err


def test_changes_on_the_command_line_are_in_the_trail_with_the_system_user(
    command: Command, site: WebServer, corpus: Path
) -> None:
    (corpus.parent / "brief.md").write_text("# Brief\n\nDe wijk heeft drie brieven.\n")
    command("corpus", "add", "brief.md", "--ja")
    command("corpus", "withdraw", "brief")
    command("corpus", "withdraw", "brief", "--door", "bestaat-niet")
    command("corpus", "undo")
    command("corpus", "remove", "los", "--ja")

    with open_records(load_settings()) as records:
        deeds = records.trail.list()

    assert [(deed.action, deed.object, deed.result) for deed in reversed(deeds)] == [
        ("bron-toevoegen", "brief", "gelukt"),
        ("bron-intrekken", "brief", "gelukt"),
        ("bron-intrekken", "brief", "mislukt"),
        ("bron-terugdraaien", "brief", "gelukt"),
        ("bron-verwijderen", "los", "gelukt"),
    ]
    assert {deed.actor for deed in deeds} == {system_user()}
    assert system_user().startswith("opdrachtregel (")
