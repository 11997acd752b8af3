"""Many documents at once: interrupted by kill -9 and taken up again, nothing is lost and nothing comes twice."""

from __future__ import annotations

from pathlib import Path

import pytest
from corpus_change_processes import killed_at, new_file, settings_in, state
from fake_embedder import FakeEmbedder

from assistant.corpus_batches import Step, add_all, files_below
from assistant.errors import CatalogueError
from assistant.new_document import NewDocument
from assistant.settings import Settings
from assistant.types import Source

COUNT = 7


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return settings_in(tmp_path)


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    for number in range(COUNT):
        new_file(tmp_path / "inbox", f"# Nota {number}\n\nDe nota noemt {number} doelen.\n", f"nota-{number}.md")
    return tmp_path / "inbox"


def described(file: Path, source: Source) -> NewDocument:
    return NewDocument(source.title or file.stem)


def add_folder(settings: Settings, folder: Path) -> None:
    files = list(files_below([folder]))
    add_all(settings, files, described, lambda _: None, embedder=FakeEmbedder(), batch=3)


def test_adding_a_folder_can_be_interrupted_and_taken_up_again(settings: Settings, inbox: Path) -> None:
    sizes = []
    for step in (150, 60, 100):
        assert killed_at(step, add_folder, settings, inbox)
        sizes.append(len(state(settings)[3]))

    add_folder(settings, inbox)

    ids = sorted(["kader", "wijkplan", *(f"nota-{number}" for number in range(COUNT))])
    _, in_catalogue, files, indexed = state(settings)
    assert sizes == sorted(sizes)
    assert sizes[0] < len(ids)
    assert (in_catalogue, indexed) == (ids, ids)
    assert files == sorted(f"{each}.md" for each in ids)


def test_progress_goes_up_to_the_end(settings: Settings, inbox: Path) -> None:
    told: list[Step] = []

    report = add_all(settings, list(files_below([inbox])), described, told.append, embedder=FakeEmbedder(), batch=3)

    assert [document.id for document in report.added] == [f"nota-{number}" for number in range(COUNT)]
    assert [step.done for step in told] == sorted(step.done for step in told)
    assert told[-1] == Step(COUNT, COUNT)
    assert report.changes == 3


def test_the_same_file_twice_is_added_once(settings: Settings, tmp_path: Path) -> None:
    files = [new_file(tmp_path / name, "# Nota\n\nEr zijn drie doelen.\n", "nota.md") for name in ("een", "twee")]

    report = add_all(settings, files, described, lambda _: None, embedder=FakeEmbedder())

    assert [document.id for document in report.added] == ["nota"]
    assert report.present == [(files[1], "nota.md")]


def test_details_that_the_catalogue_refuses_change_nothing(settings: Settings, inbox: Path) -> None:
    before = state(settings)

    with pytest.raises(CatalogueError, match="'title' mag niet leeg zijn"):
        add_all(
            settings,
            list(files_below([inbox])),
            lambda file, source: NewDocument(" "),
            lambda _: None,
            embedder=FakeEmbedder(),
        )

    assert state(settings) == before


def test_a_link_to_elsewhere_in_a_folder_is_left_out(inbox: Path, tmp_path: Path) -> None:
    (tmp_path / "geheim.md").write_text("# Geheim\n")
    (inbox / "koppeling.md").symlink_to(tmp_path / "geheim.md")

    assert [path.name for path in files_below([inbox])] == [f"nota-{number}.md" for number in range(COUNT)]
