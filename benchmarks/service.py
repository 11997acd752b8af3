"""A server of our own with everything switched on, in processes of its own, and what it uses of the machine.

In: an index. Out: its port, its keys, and every few seconds memory, file descriptors, threads and processor time.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from assistant.settings import Settings
from benchmarks.http import children

ROOT = Path(__file__).parents[1]
PROGRAM = [sys.executable, "-c", "from assistant.cli import main; main()"]


@dataclass(frozen=True)
class Service:
    """A server that runs."""

    process: int
    port: int
    keys: tuple[str, str]  # a user's and a maintainer's


@dataclass(frozen=True)
class Use:
    """What the processes of a server use together, at one moment."""

    at: float  # seconds on the clock of `time.perf_counter`
    memory: float  # MiB: of what processes share, each counts its part (PSS)
    descriptors: int
    threads: int
    processor: float  # seconds so far
    memories: dict[int, float]  # of each process


@contextmanager
def serving(
    settings: Settings, processes: int | None, slack_url: str = "", secrets: dict[str, str] | None = None
) -> Iterator[Service]:
    """A server on copies of these documents and their index, so that uploads change nothing else.

    Args:
        slack_url: where a Slack is, for the bot over HTTP; it then needs the `secrets` too.
    """
    with tempfile.TemporaryDirectory(prefix="beleidswijzer-load-") as name:
        folder = Path(name)
        for each in ("corpus", "index"):
            shutil.copytree(getattr(settings, each), folder / each)
        slack = f'[slack]\napi_url = "{slack_url}"\n' if slack_url else ""
        (folder / "beleidswijzer.toml").write_text(
            f'corpus = "corpus"\nindex = "index"\ndata = "data"\ncache = "{settings.cache}"\n'
            f"[http]\nrequests_per_minute = 1000000\n{slack}",
            encoding="utf-8",
        )
        environment = {name: value for name, value in os.environ.items() if not name.startswith("BELEIDSWIJZER_")}
        environment |= {"PYTHONPATH": str(ROOT), **(secrets or {})}
        keys = _key(folder, environment, "gebruiker"), _key(folder, environment, "beheerder")
        chosen = ["--processes", str(processes)] if processes else []
        with (folder / "log").open("w", encoding="utf-8") as log:
            started = subprocess.Popen(
                [*PROGRAM, "serve", "--port", "0", *chosen],
                cwd=folder, env=environment, stdout=log, stderr=subprocess.PIPE, text=True,
            )  # fmt: skip
            try:
                assert started.stderr is not None
                told = next((line for line in started.stderr if "http://" in line), None)
                if told is None:
                    sys.exit("the server did not start")
                yield Service(started.pid, int(re.findall(r":(\d+)", told)[0]), keys)
            finally:
                started.terminate()
                started.wait(60)
                _show_errors(folder / "log")


def _key(folder: Path, environment: dict[str, str], role: str) -> str:
    made = subprocess.run(
        [*PROGRAM, "keys", "create", f"proef-{role}", "--rol", role],
        cwd=folder, env=environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return next(word for word in made.stdout.split() if word.startswith("bw_"))


def _show_errors(log: Path) -> None:
    """Prints what the server logged beyond its requests."""
    lines = [line for line in log.read_text(encoding="utf-8").splitlines() if '"level": "info"' not in line]
    for line in lines[:10]:
        print(f"    logged: {line[:300]}")
    if len(lines) > 10:
        print(f"    … and {len(lines) - 10} lines more")


def use_of(process: int) -> Use:
    """What a server uses at this moment: its first process and those that it started."""
    found = {each: _of_one(each) for each in [process, *children(process)]}
    memory, descriptors, threads, processor = (sum(column) for column in zip(*found.values(), strict=True))
    memories = {each: figures[0] for each, figures in found.items()}
    return Use(time.perf_counter(), memory, round(descriptors), round(threads), processor, memories)


def _of_one(process: int) -> tuple[float, float, float, float]:
    place = Path(f"/proc/{process}")
    try:
        kilobytes = re.search(r"^Pss:\s+(\d+)", (place / "smaps_rollup").read_text(encoding="ascii"), re.MULTILINE)
        fields = (place / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        descriptors = len(list((place / "fd").iterdir()))
    except OSError:  # it has just ended
        return 0.0, 0.0, 0.0, 0.0
    memory = int(kilobytes[1]) / 1024 if kilobytes else 0.0
    return memory, descriptors, int(fields[17]), (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def watched(process: int, every: float = 2.0) -> Iterator[list[Use]]:
    """What a server uses, again and again until the block ends."""
    uses: list[Use] = []
    is_over = threading.Event()

    def watch() -> None:
        while not is_over.wait(every):
            uses.append(use_of(process))

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield uses
    finally:
        is_over.set()
        thread.join()
