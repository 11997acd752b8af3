"""The process that reads documents of strangers: what it knows, what it may do, and that it takes nothing along."""

from __future__ import annotations

import os
import platform
import socket
import struct
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

from assistant.errors import DocumentError
from assistant.frames import ANSWER, read_frame, write_frame
from assistant.limited_load import LimitedReader, Limits

SECRET = "xoxb-geheim-dat-niemand-mag-zien"


@pytest.fixture
def long_document(tmp_path: Path) -> Path:
    """One that takes seconds to read."""
    path = tmp_path / "lang.md"
    path.write_text("# Kop\n\n" + "Een zin over de wijk. " * 200_000, encoding="utf-8")
    return path


@pytest.fixture
def reading(long_document: Path) -> Iterator[int]:
    """The number of a fork that is reading a document, while it reads."""
    with LimitedReader() as reader, ThreadPoolExecutor(1) as pool:
        result = pool.submit(reader.read, long_document)
        try:
            yield _first(lambda: [fork for holder in _children(os.getpid()) for fork in _children(holder)])
        finally:
            reader.stop()
            with suppress(DocumentError):
                result.result(timeout=60)


def _first(found: object) -> int:
    assert callable(found)
    for _ in range(1_000):
        if numbers := found():
            return int(numbers[0])
        time.sleep(0.01)
    raise AssertionError("nothing started")


def _children(parent: int) -> list[int]:
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            state = (place / "stat").read_text().rpartition(")")[2].split()
            if int(state[1]) == parent and b"limited_child" in (place / "cmdline").read_bytes():
                found.append(int(place.name))
    return found


def test_it_has_no_environment_of_ours(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    monkeypatch.setenv("SLACK_BOT_TOKEN", SECRET)
    fork = request.getfixturevalue("reading")

    environment = Path(f"/proc/{fork}/environ").read_bytes()

    assert SECRET.encode() not in environment
    assert {each.split(b"=")[0] for each in environment.split(b"\0") if each} == {b"PYTHONPATH", b"PYTHONUTF8"}


def test_it_has_no_files_of_ours_open(reading: int) -> None:
    opened = {str(each.readlink()) for each in Path(f"/proc/{reading}/fd").iterdir()}

    assert {each for each in opened if not each.startswith(("socket:", "/dev/null"))} == set()


def test_it_works_under_its_limits(reading: int) -> None:
    lines = _settled(reading, lambda: Path(f"/proc/{reading}/limits").read_text(), "Max file size             0")

    assert "Max open files            128                  128" in lines
    assert "Max core file size        0                    0" in lines
    assert "Max address space         1500000000           1500000000" in lines
    assert "Max cpu time              240                  240" in lines


@pytest.mark.skipif(platform.machine() != "x86_64", reason="the filter is for x86-64")
def test_it_is_confined(reading: int) -> None:
    status = _settled(reading, lambda: Path(f"/proc/{reading}/status").read_text(), "Seccomp:\t2")

    assert "Seccomp:\t2" in status
    assert "NoNewPrivs:\t1" in status


def _settled(process: int, read: object, awaited: str) -> str:
    """What is read once it says what is awaited, or after a while."""
    assert callable(read)
    text = ""
    for _ in range(300):
        text = str(read())
        if awaited in text:
            return text
        time.sleep(0.01)
    return text


def test_a_document_that_is_too_much_is_told_and_the_next_one_is_read(tmp_path: Path, long_document: Path) -> None:
    small = tmp_path / "kort.md"
    small.write_text("# Kop\n\nEen zin.\n", encoding="utf-8")

    with LimitedReader(Limits(cpu_seconds=1, answer_bytes=1_000)) as reader:
        with pytest.raises(DocumentError, match="is te zwaar"):
            reader.read(long_document)
        source = reader.read(small)

    assert source.text.split() == ["Kop", "Een", "zin."]


def test_nothing_goes_on_after_a_document_is_read(tmp_path: Path) -> None:
    small = tmp_path / "kort.md"
    small.write_text("# Kop\n\nEen zin.\n", encoding="utf-8")

    with LimitedReader() as reader:
        reader.read(small)
        forks = [fork for holder in _children(os.getpid()) for fork in _children(holder)]

    assert forks == []


def test_a_message_that_says_it_is_enormous_is_not_waited_for() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        write_frame(theirs.fileno(), ANSWER, b"12345")
        theirs.send(struct.pack(">cQ", ANSWER, 1 << 60))

        assert read_frame(ours.fileno(), 5) == (ANSWER, b"12345")
        with pytest.raises(EOFError):
            read_frame(ours.fileno(), 1_000)
