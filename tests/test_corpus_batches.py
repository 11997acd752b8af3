"""Many documents at once: interrupted by kill -9 and taken up again, nothing is lost and nothing comes twice."""

from __future__ import annotations

import random
import signal
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from corpus_change_processes import killed_at, new_file, settings_in, state
from fake_embedder import FakeEmbedder
from index_processes import context

from assistant.answering import Assistant
from assistant.catalogue import read_catalogue
from assistant.cli.progress import Pace
from assistant.corpus_batches import Step, add_all, files_below
from assistant.errors import CatalogueError
from assistant.new_document import NewDocument
from assistant.settings import Settings
from assistant.snapshot import open_current
from assistant.snapshot_follower import SnapshotFollower
from assistant.types import Document, Source

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


QUESTIONS = ("Hoeveel doelen noemt nota 7?", "Welke wijk krijgt een buurthuis?", "Hoeveel wijkteams zijn er?")
MANY = 40


def many(folder: Path) -> Path:
    """Documents of three makes; each with a few sections."""
    suffixes = (".md", ".html", ".txt")
    for number in range(MANY):
        sections = [f"De nota noemt {number} doelen.", f"De wijk Veld {number} krijgt een buurthuis."]
        paragraphs = "".join(f"<h2>Deel {n}</h2><p>{text}</p>" for n, text in enumerate(sections))
        marked = "".join(f"\n## Deel {n}\n\n{text}\n" for n, text in enumerate(sections))
        suffix = suffixes[number % 3]
        html = f"<!doctype html><html lang='nl'><body><h1>Nota {number}</h1>{paragraphs}</body></html>"
        new_file(folder, html if suffix == ".html" else f"# Nota {number}\n{marked}", f"nota-{number:02}{suffix}")
    return folder


def all_of(settings: Settings) -> tuple[object, ...]:
    """The documents, their files and passages, and the answers to a few questions."""
    snapshot = open_current(settings.index, FakeEmbedder().description)
    documents = read_catalogue(settings.corpus)
    assistant = Assistant(SnapshotFollower(settings.index, FakeEmbedder().description), FakeEmbedder())
    answers = [assistant.ask(question) for question in QUESTIONS]
    return (
        [replace(document, file=Path(document.file.name)) for document in documents],
        {path.name: path.read_bytes() for path in settings.corpus.iterdir() if path.name != "catalogue.yml"},
        [chunk for document in documents for chunk in snapshot.store.chunks_of(document.id)],
        [(each.text, [citation.quote for citation in each.citations]) for each in answers],
    )


def killed_after(seconds: float, settings: Settings, folder: Path) -> bool:
    """Add the folder in a child that gets a kill -9 after so many seconds; False if it was done before."""
    child = context().Process(target=add_folder, args=(settings, folder))
    child.start()
    child.join(seconds)
    if child.exitcode is None:
        child.kill()
    child.join()
    return child.exitcode == -signal.SIGKILL


def test_a_folder_killed_at_any_moment_ends_as_one_that_was_not(tmp_path: Path) -> None:
    inbox, chance = many(tmp_path / "veel"), random.Random()
    (tmp_path / "heel").mkdir()
    (tmp_path / "gestoord").mkdir()
    whole, disturbed = settings_in(tmp_path / "heel"), settings_in(tmp_path / "gestoord")
    begun = time.monotonic()
    add_folder(whole, inbox)
    seconds = time.monotonic() - begun

    kills = [killed_after(chance.uniform(0.1, 0.3) * seconds, disturbed, inbox) for _ in range(3)]
    add_folder(disturbed, inbox)

    assert any(kills)
    assert len(read_catalogue(whole.corpus)) == 2 + MANY
    assert all_of(disturbed) == all_of(whole)


def test_documents_that_cannot_be_read_come_last_and_in_order(settings: Settings, inbox: Path) -> None:
    new_file(inbox, "%PDF-1.7 kapot", "nota-3b.pdf")
    new_file(inbox, "", "nota-0b.md")

    report = add_all(settings, list(files_below([inbox])), described, lambda _: None, embedder=FakeEmbedder(), batch=2)

    assert [document.id for document in report.added] == [f"nota-{number}" for number in range(COUNT)]
    assert [path.name for path in report.origins] == [f"nota-{number}.md" for number in range(COUNT)]
    assert [file.name for file, _ in report.failures] == ["nota-0b.md", "nota-3b.pdf"]


def test_each_change_is_told_when_it_is_made(settings: Settings, inbox: Path) -> None:
    told: list[list[str]] = []

    def finished(added: Sequence[Document]) -> None:
        told.append([document.id for document in added if document.id in state(settings)[3]])

    files = list(files_below([inbox]))
    add_all(settings, files, described, lambda _: None, finished, embedder=FakeEmbedder(), batch=4)

    assert told == [["nota-0", "nota-1", "nota-2", "nota-3"], ["nota-4", "nota-5", "nota-6"]]


def test_the_pace_is_told_in_words() -> None:
    now = [0.0]
    pace = Pace(lambda: now[0])

    said = [pace.words(Step(20, 1000))]
    now[0] = 60.0
    said.append(pace.words(Step(60, 1000)))
    said.append(pace.words(Step(60, 1000, "scan.pdf", 12, 500)))
    now[0] = 120.0
    said.append(pace.words(Step(990, 1000)))

    assert said == [
        "20 van 1000 documenten",
        "60 van 1000 documenten, 40 per minuut, nog ongeveer 24 minuten",
        "60 van 1000 documenten, scan.pdf: bladzijde 12 van 500, 40 per minuut, nog ongeveer 24 minuten",
        "990 van 1000 documenten, 485 per minuut, nog minder dan een minuut",
    ]
