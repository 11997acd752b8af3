"""Backup and restore of an organisation in PostgreSQL: its rows come back, nobody else's are touched."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from corpus_change_processes import NEW, machine_in, new_file, settings_in, state
from fake_embedder import FakeEmbedder

from assistant.answering import Assistant
from assistant.backup import make_backup, restore_backup
from assistant.corpus_changes import add_document, undo_change, withdraw_document
from assistant.corpus_import import import_corpus
from assistant.errors import BackupError
from assistant.index_opening import open_index
from assistant.postgres.database import PostgresDatabase
from assistant.postgres.migrating import add_organisation, init_database
from assistant.records import open_records
from assistant.serialisation import answer_as_json
from assistant.settings import Settings
from assistant.snapshot_follower import SnapshotFollower

QUESTIONS = (
    "Hoeveel wijkteams heeft de gemeente?",
    "Binnen hoeveel werkdagen belt een wijkteam een gezin?",
    "Sinds wanneer geldt het plan?",
    "Wat is de hoofdstad van Australië?",
)


@pytest.fixture
def here(tmp_path: Path, postgres_url: str) -> Settings:
    return settings_in(tmp_path / "hier", postgres_url)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return new_file(tmp_path / "inbox")


def answers(settings: Settings) -> str:
    embedder = FakeEmbedder()
    assistant = Assistant(SnapshotFollower(open_index(settings), embedder.description), embedder, link=lambda *_: "")
    shown = [answer_as_json(assistant.ask(question)) for question in QUESTIONS]
    for each in shown:
        del each["id"], each["duurMs"]
    return json.dumps(shown, ensure_ascii=False)


def test_everything_comes_back_in_another_database(here: Settings, file: Path, tmp_path: Path, empty_url: str) -> None:
    add_document(here, file, NEW, embedder=FakeEmbedder())
    with open_records(here) as records:
        secret, key = records.keys.create("wijkteam", "gebruiker")
        records.trail.add("beheerder", "sleutel maken", key.id, "gelukt")
    before, seen = answers(here), state(here)
    contents = make_backup(here, tmp_path / "kopie.tar", embedder=FakeEmbedder())
    init_database(PostgresDatabase(empty_url, "standaard"))
    there = machine_in(tmp_path / "daar", empty_url)

    restored = restore_backup(there, tmp_path / "kopie.tar", embedder=FakeEmbedder())

    assert restored.contents == contents
    assert (contents.engine, contents.organisation, contents.documents) == ("postgresql", "standaard", 3)
    assert restored.same == len(contents.questions) == 3
    assert (answers(there), state(there)) == (before, seen)
    with open_records(there) as records:
        found = records.keys.find(secret)
        assert found is not None
        assert found.id == key.id
        assert [deed.object for deed in records.trail.list()] == [key.id]
        records.trail.add("beheerder", "sleutel intrekken", key.id, "gelukt")  # its number is free
        assert len(records.trail.list()) == 2


def test_a_restore_takes_the_place_of_later_changes_and_machines_notice(
    here: Settings,
    file: Path,
    tmp_path: Path,
    postgres_url: str,
) -> None:
    there = machine_in(tmp_path / "daar", postgres_url)
    before, answered = state(here), answers(here)
    make_backup(here, tmp_path / "kopie.tar", embedder=FakeEmbedder())
    add_document(here, file, NEW, embedder=FakeEmbedder())
    assert state(there)[1] == ["handreiking", "kader", "wijkplan"]

    restored = restore_backup(here, tmp_path / "kopie.tar", replacing=True, embedder=FakeEmbedder())

    assert restored.same == len(restored.contents.questions)
    assert (state(here), state(there), answers(there)) == (before, before, answered)
    # The next change gets numbers that nobody has seen with other contents.
    withdraw_document(there, "wijkplan", embedder=FakeEmbedder())
    assert state(here) == state(there)
    assert state(here)[1] == ["kader"]


def test_changes_before_the_backup_can_be_undone_after_the_restore(here: Settings, file: Path, tmp_path: Path) -> None:
    before = state(here)
    add_document(here, file, NEW, embedder=FakeEmbedder())
    make_backup(here, tmp_path / "kopie.tar", embedder=FakeEmbedder())
    withdraw_document(here, "kader", embedder=FakeEmbedder())
    restore_backup(here, tmp_path / "kopie.tar", replacing=True, embedder=FakeEmbedder())

    undo_change(here, embedder=FakeEmbedder())

    assert state(here) == before


def test_another_organisation_is_neither_in_the_backup_nor_touched_by_the_restore(
    here: Settings,
    file: Path,
    tmp_path: Path,
    postgres_url: str,
) -> None:
    add_organisation(PostgresDatabase(postgres_url, "standaard"), "buren")
    neighbours = machine_in(tmp_path / "buren", postgres_url, "buren")
    shutil.copytree(here.corpus, neighbours.corpus)
    (neighbours.corpus / "kader.md").write_text("# Kader\n\nDe buren hebben een geheim kader.\n", encoding="utf-8")
    import_corpus(neighbours, neighbours.corpus, FakeEmbedder(), lambda _: None)
    theirs = (state(neighbours), answers(neighbours))
    make_backup(here, tmp_path / "kopie.tar", embedder=FakeEmbedder())
    add_document(here, file, NEW, embedder=FakeEmbedder())

    restore_backup(here, tmp_path / "kopie.tar", replacing=True, embedder=FakeEmbedder())

    assert b"geheim kader" not in (tmp_path / "kopie.tar").read_bytes()
    assert (state(neighbours), answers(neighbours)) == theirs


def test_a_backup_goes_into_an_organisation_with_another_name(
    here: Settings,
    tmp_path: Path,
    postgres_url: str,
) -> None:
    add_organisation(PostgresDatabase(postgres_url, "standaard"), "oefening")
    exercise = machine_in(tmp_path / "oefening", postgres_url, "oefening")
    make_backup(here, tmp_path / "kopie.tar", embedder=FakeEmbedder())

    restored = restore_backup(exercise, tmp_path / "kopie.tar", embedder=FakeEmbedder())

    assert restored.same == len(restored.contents.questions) == 2
    assert (state(exercise), answers(exercise)) == (state(here), answers(here))


def test_without_being_told_to_a_restore_replaces_nothing(here: Settings, file: Path, tmp_path: Path) -> None:
    make_backup(here, tmp_path / "kopie.tar", embedder=FakeEmbedder())
    add_document(here, file, NEW, embedder=FakeEmbedder())
    before = state(here)

    with pytest.raises(BackupError, match="Er is hier al een installatie"):
        restore_backup(here, tmp_path / "kopie.tar", embedder=FakeEmbedder())

    assert state(here) == before


@pytest.mark.parametrize("share", [0.3, 0.6, 0.95])
def test_a_damaged_backup_changes_nothing(here: Settings, tmp_path: Path, share: float) -> None:
    make_backup(here, tmp_path / "kopie.tar", embedder=FakeEmbedder())
    content = bytearray((tmp_path / "kopie.tar").read_bytes().rstrip(b"\0"))
    content[int(len(content) * share)] ^= 0x55
    (tmp_path / "kopie.tar").write_bytes(content)
    before = (state(here), answers(here))

    with pytest.raises(BackupError, match="reservekopie"):
        restore_backup(here, tmp_path / "kopie.tar", replacing=True, embedder=FakeEmbedder())

    assert (state(here), answers(here)) == before


def test_a_backup_of_the_other_engine_is_refused(here: Settings, tmp_path: Path) -> None:
    make_backup(here, tmp_path / "kopie.tar", embedder=FakeEmbedder())

    with pytest.raises(BackupError) as caught:
        restore_backup(_on_files(here), tmp_path / "kopie.tar", embedder=FakeEmbedder())

    assert str(caught.value) == (
        "Deze reservekopie is van een installatie op PostgreSQL. Zet INDEX_URL in de omgeving."
    )


def _on_files(settings: Settings) -> Settings:
    return replace(settings, secrets=replace(settings.secrets, index_url=None))
