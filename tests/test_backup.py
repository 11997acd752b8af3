"""Backup and restore of an installation on files: everything comes back, a damaged backup changes nothing."""

from __future__ import annotations

import json
import os
import random
import shutil
import stat
import subprocess
import sys
import tarfile
from dataclasses import replace
from pathlib import Path

import pytest
from corpus_change_processes import new_file, settings_in, state
from fake_embedder import FakeEmbedder

from assistant.answering import Assistant
from assistant.backup import make_backup, restore_backup
from assistant.backup.archive import CONTENTS_FILE
from assistant.corpus_changes import add_document, undo_change, withdraw_document
from assistant.errors import BackupError
from assistant.index_opening import open_index
from assistant.new_document import NewDocument
from assistant.records import open_records
from assistant.serialisation import answer_as_json
from assistant.settings import Settings
from assistant.snapshot import open_current, verify
from assistant.snapshot_follower import SnapshotFollower

QUESTIONS = (
    "Hoeveel wijkteams heeft de gemeente?",
    "Binnen hoeveel werkdagen belt een wijkteam een gezin?",
    "Sinds wanneer geldt het plan?",
    "Wat is de hoofdstad van Australië?",
)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "hier").mkdir()
    return settings_in(tmp_path / "hier")


@pytest.fixture
def backup(settings: Settings, tmp_path: Path) -> Path:
    make_backup(settings, tmp_path / "kopie.tar", embedder=FakeEmbedder())
    return tmp_path / "kopie.tar"


def elsewhere(settings: Settings, folder: Path) -> Settings:
    return replace(settings, corpus=folder / "corpus", index=folder / "index", data=folder / "data")


def answers(settings: Settings) -> str:
    embedder = FakeEmbedder()
    assistant = Assistant(SnapshotFollower(open_index(settings), embedder.description), embedder)
    shown = [answer_as_json(assistant.ask(question)) for question in QUESTIONS]
    for each in shown:
        del each["id"], each["duurMs"]
        for citation in each["citaten"]:
            del citation["link"]
    return json.dumps(shown, ensure_ascii=False)


def add(settings: Settings, folder: Path) -> None:
    file = new_file(folder)
    add_document(settings, file, NewDocument("Handreiking bellen", publisher="VNG"), embedder=FakeEmbedder())


def everything(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and not path.name.endswith(("lock", "-wal", "-shm"))
    }


def test_a_backup_brings_documents_index_and_keys_back_on_another_machine(settings: Settings, tmp_path: Path) -> None:
    with open_records(settings) as records:
        secret, key = records.keys.create("wijkteam", "gebruiker")
    before = answers(settings)
    contents = make_backup(settings, tmp_path / "kopie.tar", embedder=FakeEmbedder())
    there = elsewhere(settings, tmp_path / "daar")

    restored = restore_backup(there, tmp_path / "kopie.tar", embedder=FakeEmbedder())

    assert restored.contents == contents
    assert restored.same == len(contents.questions) == contents.documents
    assert answers(there).replace("/daar/", "/hier/") == before  # a refusal shows where the nearest document is
    assert state(there) == state(settings)
    assert verify(there.index).documents == contents.documents
    with open_records(there) as records:
        found = records.keys.find(secret)
        assert found is not None
        assert found.id == key.id


def test_only_the_owner_may_read_a_backup(backup: Path) -> None:
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600


def test_a_restore_takes_the_place_of_later_changes(settings: Settings, backup: Path, tmp_path: Path) -> None:
    before, answered = state(settings), answers(settings)
    add(settings, tmp_path / "inbox")
    assert state(settings) != before

    restored = restore_backup(settings, backup, replacing=True, embedder=FakeEmbedder())

    assert restored.same == len(restored.contents.questions)
    assert (state(settings), answers(settings)) == (before, answered)
    assert [path.name for path in settings.corpus.iterdir() if path.name.startswith(".")] == []
    assert [path.name for path in settings.index.iterdir() if path.name.startswith(".")] == []


def test_a_change_before_the_backup_can_still_be_undone_after_the_restore(settings: Settings, tmp_path: Path) -> None:
    before = state(settings)
    document = before[1][0]
    withdraw_document(settings, document, embedder=FakeEmbedder())
    make_backup(settings, tmp_path / "kopie.tar", embedder=FakeEmbedder())
    add(settings, tmp_path / "inbox")
    restore_backup(settings, tmp_path / "kopie.tar", replacing=True, embedder=FakeEmbedder())

    undo_change(settings, embedder=FakeEmbedder())

    assert state(settings)[1:] == before[1:]


def test_without_being_told_to_a_restore_replaces_nothing(settings: Settings, backup: Path, tmp_path: Path) -> None:
    before = everything(tmp_path / "hier")

    with pytest.raises(BackupError) as caught:
        restore_backup(settings, backup, embedder=FakeEmbedder())

    assert str(caught.value) == (
        "Er is hier al een installatie met documenten, een index of gegevens. Stop de dienst en typ: "
        "beleidswijzer restore BESTAND --vervang"
    )
    assert everything(tmp_path / "hier") == before


def test_a_backup_is_never_overwritten(settings: Settings, backup: Path) -> None:
    before = backup.read_bytes()

    with pytest.raises(BackupError) as caught:
        make_backup(settings, backup, embedder=FakeEmbedder())

    assert str(caught.value) == (
        f"'{backup}' bestaat al. Kies een andere naam; een reservekopie wordt nooit overschreven."
    )
    assert backup.read_bytes() == before


@pytest.mark.parametrize("seed", range(20))
def test_a_flipped_byte_anywhere_is_found_or_harmless_and_never_half_used(
    settings: Settings, backup: Path, tmp_path: Path, seed: int
) -> None:
    chance = random.Random(seed)
    content = bytearray(backup.read_bytes())
    place = chance.randrange(len(content))
    content[place] ^= 1 << chance.randrange(8)
    backup.write_bytes(content)
    before, answered = everything(tmp_path / "hier"), answers(settings)

    refusal = ""
    try:
        restore_backup(settings, backup, replacing=True, embedder=FakeEmbedder())
    except BackupError as error:
        refusal = str(error)

    if refusal:
        assert "reservekopie" in refusal
        assert everything(tmp_path / "hier") == before
    else:  # a byte that says nothing: padding, or a time in the header of a part
        assert answers(settings) == answered


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 0.99])
def test_a_truncated_backup_is_refused_whole(settings: Settings, backup: Path, tmp_path: Path, share: float) -> None:
    content = backup.read_bytes().rstrip(b"\0")  # the end of a tar is padding
    backup.write_bytes(content[: int(len(content) * share)])
    before = everything(tmp_path / "hier")

    with pytest.raises(BackupError, match=r"reservekopie"):
        restore_backup(settings, backup, replacing=True, embedder=FakeEmbedder())

    assert everything(tmp_path / "hier") == before


@pytest.mark.parametrize("name", ["../buiten", "/buiten", "documenten/../../buiten", "elders/bestand", "documenten"])
def test_a_backup_that_reaches_outside_its_folders_is_refused(settings: Settings, tmp_path: Path, name: str) -> None:
    with tarfile.open(tmp_path / "kwaad.tar", "w") as archive:
        archive.addfile(tarfile.TarInfo(name))
        archive.add(__file__, CONTENTS_FILE)
    before = everything(tmp_path)

    with pytest.raises(BackupError, match="is beschadigd"):
        restore_backup(settings, tmp_path / "kwaad.tar", replacing=True, embedder=FakeEmbedder())

    assert everything(tmp_path) == before


def test_a_link_in_a_backup_is_refused(settings: Settings, tmp_path: Path) -> None:
    link = tarfile.TarInfo("documenten/koppeling")
    link.type, link.linkname = tarfile.SYMTYPE, "/etc"
    content = make_backup(settings, tmp_path / "goed.tar", embedder=FakeEmbedder()).model_dump_json()
    (tmp_path / CONTENTS_FILE).write_text(content, encoding="utf-8")
    with tarfile.open(tmp_path / "kwaad.tar", "w") as archive:
        archive.addfile(link)
        archive.add(tmp_path / CONTENTS_FILE, CONTENTS_FILE)

    with pytest.raises(BackupError, match="is beschadigd"):
        restore_backup(settings, tmp_path / "kwaad.tar", replacing=True, embedder=FakeEmbedder())


def test_something_else_than_a_backup_is_refused(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "nota.md").write_text("# Nota", encoding="utf-8")

    with pytest.raises(BackupError) as caught:
        restore_backup(settings, tmp_path / "nota.md", replacing=True, embedder=FakeEmbedder())

    assert str(caught.value) == (
        f"'{tmp_path / 'nota.md'}' is geen reservekopie van Beleidswijzer, of het bestand is beschadigd."
    )


def test_a_link_in_the_corpus_is_not_followed(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "geheim").write_text("wachtwoord", encoding="utf-8")
    (settings.corpus / "koppeling.txt").symlink_to(tmp_path / "geheim")

    contents = make_backup(settings, tmp_path / "kopie.tar", embedder=FakeEmbedder())

    assert [part.path for part in contents.parts if "koppeling" in part.path] == []
    assert b"wachtwoord" not in (tmp_path / "kopie.tar").read_bytes()


RESTORE = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from fake_embedder import FakeEmbedder
from assistant.backup import restore_backup
from assistant.settings import load_settings
environ = dict(pair.split("=", 1) for pair in sys.argv[3:])
settings = load_settings(environ=environ, cwd=Path("/"))
steps = 0
limit = int(sys.argv[2].partition(":")[0])

def count(event, arguments):
    global steps
    if event in ("os.rename", "open", "os.mkdir", "shutil.rmtree", "os.remove") and "herstel" in str(arguments):
        steps += 1
        if steps == limit:
            import os, signal
            os.kill(os.getpid(), signal.SIGKILL)

sys.addaudithook(count)
restore_backup(settings, Path(sys.argv[2].partition(":")[2]), replacing=True, embedder=FakeEmbedder())
print(steps)
"""


def restore_in_a_process(settings: Settings, backup: Path, kill_at: int) -> subprocess.CompletedProcess[str]:
    places = {"CORPUS": settings.corpus, "INDEX": settings.index, "DATA": settings.data, "CACHE": settings.cache}
    environ = [f"BELEIDSWIJZER_{name}={place}" for name, place in places.items()]
    command = [sys.executable, "-c", RESTORE, str(Path(__file__).parent), f"{kill_at}:{backup}", *environ]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=Path(__file__).parents[1])


def test_a_restore_that_was_killed_is_completed_by_the_same_command(settings: Settings, tmp_path: Path) -> None:
    make_backup(settings, tmp_path / "kopie.tar", embedder=FakeEmbedder())
    before, answered = state(settings), answers(settings)
    add(settings, tmp_path / "inbox")
    shutil.copytree(tmp_path / "hier", tmp_path / "begin")
    whole = restore_in_a_process(settings, tmp_path / "kopie.tar", 0)
    assert whole.returncode == 0, whole.stderr

    steps = int(whole.stdout)
    for kill_at in range(1, steps + 1, max(1, steps // 8)):
        shutil.rmtree(tmp_path / "hier")
        shutil.copytree(tmp_path / "begin", tmp_path / "hier")
        killed = restore_in_a_process(settings, tmp_path / "kopie.tar", kill_at)
        assert killed.returncode == -9

        restore_backup(settings, tmp_path / "kopie.tar", replacing=True, embedder=FakeEmbedder())

        assert (state(settings), answers(settings)) == (before, answered)
        assert verify(settings.index).documents == len(before[3])


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_backup_that_cannot_be_written_says_so(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "dicht").mkdir(mode=0o500)

    with pytest.raises(BackupError, match="is niet te schrijven"):
        make_backup(settings, tmp_path / "dicht" / "kopie.tar", embedder=FakeEmbedder())


def test_after_a_move_the_index_knows_the_documents_by_their_new_place(
    settings: Settings, backup: Path, tmp_path: Path
) -> None:
    there = elsewhere(settings, tmp_path / "daar")

    restore_backup(there, backup, embedder=FakeEmbedder())

    documents = open_current(there.index).store.documents()
    assert {document.file.parent for document in documents} == {there.corpus.resolve()}
