"""A snapshot is opened whole or refused with the command that mends it; switching and going back lose nothing."""

from __future__ import annotations

import gc
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fake_embedder import FakeEmbedder
from index_corpus import TEXTS, stages, write_corpus

from assistant.engine import Snapshot, WeightedTerm
from assistant.errors import IndexDamagedError, IndexMissingError, IndexStaleError, SnapshotError
from assistant.index_folder import Pointer, SnapshotRef, only_builder, publish, read_pointer, write_pointer
from assistant.ingest import BuildReport, build
from assistant.manifest import FileEntry, describe, hash_of
from assistant.snapshot import HASHED_BYTES, open_current, quick, rollback, status, verify
from assistant.snapshot_follower import SnapshotFollower

OTHER = {**TEXTS, "wonen": "Wonen en zorg horen bij elkaar."}


def index_of(folder: Path, texts: dict[str, str] = TEXTS, *, fresh: bool = False) -> BuildReport:
    return build(write_corpus(folder / "corpus", texts), folder / "index", FakeEmbedder(), stages(), fresh=fresh)


@pytest.fixture
def index(tmp_path: Path) -> Path:
    """An index of the small corpus with one document taken away, so that it has every kind of file."""
    index_of(tmp_path, OTHER)
    index_of(tmp_path)
    return tmp_path / "index"


def snapshot_files(index: Path) -> list[str]:
    folder = index / "snapshots" / status(index).id
    paths = [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()]
    return [path for path in paths if not path.endswith(".lock")]


def answer(snapshot: Snapshot) -> tuple[Any, ...]:
    """What a question gets from every part of a snapshot."""
    ids, scores = snapshot.vectors.search(FakeEmbedder().embed_query("regie van gemeenten"), 3)
    words = snapshot.lexical.search([WeightedTerm("exact", "gemeenten", 2.0)], 3)
    return (
        ids.tolist(),
        scores.tolist(),
        words,
        snapshot.store.chunks(ids),
        snapshot.store.sentence_vectors(ids)[0].tolist(),
    )


def test_a_snapshot_answers_from_its_three_parts(index: Path) -> None:
    snapshot = open_current(index, FakeEmbedder().description)

    _, _, words, chunks, _ = answer(snapshot)

    assert chunks[0].text == "Gemeenten voeren de regie op de aanpak."
    assert {snapshot.store.chunks([each])[0].document_id for each, _ in words} == {"perspectief", "jeugd"}


def test_status_and_verify_tell_what_is_there(index: Path) -> None:
    told = verify(index)

    assert told == status(index)
    assert (told.documents, told.chunks, told.model) == (3, 7, "fake")
    assert told.id.startswith("000002-")
    assert (told.previous or "").startswith("000001-")
    assert told.bytes == sum(
        (index / "snapshots" / told.id / path).stat().st_size
        for path in snapshot_files(index)
        if path != "manifest.json"
    )


def test_version_of_a_document_changes_with_its_text_and_its_entry_only(tmp_path: Path) -> None:
    first = write_corpus(tmp_path / "corpus", TEXTS)
    build(first, tmp_path / "index", FakeEmbedder(), stages())
    before = open_current(tmp_path / "index").manifest

    changed = write_corpus(tmp_path / "corpus", {**TEXTS, "jeugd": TEXTS["jeugd"] + " En dit."})
    renamed = [replace(each, title="Anders") if each.id == "perspectief" else each for each in changed]
    build(renamed, tmp_path / "index", FakeEmbedder(), stages())
    after = open_current(tmp_path / "index").manifest

    same = {each.id: before.version_of(each.id) == after.version_of(each.id) for each in first}
    assert same == {each.id: each.id not in ("jeugd", "perspectief") for each in first}


def test_every_kind_of_file_is_in_the_test(index: Path) -> None:
    suffixes = {Path(path).suffix or Path(path).name for path in snapshot_files(index)}

    assert suffixes >= {".faiss", ".sqlite", ".json", ".idx", ".term", ".fast", ".fieldnorm", ".store", ".del"}


def test_a_flipped_byte_in_any_file_is_found_on_opening(index: Path) -> None:
    folder = index / "snapshots" / status(index).id
    for name in snapshot_files(index):
        content = (folder / name).read_bytes()
        for position in {0, len(content) // 2, len(content) - 1}:
            changed = bytearray(content)
            changed[position] ^= 0x10
            (folder / name).write_bytes(changed)

            with pytest.raises(
                IndexDamagedError, match=r"index rollback of beleidswijzer index build --opnieuw"
            ) as caught:
                open_current(index)

            assert str(folder / name) in str(caught.value)
        (folder / name).write_bytes(content)
    assert verify(index).chunks == 7


def test_a_truncated_or_missing_file_is_named(index: Path) -> None:
    folder = index / "snapshots" / status(index).id
    for name in snapshot_files(index):
        content = (folder / name).read_bytes()
        for damaged in (content[:-1], None):
            (folder / name).unlink()
            if damaged is not None:
                (folder / name).write_bytes(damaged)

            with pytest.raises(IndexDamagedError) as caught:
                open_current(index)

            assert str(folder / name) in str(caught.value)
        (folder / name).write_bytes(content)
    assert verify(index).chunks == 7


def test_of_a_large_index_the_large_files_are_only_measured_but_verified_in_full(index: Path) -> None:
    folder = index / "snapshots" / status(index).id
    vectors = bytearray((folder / "vectors.faiss").read_bytes())
    vectors[-100] ^= 1
    (folder / "vectors.faiss").write_bytes(vectors)

    opened = open_current(index, hashed=lambda manifest: set())

    assert opened.vectors.size == 7
    with pytest.raises(IndexDamagedError, match=r"vectors\.faiss"):
        verify(index)


def test_of_a_large_index_everything_is_hashed_that_is_not_checked_on_reading(index: Path) -> None:
    sizes = {
        "lexical/meta.json": 1_000,
        "lexical/small.idx": HASHED_BYTES - 2_000,
        "lexical/large.idx": 2 * HASHED_BYTES,
        "store/documents.sqlite": 900,
        "store/part-000001.sqlite": 500,
        "vectors.faiss": 90,
        "vectors/exact-000001.f32": 80,
        "vectors/near.faiss": 3 * HASHED_BYTES,
    }
    files = tuple(FileEntry(path=path, size=size, sha256="0" * 64) for path, size in sizes.items())
    manifest = open_current(index).manifest.model_copy(update={"files": files})

    assert quick(manifest) == {
        *("lexical/meta.json", "lexical/small.idx", "store/documents.sqlite", "vectors.faiss", "vectors/near.faiss")
    }
    assert quick(manifest.model_copy(update={"files": files[:2]})) == {"lexical/meta.json", "lexical/small.idx"}


def test_without_an_index_the_command_to_build_it_is_given(tmp_path: Path) -> None:
    for call in (open_current, status, verify, rollback):
        with pytest.raises(IndexMissingError, match=r"Typ: beleidswijzer index build$"):
            call(tmp_path / "nergens")

    assert not (tmp_path / "nergens").exists()


@pytest.mark.parametrize("content", ["", "{}", "geen json", '{"current": {"id": "../../etc", "manifest_sha256": "0"}}'])
def test_a_ruined_pointer_is_refused(index: Path, content: str) -> None:
    (index / "current").write_text(content)

    with pytest.raises(IndexDamagedError, match=r"current.*index build --opnieuw"):
        open_current(index)


def test_a_fresh_build_mends_a_ruined_pointer(tmp_path: Path, index: Path) -> None:
    (index / "current").write_text("geen json")

    report = index_of(tmp_path, fresh=True)

    assert report.switched
    assert verify(index).chunks == 7


def test_another_model_is_refused(index: Path) -> None:
    with pytest.raises(IndexStaleError, match=r"andere uitvoering van 'fake'.*Typ: beleidswijzer index build"):
        open_current(index, FakeEmbedder(fingerprint="fake-2").description)


def test_another_format_is_refused(index: Path) -> None:
    pointer = read_pointer(index)
    manifest = index / "snapshots" / pointer.current.id / "manifest.json"
    manifest.write_text(json.dumps({**json.loads(manifest.read_text()), "format": 99}))
    ref = SnapshotRef(id=pointer.current.id, manifest_sha256=hash_of(manifest))
    write_pointer(index, Pointer(current=ref, previous=pointer.previous))

    with pytest.raises(IndexStaleError, match=r"andere versie van Beleidswijzer\. Typ: beleidswijzer index build"):
        open_current(index)


@pytest.mark.parametrize("part", ["vectors.faiss", "lexical", "store"])
def test_parts_of_different_snapshots_do_not_verify(tmp_path: Path, index: Path, part: str) -> None:
    pointer = read_pointer(index)
    new, old = open_current(index), index / "snapshots" / (pointer.previous or pointer.current).id
    mixed = index / "building-1"
    mixed.mkdir()
    for name in ("vectors.faiss", "lexical", "store"):
        (old if name == part else new.folder).joinpath(name).rename(mixed / name)
    publish(index, mixed, describe(mixed, new.manifest.recipe, new.manifest.documents, ()))

    with pytest.raises(IndexDamagedError):
        verify(index)


def test_rollback_goes_back_and_forward_again(index: Path) -> None:
    new = answer(open_current(index))
    old_id = status(index).previous

    back = rollback(index)
    documents_before = [document.id for document in open_current(index).store.documents()]
    forward = rollback(index)

    assert (back.id, back.documents) == (old_id, 4)
    assert documents_before == [*TEXTS, "wonen"]
    assert forward.documents == 3
    assert answer(open_current(index)) == new


def test_rollback_needs_a_previous_snapshot(tmp_path: Path) -> None:
    index_of(tmp_path)

    with pytest.raises(SnapshotError, match="geen vorige index"):
        rollback(tmp_path / "index")


def test_rollback_refuses_a_damaged_snapshot(index: Path) -> None:
    serving = status(index)
    path = index / "snapshots" / (serving.previous or "") / "vectors.faiss"
    path.write_bytes(path.read_bytes()[:-1])

    with pytest.raises(IndexDamagedError, match=r"vectors\.faiss"):
        rollback(index)

    assert status(index) == serving


def test_rollback_mends_a_damaged_snapshot(index: Path) -> None:
    path = index / "snapshots" / status(index).id / "vectors.faiss"
    path.write_bytes(b"")

    rollback(index)

    assert verify(index).documents == 4


def test_one_previous_snapshot_is_kept(tmp_path: Path, index: Path) -> None:
    index_of(tmp_path, OTHER)

    told = status(index)

    assert sorted(path.name for path in (index / "snapshots").iterdir()) == [told.previous, told.id]
    assert told.id.startswith("000003-")


def test_a_snapshot_in_use_is_not_removed(tmp_path: Path, index: Path) -> None:
    opened = open_current(index)
    before = answer(opened)
    for texts in (OTHER, TEXTS, OTHER):
        index_of(tmp_path, texts)

    assert answer(opened) == before
    assert opened.folder.is_dir()
    folder = opened.folder
    del opened
    gc.collect()
    index_of(tmp_path, TEXTS)
    assert not folder.exists()


def test_leftovers_of_a_crash_are_removed(tmp_path: Path, index: Path) -> None:
    (index / "building-99999" / "lexical").mkdir(parents=True)
    (index / ".current.abc.tmp").write_text("half")
    (index / "snapshots" / "000009-20200101T000000Z").mkdir()

    index_of(tmp_path, OTHER)

    assert sorted(path.name for path in index.iterdir()) == ["current", "embedding-cache.sqlite", "lock", "snapshots"]
    assert len(list((index / "snapshots").iterdir())) == 2


def test_a_second_builder_is_told_to_wait(tmp_path: Path, index: Path) -> None:
    serving = status(index)
    half_built = index / "building-1"
    with only_builder(index):
        half_built.mkdir()
        for change in (lambda: index_of(tmp_path, OTHER), lambda: rollback(index)):
            with pytest.raises(SnapshotError, match="Een ander proces werkt de index"):
                change()
        assert half_built.is_dir()

    assert status(index) == serving
    assert index_of(tmp_path, OTHER).switched


def test_a_server_follows_to_the_newest_snapshot(tmp_path: Path, index: Path) -> None:
    now = [0.0]
    follower = SnapshotFollower(index, FakeEmbedder().description, clock=lambda: now[0])
    first = follower.current()
    index_of(tmp_path, OTHER)

    at_once = follower.current()
    now[0] = 1.5
    later = follower.current()

    assert at_once is first
    assert later.id == status(index).id != first.id
    assert follower.current() is later


def test_a_server_keeps_its_snapshot_when_the_next_is_damaged(tmp_path: Path, index: Path) -> None:
    follower = SnapshotFollower(index, FakeEmbedder().description, check_seconds=0)
    first = follower.current()
    before = answer(first)
    index_of(tmp_path, OTHER)
    (index / "snapshots" / status(index).id / "vectors.faiss").write_bytes(b"")

    assert follower.current() is first
    assert answer(first) == before
    index_of(tmp_path, fresh=True)
    assert follower.current().id == status(index).id


def test_a_server_outlives_the_removal_of_the_index(index: Path) -> None:
    follower = SnapshotFollower(index, FakeEmbedder().description, check_seconds=0)
    before = answer(follower.current())

    (index / "current").unlink()

    assert answer(follower.current()) == before
