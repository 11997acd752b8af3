"""The wheel, installed away from the checkout: works from any folder, with the packaged corpus."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PIP = [sys.executable, "-m", "pip", "--disable-pip-version-check", "-q"]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel of what is in the checkout."""
    folder = tmp_path_factory.mktemp("wiel")
    # Without isolation hatchling comes from the extra `dev`, and nothing is downloaded.
    build = [*PIP, "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder), str(ROOT)]
    subprocess.run(build, check=True, capture_output=True)
    (built,) = folder.glob("beleidswijzer-*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel unpacked in a folder of its own; its dependencies are those of this environment."""
    folder = tmp_path_factory.mktemp("installatie")
    install = [*PIP, "install", "--no-deps", "--no-index", "--target", str(folder), str(wheel)]
    subprocess.run(install, check=True, capture_output=True)
    return folder


def test_wheel_carries_what_a_user_needs_and_no_more(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    corpus = {path.name for path in (ROOT / "corpus").iterdir() if path.is_file() and path.suffix != ".py"}

    carried = {
        name.removeprefix("assistant/data/corpus/") for name in names if name.startswith("assistant/data/corpus")
    }
    assert carried == corpus
    assert {"assistant/glossary.yml", "assistant/reader_weights.json", "integrations/__init__.py"} <= names
    assert {f"assistant/data/prompts/{path.name}" for path in (ROOT / "prompts").iterdir()} <= names
    assert {name.split("/")[0] for name in names if ".dist-info" not in name} == {"assistant", "integrations"}


def test_installed_command_works_from_any_folder(installed: Path, model_cache: Path, tmp_path: Path) -> None:
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(installed),
        "HOME": str(tmp_path),
        "BELEIDSWIJZER_CACHE": str(model_cache),
    }

    def command(*arguments: str) -> str:
        words = [sys.executable, str(installed / "bin" / "beleidswijzer"), *arguments]
        done = subprocess.run(words, capture_output=True, text=True, check=False, cwd=tmp_path, env=environment)
        assert done.returncode == 0, done.stderr
        return done.stdout

    packaged = installed / "assistant" / "data" / "corpus"
    assert "De index is klaar: 9 nieuw" in command("index", "build")
    answer = command("ask", "Wat vervangt het kwaliteitskader?")
    assert "] Kwaliteitskader 'Werken aan veiligheid' 2019" in answer
    assert f"file://{tmp_path}/.local/share/beleidswijzer/indexes/" in answer
    assert command("search", "--aantal", "1", "warme overdracht").splitlines()[1].startswith("1. ")
    assert command("corpus", "list").splitlines()[0].startswith("perspectief-2025 ")
    checked = command("doctor")
    assert f"✓ Documenten: 9 in {packaged}\n" in checked
    assert checked.endswith("Alles is in orde.\n")
