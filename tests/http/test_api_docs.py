"""The commands in docs/api.md do what it says."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from http_fixtures import Keys
from http_server import Served

DOCS = (Path(__file__).parents[2] / "docs" / "api.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```bash\n(.*?)^```", DOCS, re.MULTILINE | re.DOTALL)
COMMANDS = [block for block in BLOCKS if "curl" in block]


@pytest.mark.skipif(not shutil.which("curl"), reason="needs curl")
@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_in_the_docs_works(command: str, locked_server: Served, keys: Keys) -> None:
    environ = {"PATH": "/usr/bin:/bin", "ADRES": f"{locked_server.url}/v1", "BRON": "wijkplan", "SLEUTEL": keys.user}

    run = subprocess.run(["bash", "-ec", command], env=environ, capture_output=True, text=True, check=False)

    assert (run.returncode, run.stderr) == (0, ""), run.stdout
    assert run.stdout


def test_every_resource_has_a_command() -> None:
    shown = "\n".join(COMMANDS)

    for path in (
        "/antwoorden",
        "/zoekresultaten",
        "/bronnen",
        "/bronnen/$BRON",
        "/bronnen/$BRON/bestand",
        "/beoordelingen",
    ):
        assert f"$ADRES{path}" in shown


def test_the_commands_are_for_the_address_that_serve_uses() -> None:
    assert "ADRES=http://127.0.0.1:8000/v1\nBRON=" in BLOCKS[0]
