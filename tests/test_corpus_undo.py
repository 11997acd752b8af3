"""Documents replaced and retired; every kind of change taken back, to the byte and to the answer."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from corpus_change_processes import (
    CATALOGUE,
    NEW,
    NEW_TEXT,
    add,
    add_in_the_place_of,
    edit,
    killed_at,
    new_file,
    replace_by_file,
    retire,
    settings_in,
    state,
    undo,
    withdraw,
)
from fake_embedder import FakeEmbedder

from assistant.answering import Assistant
from assistant.catalogue import read_catalogue
from assistant.change_journal import Journal
from assistant.changing import readable
from assistant.corpus_changes import (
    Addition,
    add_document,
    add_documents,
    edit_document,
    last_change,
    recover_changes,
    replace_file,
    retire_document,
    undo_change,
    withdraw_document,
)
from assistant.errors import CatalogueError, DocumentError
from assistant.index_opening import open_index
from assistant.limited_load import load_limited
from assistant.new_document import NewDocument
from assistant.serialisation import answer_as_json
from assistant.settings import Settings
from assistant.snapshot_follower import SnapshotFollower

STRIDE = 7  # steps on disk between two kills
QUESTIONS = (
    "Hoeveel wijkteams heeft de gemeente?",
    "Binnen hoeveel werkdagen belt een wijkteam een gezin?",
    "Sinds wanneer geldt het plan?",
    "Wie bezoekt het gezin?",
    "Wat is de hoofdstad van Australië?",
)
CHANGES = [add, add_in_the_place_of, withdraw, replace_by_file, retire, edit]


@pytest.fixture(params=["folder", "postgres"])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    return settings_in(tmp_path, request.getfixturevalue("postgres_url") if request.param == "postgres" else "")


@pytest.fixture
def in_folder(tmp_path: Path) -> Settings:
    return settings_in(tmp_path)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return new_file(tmp_path / "inbox")


def answers(settings: Settings) -> str:
    embedder = FakeEmbedder()
    assistant = Assistant(SnapshotFollower(open_index(settings), embedder.description), embedder)
    shown = [answer_as_json(assistant.ask(question)) for question in QUESTIONS]
    for each in shown:
        del each["id"], each["duurMs"]
    return json.dumps(shown, ensure_ascii=False)


def contents(settings: Settings) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in readable(settings).corpus.iterdir()}


@pytest.mark.parametrize("change", CHANGES)
def test_undoing_gives_back_the_same_bytes_and_the_same_answers(
    settings: Settings, file: Path, change: Callable[[Settings, Path], None]
) -> None:
    before, answered = contents(settings), answers(settings)
    change(settings, file)
    assert contents(settings) != before
    assert answers(settings) != answered

    undo_change(settings, embedder=FakeEmbedder())

    assert contents(settings) == before
    assert answers(settings) == answered
    assert last_change(settings) is None


def test_changes_are_undone_one_by_one_from_the_last(settings: Settings, file: Path) -> None:
    states = [contents(settings)]
    add_document(settings, file, replace(NEW, supersedes=()), embedder=FakeEmbedder())
    states.append(contents(settings))
    retire_document(settings, "handreiking", last_day=date(2026, 1, 31), embedder=FakeEmbedder())
    states.append(contents(settings))
    withdraw_document(settings, "wijkplan", embedder=FakeEmbedder())

    undone = []
    while states:
        undone.append(undo_change(settings, embedder=FakeEmbedder()).kind)
        assert contents(settings) == states.pop()

    assert undone == ["withdraw", "retire", "add"]
    with pytest.raises(CatalogueError, match=r"^Er is geen wijziging om ongedaan te maken\.$"):
        undo_change(settings, embedder=FakeEmbedder())


@pytest.mark.parametrize("change", [replace_by_file, retire])
def test_a_change_killed_at_any_step_is_undone_or_completed(
    in_folder: Settings, tmp_path: Path, change: Callable[[Settings, Path], None]
) -> None:
    file, before = new_file(tmp_path / "inbox"), state(in_folder)
    whole = settings_in(_folder(tmp_path / "whole"))
    change(whole, file)
    after, outcomes, step = state(whole), [], 1

    while killed_at(step, change, in_folder, file):
        recover_changes(in_folder)
        outcomes.append(state(in_folder))
        assert not Journal(in_folder).current.exists()
        if outcomes[-1] != before:
            in_folder = settings_in(_folder(tmp_path / f"again{step}"))
        step += STRIDE

    assert len(outcomes) >= 8
    assert [outcome for outcome in outcomes if outcome not in (before, after)] == []
    assert before in outcomes
    assert state(in_folder) == after


@pytest.mark.parametrize("change", [add, withdraw, replace_by_file])
def test_an_undoing_killed_at_any_step_is_not_half_done(
    in_folder: Settings, tmp_path: Path, change: Callable[[Settings, Path], None]
) -> None:
    file, before = new_file(tmp_path / "inbox"), state(in_folder)
    change(in_folder, file)
    after, outcomes, step = state(in_folder), [], 1

    while killed_at(step, undo, in_folder, file):
        recover_changes(in_folder)
        outcomes.append(state(in_folder))
        if outcomes[-1] == before:
            change(in_folder, file)
        step += STRIDE

    assert len(outcomes) >= 8
    assert [outcome for outcome in outcomes if outcome not in (before, after)] == []
    assert state(in_folder) == before


def test_a_replaced_file_leaves_the_entry_as_it_is(settings: Settings, file: Path) -> None:
    document = replace_file(settings, "kader", file, embedder=FakeEmbedder())

    assert (document.id, document.title, document.file.name) == ("kader", "Kader", "handreiking.md")
    assert state(settings) == (
        CATALOGUE.replace("kader.md", "handreiking.md"),
        ["kader", "wijkplan"],
        ["handreiking.md", "wijkplan.md"],
        ["kader", "wijkplan"],
    )


def test_the_old_file_is_kept_with_the_journal(in_folder: Settings, file: Path) -> None:
    replace_file(in_folder, "kader", file, embedder=FakeEmbedder())

    assert (Journal(in_folder).kept_file("000001", 0)).read_text().startswith("# Kader")


def test_a_retired_document_names_its_successor(settings: Settings) -> None:
    document = retire_document(settings, "kader", "wijkplan", date(2025, 12, 31), embedder=FakeEmbedder())

    assert (document.status, document.superseded_by, document.valid_until) == (
        "superseded",
        "wijkplan",
        date(2025, 12, 31),
    )
    assert state(settings)[0] == CATALOGUE.replace(
        "file: kader.md\n    status: in_force",
        "file: kader.md\n    status: superseded\n    superseded_by: wijkplan\n    valid_until: 2025-12-31",
    )
    indexed = open_index(settings).open(FakeEmbedder().description).store.document("kader")
    assert indexed.superseded_by == "wijkplan"


def test_retiring_twice_changes_nothing(settings: Settings) -> None:
    retire_document(settings, "kader", embedder=FakeEmbedder())

    with pytest.raises(CatalogueError, match="Er is niets te veranderen: 'kader' staat al zo in de catalogus"):
        retire_document(settings, "kader", embedder=FakeEmbedder())


def test_several_documents_are_added_and_undone_as_one_change(settings: Settings, tmp_path: Path) -> None:
    before = contents(settings)
    files = [new_file(tmp_path / str(n), f"# Nota {n}\n\nEr zijn {n} doelen.\n", "nota.md") for n in (1, 2, 3)]

    added = add_documents(
        settings,
        [Addition(file, NewDocument(f"Nota {n}"), load_limited(file)) for n, file in enumerate(files, 1)],
        embedder=FakeEmbedder(),
    )

    assert [(each.id, each.title) for each in added] == [("nota", "Nota 1"), ("nota-2", "Nota 2"), ("nota-3", "Nota 3")]
    assert state(settings)[3] == ["kader", "nota", "nota-2", "nota-3", "wijkplan"]
    undo_change(settings, embedder=FakeEmbedder())
    assert contents(settings) == before


def test_edits_since_the_change_stay_when_it_is_undone(in_folder: Settings, file: Path) -> None:
    add_document(in_folder, file, NEW, embedder=FakeEmbedder())
    path = in_folder.corpus / "catalogue.yml"
    path.write_text(path.read_text().replace("title: Wijkplan", "title: Wijkplan Waterveen"))

    undo_change(in_folder, embedder=FakeEmbedder())

    assert {each.id: (each.title, each.status) for each in read_catalogue(in_folder.corpus)} == {
        "wijkplan": ("Wijkplan Waterveen", "in_force"),
        "kader": ("Kader", "in_force"),
    }


def test_an_added_file_that_was_edited_since_is_not_thrown_away(in_folder: Settings, file: Path) -> None:
    document = add_document(in_folder, file, NEW, embedder=FakeEmbedder())
    document.file.write_text(NEW_TEXT + "\nEen eigen aanvulling.\n")

    with pytest.raises(CatalogueError, match=r"handreiking\.md is sinds de wijziging veranderd"):
        undo_change(in_folder, embedder=FakeEmbedder())

    assert document.file.exists()


def test_a_private_number_in_an_added_document_is_not_indexed(settings: Settings, tmp_path: Path) -> None:
    file = new_file(tmp_path / "inbox", "# Nota\n\nBel de wijkteams op 06-12345678 over de melding.\n", "nota.md")

    add_document(settings, file, NewDocument("Nota"), embedder=FakeEmbedder())

    store = open_index(settings).open(FakeEmbedder().description).store
    texts = " ".join(chunk.text for chunk in store.chunks_of("nota"))
    assert "Bel de wijkteams op" in texts
    assert "06-12345678" not in texts


def test_a_replacement_that_cannot_be_read_changes_nothing(settings: Settings, tmp_path: Path) -> None:
    before = contents(settings)
    broken = tmp_path / "nota.pdf"
    broken.write_bytes(b"%PDF-1.7\nkapot")

    with pytest.raises(DocumentError, match=r"^nota\.pdf "):
        replace_file(settings, "kader", broken, embedder=FakeEmbedder())

    assert contents(settings) == before


def _folder(path: Path) -> Path:
    path.mkdir()
    return path


def test_an_edit_changes_what_the_catalogue_says_and_nothing_else(settings: Settings) -> None:
    before = contents(settings)

    document = edit_document(
        settings, "kader", {"publisher": "Regio Oostveen", "themes": ["zorg"]}, embedder=FakeEmbedder()
    )

    assert (document.publisher, document.themes) == ("Regio Oostveen", ("zorg",))
    assert {name for name, data in contents(settings).items() if data != before[name]} == {"catalogue.yml"}
    assert "# Documenten van de gemeente Waterveen." in contents(settings)["catalogue.yml"].decode()


def test_an_edit_that_changes_nothing_or_is_wrong_is_refused_whole(settings: Settings) -> None:
    before = contents(settings)

    with pytest.raises(CatalogueError, match=r"^Er is niets gewijzigd"):
        edit_document(settings, "kader", {"title": "Kader"}, embedder=FakeEmbedder())
    with pytest.raises(CatalogueError):
        edit_document(settings, "kader", {"status": "misschien"}, embedder=FakeEmbedder())
    with pytest.raises(CatalogueError, match="'bestaat-niet'"):
        edit_document(settings, "bestaat-niet", {"title": "Iets"}, embedder=FakeEmbedder())

    assert contents(settings) == before


def test_only_the_change_that_was_seen_last_is_undone(settings: Settings, file: Path) -> None:
    add(settings, file)
    seen = last_change(settings)
    assert seen is not None
    assert (seen.change.kind, seen.change.documents) == ("add", ("handreiking",))
    edit(settings, file)
    now = contents(settings)

    with pytest.raises(CatalogueError, match=r"^Er is intussen nog iets gewijzigd"):
        undo_change(settings, embedder=FakeEmbedder(), number=seen.number)

    assert contents(settings) == now
    latest = last_change(settings)
    assert latest is not None
    assert undo_change(settings, embedder=FakeEmbedder(), number=latest.number).kind == "edit"


def test_without_changes_there_is_nothing_to_undo(settings: Settings) -> None:
    assert last_change(settings) is None
