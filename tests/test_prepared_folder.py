"""A prepared folder is whole or absent, whatever happens to the process that makes it."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from assistant.prepared_folder import is_sound, is_unchanged, prepare_folder

# Writes five files, slowly enough to be hit anywhere, and notes each time that it starts to write.
MAKER = """
import sys, time
from pathlib import Path
from assistant.prepared_folder import prepare_folder

def write(folder):
    with Path(sys.argv[2]).open("a") as log:
        log.write("x")
    for number in range(5):
        (folder / f"deel-{number}").write_bytes(bytes([number]) * 100_000)
        time.sleep(0.01)

print("start", flush=True)
prepare_folder(Path(sys.argv[1]), write, lambda damaged: None)
"""


def start_maker(folder: Path, log: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", MAKER, str(folder), str(log)], stdout=subprocess.PIPE)


def seconds_to_make(folder: Path, log: Path) -> float:
    """How long a maker takes after it says that it starts: longer on a busy machine."""
    maker = start_maker(folder, log)
    assert maker.stdout is not None
    maker.stdout.readline()
    started = time.perf_counter()
    maker.communicate()
    return time.perf_counter() - started


def write_parts(folder: Path) -> None:
    (folder / "map").mkdir()
    (folder / "a").write_bytes(b"eerste")
    (folder / "map" / "b").write_bytes(b"tweede")


def test_killed_at_any_moment_leaves_a_whole_folder_or_none(tmp_path: Path) -> None:
    moments = random.Random(7)
    seen = set()
    whole_seconds = seconds_to_make(tmp_path / "whole", tmp_path / "log")
    for attempt in range(20):
        folder = tmp_path / f"model-{attempt % 4}"
        maker = start_maker(folder, tmp_path / "log")
        assert maker.stdout is not None
        maker.stdout.readline()
        time.sleep(moments.uniform(0, 1.5 * whole_seconds))
        maker.send_signal(signal.SIGKILL)
        maker.communicate()

        seen.add(folder.exists())
        assert not folder.exists() or is_sound(folder)

    assert seen == {True, False}  # otherwise the moments were badly chosen


def test_what_a_killed_process_left_is_cleared_by_the_next(tmp_path: Path) -> None:
    (tmp_path / ".model-abc123").mkdir()
    (tmp_path / ".model-abc123" / "half").write_bytes(b"x")

    prepare_folder(tmp_path / "model", write_parts, lambda damaged: None)

    assert sorted(path.name for path in tmp_path.iterdir()) == [".model.lock", "model"]


def test_two_processes_at_once_write_it_once(tmp_path: Path) -> None:
    makers = [start_maker(tmp_path / "model", tmp_path / "log") for _ in range(2)]

    for maker in makers:
        maker.communicate()

    assert [maker.returncode for maker in makers] == [0, 0]
    assert (tmp_path / "log").read_text() == "x"
    assert is_sound(tmp_path / "model")


@pytest.mark.parametrize("damage", ["flip", "cut", "missing", "manifest", "manifest_is_list"])
def test_damaged_folder_is_noticed_and_made_again(tmp_path: Path, damage: str) -> None:
    folder = tmp_path / "model"
    prepare_folder(folder, write_parts, lambda damaged: None)
    match damage:
        case "flip":
            (folder / "map" / "b").write_bytes(b"twEede")
        case "cut":
            (folder / "a").write_bytes(b"eer")
        case "missing":
            (folder / "a").unlink()
        case "manifest":
            (folder / "manifest.json").write_text('{"a": ')
        case "manifest_is_list":
            (folder / "manifest.json").write_text('["a"]')
    announced: list[bool] = []

    prepare_folder(folder, write_parts, announced.append)

    assert announced == [True]
    assert is_sound(folder)
    assert (folder / "map" / "b").read_bytes() == b"tweede"


def test_sound_folder_is_not_written_again(tmp_path: Path) -> None:
    prepare_folder(tmp_path / "model", write_parts, lambda damaged: None)

    prepare_folder(tmp_path / "model", lambda folder: pytest.fail("written twice"), lambda damaged: None)


def test_folder_found_sound_is_read_again_only_after_a_change(tmp_path: Path) -> None:
    folders = [tmp_path / name for name in ("flip", "cut", "missing", "manifest")]
    for folder in folders:
        prepare_folder(folder, write_parts, lambda damaged: None)
        prepare_folder(folder, write_parts, lambda damaged: None)
        assert not is_unchanged(folder)  # too fresh: one more change might not show
    time.sleep(2.1)
    for folder in folders:
        prepare_folder(folder, write_parts, lambda damaged: None)
        assert is_unchanged(folder)

    times = (folders[0] / "a").stat()
    (folders[0] / "a").write_bytes(b"eersTe")
    os.utime(folders[0] / "a", ns=(times.st_atime_ns, times.st_mtime_ns))
    (folders[1] / "a").write_bytes(b"eer")
    (folders[2] / "map" / "b").unlink()
    (folders[3] / "manifest.json").write_text("{}")

    for folder in folders:
        assert not is_unchanged(folder)
        announced: list[bool] = []
        prepare_folder(folder, write_parts, announced.append)
        assert announced == [True]
        assert is_sound(folder)


def test_failure_while_writing_leaves_nothing(tmp_path: Path) -> None:
    def fail(folder: Path) -> None:
        (folder / "half").write_bytes(b"x")
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        prepare_folder(tmp_path / "model", fail, lambda damaged: None)

    assert [path.name for path in tmp_path.iterdir()] == [".model.lock"]
