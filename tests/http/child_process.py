"""`beleidswijzer serve` and `mcp` as a user starts them: processes of their own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from assistant import Settings

PROGRAM = "from assistant.cli import main; main()"
SLOW_SERVER = Path(__file__).parent / "slow_server.py"


@dataclass(frozen=True)
class Child:
    """A server in a process of its own."""

    process: subprocess.Popen[str]
    url: str


def environment(settings: Settings) -> dict[str, str]:
    """The environment in which a command works with these settings."""
    folders = {name: str(getattr(settings, name)) for name in ("corpus", "index", "cache", "data")}
    variables = {f"BELEIDSWIJZER_{name.upper()}": folder for name, folder in folders.items()}
    if settings.secrets.index_url:
        variables |= {"INDEX_URL": settings.secrets.index_url}
        variables |= {"BELEIDSWIJZER_ORGANISATION": settings.database.organisation}
    return os.environ | variables


def command(settings: Settings, *arguments: str) -> subprocess.CompletedProcess[str]:
    """One run of `beleidswijzer` that ends by itself."""
    line = [sys.executable, "-c", PROGRAM, *arguments]
    return subprocess.run(line, env=environment(settings), capture_output=True, text=True, timeout=60, check=False)


@contextmanager
def child(settings: Settings, program: Sequence[str], folder: Path | None = None) -> Iterator[Child]:
    """A server that runs until the block ends; it tells its address on standard error.

    Args:
        folder: where it starts, with a beleidswijzer.toml perhaps.
    """
    with subprocess.Popen(
        [sys.executable, *program],
        env=environment(settings),
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        pipesize=1 << 20,  # its log is read at the end, and until then it must not wait for that
    ) as process:
        try:
            yield Child(process, _address(process))
        finally:
            process.kill()


def serving(*arguments: str) -> Sequence[str]:
    """The program `beleidswijzer serve` on a free port."""
    return ["-c", PROGRAM, "serve", "--port", "0", *arguments]


def working(*arguments: str) -> Sequence[str]:
    """The program `beleidswijzer worker`, which tells its health on a free port."""
    return ["-c", PROGRAM, "worker", "--port", "0", *arguments]


def _address(process: subprocess.Popen[str]) -> str:
    assert process.stderr is not None
    told: list[str] = []
    for line in process.stderr:
        if found := re.search(r"http://\S+:\d+", line):
            return found[0]
        told.append(line)
    raise AssertionError(f"the server did not start: {told}")
