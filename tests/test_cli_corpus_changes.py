"""`corpus add`, `replace`, `withdraw`, `remove` and `undo` as a maintainer types them, with the real model."""

from __future__ import annotations

import os
import pty
import select
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from web_server import WebServer, running

from assistant.catalogue import read_catalogue
from assistant.cli import run
from assistant.cli.session import Session
from assistant.downloading import Downloader

Command = Callable[..., tuple[int, str, str]]
KADER = "# Kader wijkteams\n\nEen wijkteam belt een gezin binnen tien werkdagen na de melding.\n"
NOTA = "# Nota bezoek\n\nUitgever: Regio Oostveen\n\nEen medewerker bezoekt het gezin binnen drie werkdagen.\n"
CATALOGUE = "documents:\n  - id: kader\n    title: Kader\n    file: kader.md\n    status: in_force\n"


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    folder = tmp_path / "documenten"
    folder.mkdir()
    (folder / "catalogue.yml").write_text(CATALOGUE)
    (folder / "kader.md").write_text(KADER)
    (tmp_path / "nota.md").write_text(NOTA)
    return folder


@pytest.fixture
def site() -> Iterator[WebServer]:
    with running() as server:
        yield server


@pytest.fixture
def command(
    corpus: Path, model_cache: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Command:
    """Runs one command line on the corpus; gives exit code, output and errors."""
    monkeypatch.chdir(corpus.parent)
    for name, value in environment(corpus, model_cache).items():
        monkeypatch.setenv(name, value)

    def call(*arguments: str) -> tuple[int, str, str]:
        session = Session(
            open_downloader=lambda: Downloader(lambda host, port: ["127.0.0.1"], lambda address: address.is_loopback)
        )
        return run(arguments, session), *capsys.readouterr()

    return call


def environment(corpus: Path, model_cache: Path) -> dict[str, str]:
    places = {"CORPUS": corpus, "INDEX": corpus.parent / "index", "DATA": corpus.parent / "data", "CACHE": model_cache}
    return {f"BELEIDSWIJZER_{name}": str(place) for name, place in places.items()}


def ids(corpus: Path) -> list[str]:
    return [document.id for document in read_catalogue(corpus)]


def test_a_document_is_added_with_what_the_options_say_and_nothing_else(command: Command, corpus: Path) -> None:
    code, out, err = command("corpus", "add", "nota.md", "--ja", "--titel", "Nota", "--geldig-vanaf", "1-2-2024")

    assert (code, err) == (0, "")
    assert out.splitlines() == [
        "Toegevoegd: nota (Nota).",
        "    Niet ingevuld: uitgever, datum, status, webadres, licentie, thema.",
        "Terug kan met: beleidswijzer corpus undo",
    ]
    assert (corpus / "catalogue.yml").read_text() == (
        CATALOGUE + "\n  - id: nota\n    title: Nota\n    file: nota.md\n    publisher: null\n    published: null\n"
        "    url: null\n    language: nl\n    licence: null\n    themes: []\n    status: unknown\n"
        "    supersedes: []\n    superseded_by: null\n    valid_from: 2024-02-01\n"
    )
    assert "binnen drie werkdagen" in command("ask", "Binnen hoeveel werkdagen bezoekt een medewerker het gezin?")[1]


def test_what_the_document_says_of_itself_is_shown_but_not_taken(command: Command, corpus: Path) -> None:
    (corpus.parent / "brief.html").write_text(
        "<html lang='nl'><head><title>Brief over de wijk</title></head><body><h1>Brief over de wijk</h1>"
        "<p>Er zijn zes wijkteams in de gemeente.</p></body></html>"
    )

    _, out, _ = command("corpus", "add", "brief.html", "--ja")

    assert out.splitlines()[:2] == [
        "Toegevoegd: brief (Brief).",
        "    Niet ingevuld: titel, uitgever, datum, status, webadres, licentie, thema. "
        "Het document noemt zelf: titel 'Brief over de wijk'.",
    ]


def test_without_a_terminal_nothing_is_guessed(command: Command, corpus: Path) -> None:
    code, out, err = command("corpus", "add", "nota.md")

    assert (code, out) == (2, "")
    assert err == ("Er is geen terminal om vragen te stellen. Geef wat bekend is als optie, en voeg --ja toe.\n")
    assert (corpus / "catalogue.yml").read_text() == CATALOGUE


def test_a_folder_is_added_and_its_failures_come_last(command: Command, corpus: Path) -> None:
    folder = corpus.parent / "map"
    (folder / "onder").mkdir(parents=True)
    (folder / "onder" / "nota.md").write_text(NOTA)
    (folder / "kader-kopie.md").write_text(KADER)
    (folder / "leeg.txt").write_text("")
    (folder / "foto.png").write_bytes(b"\x89PNG")
    (folder / "geheim.md").symlink_to("/etc/hostname")

    code, out, err = command("corpus", "add", str(folder), "--ja", "--uitgever", "Regio")

    assert code == 1
    assert out.splitlines() == [
        "Toegevoegd: nota (Nota).",
        "    Niet ingevuld: titel, datum, status, webadres, licentie, thema. "
        "Het document noemt zelf: titel 'Nota bezoek'.",
        "Staat er al: kader-kopie.md, als kader.",
        "Terug kan met: beleidswijzer corpus undo",
    ]
    assert err.splitlines() == [
        "Niet toegevoegd: 2.",
        "✗ foto.png: Dit soort bestand wordt niet gelezen. Lever het aan als een van deze soorten: "
        + ", ".join(_suffixes())
        + ".",
        "✗ leeg.txt: leeg.txt is leeg. Vervang het door het volledige document of haal het uit de map.",
    ]
    assert ids(corpus) == ["kader", "nota"]


def _suffixes() -> tuple[str, ...]:
    from assistant.loaders import SUPPORTED_SUFFIXES

    return SUPPORTED_SUFFIXES


def test_a_document_from_the_web_keeps_its_address(command: Command, corpus: Path, site: WebServer) -> None:
    site.document("/nota.html")

    code, out, _ = command("corpus", "add", site.url("/nota.html"), "--ja", "--titel", "Nota")

    assert (code, out.splitlines()[0]) == (0, "Toegevoegd: nota (Nota).")
    assert read_catalogue(corpus)[1].url == site.url("/nota.html")


def test_a_refused_address_does_not_stop_the_others(command: Command, corpus: Path) -> None:
    code, out, err = command("corpus", "add", "file:///etc/passwd", "nota.md", "--ja")

    assert (code, out.splitlines()[0]) == (1, "Toegevoegd: nota (Nota).")
    assert err.splitlines() == [
        "Niet toegevoegd: 1.",
        "✗ passwd: 'file:///etc/passwd' is geen webadres dat kan worden opgehaald. Geef een adres met https://.",
    ]


def test_a_new_version_takes_the_place_of_the_old_one(command: Command, corpus: Path) -> None:
    code, out, _ = command(
        "corpus", "replace", "kader", "nota.md", "--ja", "--titel", "Kader 2025", "--status", "geldig"
    )

    assert (code, out.splitlines()) == (
        0,
        [
            "Toegevoegd: nota (Kader 2025).",
            "    Niet ingevuld: uitgever, datum, webadres, licentie, thema.",
            "Terug kan met: beleidswijzer corpus undo",
            "kader (Kader) is nu vervangen door nota.",
        ],
    )
    old, new = read_catalogue(corpus)
    assert (old.status, old.superseded_by, new.status, new.supersedes) == ("superseded", "nota", "in_force", ("kader",))


def test_a_better_file_leaves_the_entry_as_it_is(command: Command, corpus: Path) -> None:
    code, out, _ = command("corpus", "replace", "kader", "nota.md", "--verbetering")

    assert (code, out) == (0, "kader (Kader) heeft een nieuw bestand. Terug kan met: beleidswijzer corpus undo\n")
    assert (corpus / "catalogue.yml").read_text() == CATALOGUE.replace("kader.md", "nota.md")
    assert not (corpus / "kader.md").exists()


def test_a_withdrawn_document_is_outdated_but_can_be_found(command: Command, corpus: Path) -> None:
    code, out, _ = command("corpus", "withdraw", "kader", "--tot", "31-12-2024")

    assert (code, out) == (0, "kader (Kader) is nu verouderd. Terug kan met: beleidswijzer corpus undo\n")
    assert (corpus / "catalogue.yml").read_text() == (
        CATALOGUE.replace("in_force", "outdated") + "    valid_until: 2024-12-31\n"
    )


def test_a_removed_document_is_gone_until_it_is_undone(command: Command, corpus: Path) -> None:
    command("corpus", "add", "nota.md", "--ja")

    assert command("corpus", "remove", "kader")[0] == 2  # no terminal to confirm
    code, out, _ = command("corpus", "remove", "kader", "--ja")

    assert (code, out) == (0, "kader (Kader) is verwijderd. Terug kan met: beleidswijzer corpus undo\n")
    assert (ids(corpus), (corpus / "kader.md").exists()) == (["nota"], False)
    assert command("corpus", "undo", "--aantal", "2") == (
        0,
        "Teruggedraaid: het verwijderen van kader.\nTeruggedraaid: het toevoegen van nota.\n",
        "",
    )
    assert ((corpus / "catalogue.yml").read_text(), sorted(path.name for path in corpus.iterdir())) == (
        CATALOGUE,
        ["catalogue.yml", "kader.md"],
    )
    assert command("corpus", "undo")[2] == "Er is geen wijziging om ongedaan te maken.\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("add", "nota.md", "--ja", "--url", "nota"), "De gegevens van het document kloppen niet: 'url' moet een web"),
        (("add", "nota.md", "--ja", "--datum", "gisteren"), "De optie '--datum': 'gisteren' is geen datum."),
        (("add", "nota.md", "map", "--ja", "--titel", "T"), "--titel kan alleen bij één document."),
        (("replace", "kadr", "nota.md", "--ja"), "Er is geen document met id 'kadr'. Bedoeld is misschien 'kader'."),
        (("replace", "kader", "nota.md", "--verbetering", "--titel", "T"), "Met --verbetering blijven de gegevens"),
        (("withdraw", "kader", "--door", "nota"), "Er is geen document met id 'nota'."),
        (("remove", "kader", "--ja"), "'kader' is het laatste document. Voeg eerst een ander document toe."),
    ],
)
def test_what_cannot_be_done_changes_nothing(
    command: Command, corpus: Path, arguments: tuple[str, ...], message: str
) -> None:
    code, out, err = command("corpus", *arguments)

    assert (code in (1, 2), out) == (True, "")
    assert err.startswith(message)
    assert (corpus / "catalogue.yml").read_text() == CATALOGUE


def test_what_is_missing_is_asked_for_with_what_the_document_says(corpus: Path, model_cache: Path) -> None:
    script = (
        "from assistant.cli import run; import sys; sys.exit(run(['corpus', 'add', 'nota.md', '--licentie', 'CC0']))"
    )
    answers = ["", "Regio", "gisteren", "2024-02-01", "geldig", "jeugd, zorg", "-"]

    shown = in_terminal([sys.executable, "-c", script], answers, corpus.parent, environment(corpus, model_cache))

    assert "Titel [Nota bezoek]: " in shown
    assert "'gisteren' is geen datum. Schrijf een datum als 2021-07-03." in shown
    assert "Licentie" not in shown
    added = read_catalogue(corpus)[1]
    assert (added.title, added.publisher, str(added.published), added.status) == (
        "Nota bezoek",
        "Regio",
        "2024-02-01",
        "in_force",
    )
    assert (added.themes, added.url, added.licence) == (("jeugd", "zorg"), None, "CC0")


def in_terminal(command: list[str], answers: list[str], folder: Path, environ: dict[str, str]) -> str:
    """What a command shows in a terminal where these lines are typed, each after a question."""
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(folder)
        os.execvpe(command[0], command, {**os.environ, **environ, "TERM": "dumb"})
    shown, deadline = "", time.monotonic() + 120
    while time.monotonic() < deadline:
        if select.select([terminal], [], [], 0.1)[0]:
            try:
                shown += os.read(terminal, 10_000).decode("utf-8", "replace")
            except OSError:  # the child has closed it
                break
        if answers and shown.endswith("]: "):
            shown += "\n"
            os.write(terminal, f"{answers.pop(0)}\n".encode())
    os.waitpid(child, 0)
    os.close(terminal)
    return shown
