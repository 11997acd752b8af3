"""A confined process reads what was named and no more; each attempt is made in a real process of its own."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.confinement import Confinement

ROOT = Path(__file__).parents[1]
PROGRAM = """
import os, resource, socket, subprocess, sys
from pathlib import Path
from assistant.confinement import confine

document, secret, folder, port = Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4])
held = confine([document])
try:
    {attempt}
except OSError as error:
    print("refused", type(error).__name__)
else:
    print("done")
"""
FILES = {
    "read another file": "secret.read_text()",
    "read the passwords of the system": "Path('/etc/passwd').read_text()",
    "read the environment of the service": "Path(f'/proc/{os.getppid()}/environ').read_bytes()",
    "list a folder": "os.listdir(folder)",
    "make a file": "(folder / 'nieuw').write_text('x')",
    "make a folder": "(folder / 'nieuw').mkdir()",
    "change the document": "document.open('r+')",
    "cut the document": "os.truncate(document, 0)",
    "remove the document": "document.unlink()",
    "give the document another name": "document.rename(folder / 'nieuw')",
    "link to another file": "os.link(secret, folder / 'nieuw')",
    "read another file with a program": "sys.exit('refused') if subprocess.run(['cat', secret]).returncode else None",
}
CALLS = {
    "reach the network": "socket.create_connection(('127.0.0.1', port), 5)",
    "send a datagram": "socket.socket(type=socket.SOCK_DGRAM)",
    "speak to a service of this machine": "socket.socket(socket.AF_UNIX)",
    "leave its process group": "os.setsid()",
    "make the document writable": "document.chmod(0o777)",
    "change the date of the document": "os.utime(document)",
    "limit the service": "resource.prlimit(os.getppid(), resource.RLIMIT_CPU, (1, 1))",
    "slow the service down": "os.setpriority(os.PRIO_PROCESS, os.getppid(), 19)",
}
ALLOWED = {
    "read the document": "document.read_text()",
    "load a library": "import numpy; numpy.ones(2)",
    "throw output away": "Path('/dev/null').write_text('x')",
    "start a program of the system": "subprocess.run(['env', 'true'], check=True)",
    "look at its own limits": "resource.prlimit(0, resource.RLIMIT_CPU)",
}


@pytest.fixture
def port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def attempt(place: Path, port: int, code: str) -> str:
    """What a confined process prints when it tries `code`."""
    document, secret, folder = place / "nota.txt", place / "geheim.txt", place / "map"
    document.write_text("Een nota.")
    secret.write_text("Een geheim.")
    folder.mkdir()
    command = [sys.executable, "-c", PROGRAM.format(attempt=code), *map(str, [document, secret, folder, port])]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False, timeout=60)
    assert list(folder.iterdir()) == []
    assert document.read_text() == "Een nota."
    assert oct(document.stat().st_mode & 0o777) == oct(0o666 & ~umask())
    return done.stdout.strip() or done.stderr.strip().splitlines()[-1]


def umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


@pytest.fixture(scope="session")
def held() -> Confinement:
    """What this machine offers, as a confined process of its own tells."""
    program = "from assistant.confinement import confine; held = confine([]); print(held.files, held.calls)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, check=True)
    files, calls = (word == "True" for word in done.stdout.split())
    return Confinement(files, calls)


@pytest.mark.parametrize("what", FILES)
def test_a_confined_process_cannot(what: str, tmp_path: Path, port: int, held: Confinement) -> None:
    if not held.files:
        pytest.skip("this kernel has no Landlock")

    assert attempt(tmp_path, port, FILES[what]).startswith("refused")


@pytest.mark.parametrize("what", CALLS)
def test_a_confined_process_cannot_either(what: str, tmp_path: Path, port: int, held: Confinement) -> None:
    if not held.calls:
        pytest.skip("another processor than x86-64")

    assert attempt(tmp_path, port, CALLS[what]) == "refused PermissionError"


@pytest.mark.parametrize("what", ALLOWED)
def test_a_confined_process_can(what: str, tmp_path: Path, port: int) -> None:
    assert attempt(tmp_path, port, ALLOWED[what]) == "done"


def test_a_confined_process_cannot_stop_the_service(tmp_path: Path, held: Confinement) -> None:
    if not held.files:
        pytest.skip("this kernel has no Landlock")
    program = "import os, sys; from assistant.confinement import confine; confine([]); os.kill(os.getppid(), 0)"

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, check=False)

    assert "PermissionError" in done.stderr
