"""The corpus in PostgreSQL: a change is made on one machine and seen on every other, or nowhere."""

from __future__ import annotations

from pathlib import Path

import pytest
from corpus_change_processes import CATALOGUE, NEW, NEW_TEXT, TEXTS, new_file
from fake_embedder import FakeEmbedder

from assistant.catalogue import read_catalogue
from assistant.changing import readable
from assistant.corpus_changes import add_document, undo_change, withdraw_document
from assistant.corpus_import import import_corpus
from assistant.index_opening import open_index
from assistant.settings import Settings, load_settings
from assistant.unlisted import document_files


def machine(folder: Path, url: str, organisation: str = "standaard") -> Settings:
    """The settings of a machine of its own."""
    folder.mkdir(exist_ok=True)
    places = {name: str(folder / name.lower()) for name in ("corpus", "index", "data", "cache")}
    environ = {f"BELEIDSWIJZER_{key.upper()}": place for key, place in places.items()}
    return load_settings(environ=environ | {"INDEX_URL": url, "BELEIDSWIJZER_ORGANISATION": organisation}, cwd=folder)


def start_folder(folder: Path) -> Path:
    """A corpus in a folder, as a maintainer has it before there is a database."""
    folder.mkdir(parents=True)
    (folder / "catalogue.yml").write_text(CATALOGUE, encoding="utf-8")
    for name, text in TEXTS.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def state(settings: Settings) -> tuple[str, list[str], list[str], list[str]]:
    """As `corpus_change_processes.state`, seen from one machine."""
    corpus = readable(settings).corpus
    contents = open_index(settings).contents()
    return (
        (corpus / "catalogue.yml").read_text(encoding="utf-8"),
        sorted(document.id for document in read_catalogue(corpus)),
        sorted(path.as_posix() for path in document_files(corpus)),
        sorted(entry.id for entry in contents.documents),
    )


@pytest.fixture
def here(tmp_path: Path, postgres_url: str) -> Settings:
    settings = machine(tmp_path / "hier", postgres_url)
    import_corpus(settings, start_folder(tmp_path / "map"), FakeEmbedder(), lambda _: None)
    return settings


@pytest.fixture
def there(tmp_path: Path, postgres_url: str) -> Settings:
    return machine(tmp_path / "daar", postgres_url)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return new_file(tmp_path / "inbox")


def test_a_document_that_is_added_here_is_there_too(here: Settings, there: Settings, file: Path) -> None:
    document = add_document(here, file, NEW, embedder=FakeEmbedder())

    seen = state(there)
    assert document.id == "handreiking"
    assert seen == state(here)
    assert seen[1] == seen[3] == ["handreiking", "kader", "wijkplan"]
    assert seen[2] == ["handreiking.md", "kader.md", "wijkplan.md"]
    assert seen[0].startswith(CATALOGUE.replace("kader.md\n    status: in_force", "kader.md\n    status: superseded"))
    assert (readable(there).corpus / "handreiking.md").read_text() == NEW_TEXT


def test_changes_are_undone_on_another_machine(here: Settings, there: Settings, file: Path) -> None:
    before = state(here)
    add_document(here, file, NEW, embedder=FakeEmbedder())
    middle = state(here)
    withdraw_document(there, "wijkplan", embedder=FakeEmbedder())

    undone = [undo_change(settings, embedder=FakeEmbedder()).kind for settings in (here,)]
    assert state(there) == middle
    undone += [undo_change(there, embedder=FakeEmbedder()).kind]

    assert undone == ["withdraw", "add"]
    assert state(here) == state(there) == before
