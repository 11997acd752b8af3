"""`index watch`: what changes in the folder is in the index a quiet moment later, and nothing stops it but a signal."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event, Thread
from typing import TypeVar

import pytest
from corpus_change_processes import NEW, settings_in
from fake_embedder import FakeEmbedder

from assistant.corpus_changes import add_document
from assistant.settings import Settings
from assistant.snapshot import open_current
from assistant.watching import Pace, watch

Found = TypeVar("Found")
PACE = Pace(0.02, 0.1)
PATIENCE_SECONDS = 60.0
ENTRY = "\n  - id: nota\n    title: Nota\n    file: nota.md\n    status: in_force\n"
NOTA = "# Nota\n\nDe nota noemt drie doelen.\n"


class Watched:
    """A corpus that is followed, and what was said about it."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.corpus, self.catalogue = settings.corpus, settings.corpus / "catalogue.yml"
        self.said: list[str] = []
        self.stop = Event()

    def indexed(self) -> list[str]:
        return sorted(entry.id for entry in open_current(self.settings.index).manifest.documents)

    def text(self, document_id: str) -> str:
        return open_current(self.settings.index).store.source(document_id).text

    def hears(self, beginning: str, times: int = 1) -> str:
        """Wait until something is said, and give it."""
        return until(lambda: [each for each in self.said if each.startswith(beginning)][times - 1 :])[0]


def until(look: Callable[[], Found]) -> Found:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not (found := look()):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return found


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watched]:
    found = Watched(settings_in(tmp_path))
    thread = Thread(
        target=watch, args=(found.settings, found.stop, found.said.append, PACE), kwargs={"embedder": FakeEmbedder()}
    )
    thread.start()
    yield found
    found.stop.set()
    thread.join(PATIENCE_SECONDS)
    assert not thread.is_alive()


def test_a_new_document_is_indexed_with_its_entry(watched: Watched) -> None:
    (watched.corpus / "nota.md").write_text(NOTA)
    watched.catalogue.write_text(watched.catalogue.read_text() + ENTRY)

    said = watched.hears("De index is bijgewerkt: 1 nieuw (nota)")

    assert said == "De index is bijgewerkt: 1 nieuw (nota); 3 passages."
    assert watched.indexed() == ["kader", "nota", "wijkplan"]


def test_a_changed_and_a_removed_document_are_followed(watched: Watched) -> None:
    (watched.corpus / "kader.md").write_text("# Kader\n\nEen wijkteam belt binnen vijf werkdagen.\n")

    watched.hears("De index is bijgewerkt: 1 gewijzigd (kader)")
    (watched.corpus / "wijkplan.md").unlink()
    catalogue = watched.catalogue.read_text()
    watched.catalogue.write_text("documents:\n" + catalogue[catalogue.index("  - id: kader") :])
    watched.hears("De index is bijgewerkt: 1 verwijderd (wijkplan)")

    assert "vijf werkdagen" in watched.text("kader")
    assert watched.indexed() == ["kader"]


def test_a_broken_catalogue_is_said_once_and_the_next_edit_is_followed(watched: Watched) -> None:
    catalogue = watched.catalogue.read_text()

    watched.catalogue.write_text(catalogue.replace("status: in_force", "status: geldig", 1))
    said = watched.hears(str(watched.catalogue))
    watched.catalogue.write_text(catalogue.replace("title: Kader", "title: Het kader"))
    watched.hears("De index is bijgewerkt: 1 gewijzigd (kader)")

    assert "regel 6" in said
    assert watched.said.count(said) == 1
    assert watched.indexed() == ["kader", "wijkplan"]


def test_an_unreadable_file_is_said_and_the_rest_goes_on(watched: Watched) -> None:
    (watched.corpus / "nota.pdf").write_bytes(b"%PDF-1.7 kapot")
    entry = ENTRY.replace("nota.md", "nota.pdf")
    (watched.corpus / "kader.md").write_text("# Kader\n\nEen wijkteam belt binnen vijf werkdagen.\n")
    watched.catalogue.write_text(watched.catalogue.read_text() + entry)

    said = watched.hears("Niet in de index: nota: ")
    (watched.corpus / "nota.pdf").unlink()
    (watched.corpus / "nota.md").write_text(NOTA)
    watched.catalogue.write_text(watched.catalogue.read_text().replace("nota.pdf", "nota.md"))
    watched.hears("Alles staat weer in de index.")

    assert said.startswith("Niet in de index: nota: nota.pdf is beschadigd")
    assert "vijf werkdagen" in watched.text("kader")
    assert watched.indexed() == ["kader", "nota", "wijkplan"]


def test_a_file_without_an_entry_is_named_with_the_entry_to_add(watched: Watched) -> None:
    (watched.corpus / "nota.md").write_text(NOTA)

    said = watched.hears("Niet in de index: het bestand ")

    assert "staat niet in de catalogus" in said
    assert "id: nota" in said


def test_a_folder_that_goes_away_leaves_the_index_as_it_was(watched: Watched, tmp_path: Path) -> None:
    watched.corpus.rename(tmp_path / "weg")
    watched.hears(f"De map {watched.corpus} is niet te lezen of leeg.")
    before = watched.indexed()

    (tmp_path / "weg").rename(watched.corpus)
    watched.hears(f"De map {watched.corpus} is weer te lezen.")

    assert before == ["kader", "wijkplan"]


def test_a_change_made_by_a_command_goes_together_with_watching(watched: Watched, tmp_path: Path) -> None:
    (tmp_path / "inbox").mkdir()
    file = tmp_path / "inbox" / "handreiking.md"
    file.write_text("# Handreiking\n\nEen medewerker bezoekt het gezin.\n")

    added = add_document(watched.settings, file, NEW, embedder=FakeEmbedder())
    (watched.corpus / "wijkplan.md").write_text("# Wijkplan\n\nDe gemeente heeft acht wijkteams.\n")
    watched.hears("De index is bijgewerkt: 1 gewijzigd (wijkplan)")

    assert added.id == "handreiking"
    assert watched.indexed() == ["handreiking", "kader", "wijkplan"]


def test_the_command_says_what_it_does_and_stops_on_sigterm(
    tmp_path: Path, model_cache: Path, embedder: object
) -> None:
    settings = settings_in(tmp_path)
    shutil.rmtree(settings.index)  # made with another model
    folders = {"CORPUS": settings.corpus, "INDEX": settings.index, "DATA": settings.data, "CACHE": model_cache}
    environment = {**os.environ, **{f"BELEIDSWIJZER_{name}": str(place) for name, place in folders.items()}}
    program = "from assistant.cli import main; main()"
    command = [sys.executable, "-u", "-c", program, "index", "watch", "--elke", "1", "--rust", "0"]

    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        lines = [process.stdout.readline() for _ in range(2)]
        process.send_signal(signal.SIGTERM)
        lines += process.stdout.readlines()

    assert process.returncode == 0
    assert [line[19:].strip() for line in lines] == [
        f"De map {settings.corpus} wordt gevolgd.",
        "De index is bijgewerkt: 2 nieuw (wijkplan, kader); 2 passages.",
        "Gestopt met volgen.",
    ]
