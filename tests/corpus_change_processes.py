"""A small corpus that is changed by child processes, which kill themselves at a chosen step."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import FrameType

from fake_embedder import FakeEmbedder
from index_processes import context

from assistant.catalogue import read_catalogue
from assistant.changing import readable
from assistant.corpus_changes import (
    add_document,
    edit_document,
    replace_file,
    retire_document,
    undo_change,
    withdraw_document,
)
from assistant.corpus_import import import_corpus
from assistant.index_opening import open_index
from assistant.ingest import build, standard_stages
from assistant.new_document import NewDocument
from assistant.settings import Settings, load_settings
from assistant.unlisted import document_files

CATALOGUE = """\
# Documenten van de gemeente Waterveen.
documents:
  - id: wijkplan # loopt tot 2026
    title: Wijkplan
    file: wijkplan.md
    status: in_force

  # Dit kader is nog in gebruik.
  - id: kader
    title: Kader
    file: kader.md
    status: in_force
"""
TEXTS = {
    "wijkplan.md": "# Wijkplan\n\nDe gemeente heeft zes wijkteams. Het plan geldt sinds 2024.\n",
    "kader.md": "# Kader\n\nEen wijkteam belt een gezin binnen tien werkdagen na de melding.\n",
}
NEW = NewDocument("Handreiking", publisher="Regio Oostveen", supersedes=("kader",))
NEW_TEXT = "# Handreiking\n\nEen medewerker bezoekt het gezin binnen drie werkdagen na de melding.\n"
STEPS = {"open", "os.rename", "os.link", "os.remove", "os.mkdir", "os.rmdir", "shutil.copyfile"}


def settings_in(folder: Path, url: str = "") -> Settings:
    """Settings with the corpus above, indexed with the fake model: in folders, or in the database of `url`."""
    settings = machine_in(folder, url)
    settings.corpus.mkdir()
    (settings.corpus / "catalogue.yml").write_text(CATALOGUE, encoding="utf-8")
    for name, text in TEXTS.items():
        (settings.corpus / name).write_text(text, encoding="utf-8")
    if url:
        import_corpus(settings, settings.corpus, FakeEmbedder(), lambda _: None)
    else:
        build(read_catalogue(settings.corpus), settings.index, FakeEmbedder(), standard_stages())
    return settings


def machine_in(folder: Path, url: str, organisation: str = "standaard") -> Settings:
    """Settings with folders of their own, as on a machine of its own; nothing is in them."""
    folder.mkdir(exist_ok=True)
    places = {name: str(folder / name.lower()) for name in ("corpus", "index", "data", "cache")}
    environ = {f"BELEIDSWIJZER_{key.upper()}": place for key, place in places.items()}
    return load_settings(environ=environ | {"INDEX_URL": url, "BELEIDSWIJZER_ORGANISATION": organisation}, cwd=folder)


def new_file(folder: Path, text: str = NEW_TEXT, name: str = "handreiking.md") -> Path:
    """A file as it comes from a maintainer."""
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")
    return folder / name


def state(settings: Settings) -> tuple[str, list[str], list[str], list[str]]:
    """All that a change changes: the catalogue, its ids, the files of the corpus, the documents of the index."""
    snapshot = open_index(settings).open(FakeEmbedder().description)
    corpus = readable(settings).corpus
    return (
        (corpus / "catalogue.yml").read_text(encoding="utf-8"),
        sorted(document.id for document in read_catalogue(corpus)),
        sorted(path.as_posix() for path in document_files(corpus)),
        sorted(entry.id for entry in snapshot.manifest.documents),
    )


def add(settings: Settings, file: Path) -> None:
    add_document(settings, file, NEW, embedder=FakeEmbedder())


def withdraw(settings: Settings, _: Path) -> None:
    withdraw_document(settings, "kader", embedder=FakeEmbedder())


def replace_by_file(settings: Settings, file: Path) -> None:
    replace_file(settings, "kader", file, embedder=FakeEmbedder())


def edit(settings: Settings, _: Path) -> None:
    values = {"title": "Kader wijkteams", "publisher": "Regio Oostveen", "status": "outdated"}
    edit_document(settings, "kader", values, embedder=FakeEmbedder())


def add_in_the_place_of(settings: Settings, file: Path) -> None:
    """A new version: what it replaces is marked as superseded."""
    add_document(settings, file, replace(NEW, status="in_force"), embedder=FakeEmbedder())


def retire(settings: Settings, _: Path) -> None:
    retire_document(settings, "kader", "wijkplan", embedder=FakeEmbedder())


def undo(settings: Settings, _: Path) -> None:
    undo_change(settings, embedder=FakeEmbedder())


def killed_at(step: int, change: Callable[[Settings, Path], None], settings: Settings, file: Path) -> bool:
    """Make a change in a child that gets a kill -9 at its n-th step in folder or database; False if it got through."""
    child = context().Process(target=_kill_at, args=(step, change, settings, file))
    child.start()
    child.join()
    assert child.exitcode in (0, -signal.SIGKILL)
    return child.exitcode != 0


def _kill_at(step: int, change: Callable[[Settings, Path], None], settings: Settings, file: Path) -> None:
    places, left = tuple(map(str, (settings.corpus, settings.data, settings.index))), step

    def watch(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal left
        if event in STEPS and any(str(argument).startswith(places) for argument in arguments[:2]):
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    def count(frame: FrameType, event: str, _: object) -> None:
        # The database's library is watched from outside: it tells nobody of what it sends.
        nonlocal left
        if event == "call" and frame.f_code.co_name == "execute" and "psycopg" in frame.f_code.co_filename:
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    if settings.secrets.index_url:
        sys.setprofile(count)
    else:
        sys.addaudithook(watch)
    change(settings, file)
