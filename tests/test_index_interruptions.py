"""Whatever stops a build, the snapshot that served goes on serving and a later build succeeds."""

from __future__ import annotations

import os
import random
import statistics
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from fake_embedder import FakeEmbedder
from index_corpus import TEXTS
from index_processes import as_nobody, build_corpus, in_child, is_root, small_files_only, start_build

from assistant.engine import WeightedTerm
from assistant.snapshot import open_current, status, verify

KILLS = 50
CORPUS_ROOM = 130_000  # bytes that LARGE takes on a disk of 4 kB blocks, and some
LARGE = {f"groot{number}": "\n".join(f"Regel {number} {line} over zorg." for line in range(400)) for number in range(8)}


def answer(index: Path) -> tuple[object, ...]:
    """What a question gets from every part of the index, after all its bytes were checked."""
    verify(index)
    snapshot = open_current(index, FakeEmbedder().description)
    ids, scores = snapshot.vectors.search(FakeEmbedder().embed_query("wie voert de regie"), 5)
    words = snapshot.lexical.search([WeightedTerm("exact", "gemeenten"), WeightedTerm("title", "ronde")], 5)
    vectors = [each.tolist() for each in snapshot.store.sentence_vectors(ids)]
    return snapshot.id, ids.tolist(), scores.tolist(), words, snapshot.store.chunks(ids), vectors


def texts_of(number: int) -> dict[str, str]:
    """A corpus that differs each round: one document changes, one comes and one goes."""
    return {**TEXTS, "ronde": f"Dit is ronde {number}.\nGemeenten tellen mee.", f"d{number}": f"Nieuw in {number}."}


def build_seconds(folder: Path) -> float:
    """How long it takes here and now from the beginning of a build to the switch."""
    times = []
    for number in range(1_000, 1_003):
        serving = status(folder / "index").id
        child = start_build(folder, texts_of(number))
        begin = time.perf_counter()
        while status(folder / "index").id == serving:
            time.sleep(0.002)
        times.append(time.perf_counter() - begin)
        child.join()
    return statistics.median(times)


def test_a_build_killed_at_any_moment_leaves_the_index_whole(tmp_path: Path) -> None:
    index, delays = tmp_path / "index", random.Random(20)
    build_corpus(tmp_path, texts_of(0))
    seconds = build_seconds(tmp_path)
    before, kept, half_built = answer(index), 0, 0

    for number in range(KILLS):
        child = start_build(tmp_path, texts_of(number + 1))
        time.sleep(delays.uniform(0, 1.5 * seconds))
        child.kill()
        child.join()

        after = answer(index)
        if after[0] == before[0]:
            assert after == before
            kept += 1
        half_built += any(index.glob("building-*"))
        before = after
        if number % 10 == 9:
            build_corpus(tmp_path, texts_of(2_000 + number))
            before = answer(index)
            assert not list(index.glob("building-*"))

    final = build_corpus(tmp_path, texts_of(3_000))
    assert status(index).id == final
    assert verify(index).documents == 5
    # The kills must have hit builds at work, or the test shows nothing.
    assert kept >= KILLS // 5
    assert half_built >= KILLS // 10


def test_a_write_that_fails_leaves_the_index_whole(tmp_path: Path) -> None:
    build_corpus(tmp_path, TEXTS)
    before = answer(tmp_path / "index")

    message = in_child(small_files_only, build_corpus, tmp_path, {**TEXTS, **LARGE})

    assert isinstance(message, str)
    assert str(tmp_path / "index") in message
    assert "Typ: beleidswijzer index build" in message or "typ: beleidswijzer index build" in message
    assert "De vorige index, als die er is, blijft in gebruik." in message
    assert answer(tmp_path / "index") == before
    assert not list((tmp_path / "index").glob("building-*"))
    assert build_corpus(tmp_path, {**TEXTS, **LARGE}) != before[0]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of one megabyte."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(disk)]
    if not is_root() or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("mounting a small disk is not allowed here")
    yield disk
    # Lazy: threads of the word index may hold a file for a moment longer.
    subprocess.run(["umount", "--lazy", str(disk)], check=True)


@pytest.mark.parametrize("room", [0, 30_000, 150_000, 300_000, 450_000, 600_000])
def test_a_full_disk_leaves_the_index_whole(small_disk: Path, room: int) -> None:
    build_corpus(small_disk, TEXTS)
    before = answer(small_disk / "index")
    disk = os.statvfs(small_disk)
    filler = disk.f_bavail * disk.f_frsize - CORPUS_ROOM - room
    (small_disk / "filler").write_bytes(b"x" * max(filler, 0))

    message = in_child(no_limit, build_corpus, small_disk, {**TEXTS, **LARGE})

    assert isinstance(message, str)
    assert "is vol. Maak ruimte vrij en typ: beleidswijzer index build." in message
    assert answer(small_disk / "index") == before
    assert not list((small_disk / "index").glob("building-*"))


def no_limit() -> None:
    """No limit but the disk's own."""


@pytest.mark.skipif(not is_root(), reason="only root can become another user")
def test_without_write_permission_one_sentence_says_so(tmp_path: Path) -> None:
    build_corpus(tmp_path, TEXTS)
    before = answer(tmp_path / "index")
    for folder in (tmp_path, *list(tmp_path.parents)[:3]):
        folder.chmod(folder.stat().st_mode | 0o755)
    (tmp_path / "corpus").chmod(0o777)
    for file in (tmp_path / "corpus").iterdir():
        file.chmod(0o666)

    message = in_child(as_nobody, build_corpus, tmp_path, {**TEXTS, "ronde": "Nieuw."})

    assert isinstance(message, str)
    assert message.startswith(f"Er zijn geen schrijfrechten voor de map '{tmp_path / 'index'}'.")
    assert answer(tmp_path / "index") == before


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "index").write_text("Ik ben een bestand.")

    message = in_child(no_limit, build_corpus, tmp_path, TEXTS)

    assert isinstance(message, str)
    assert message.startswith(f"'{tmp_path / 'index'}' is geen map.")
    assert (tmp_path / "index").read_text() == "Ik ben een bestand."
