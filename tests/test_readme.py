"""The README's commands exist and work; the Makefile hands a question over as it was typed."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest

from assistant.cli import run
from assistant.cli.application import beleidswijzer
from assistant.loaders import load
from assistant.settings import VARIABLES

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
LINES = [line for block in re.findall(r"```sh\n(.*?)```", README, re.DOTALL) for line in block.splitlines() if line]
COMMANDS = [line for line in LINES if line.startswith("beleidswijzer ")]
needs_make = pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")


def make(*arguments: str) -> subprocess.CompletedProcess[str]:
    # -o: the environment is taken to be ready, so that nothing is installed.
    command = ["make", "--no-print-directory", "-o", ".venv/ready", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_readme_holds_only_lines_that_are_tested() -> None:
    assert len(COMMANDS) >= 10
    others = [line for line in LINES if line not in COMMANDS]
    assert others[:-1] == ['make ask Q="Wat vervangt het kwaliteitskader?"', "make serve"]
    assert others[-1].startswith("curl ")  # tests/http/test_serving.py


def test_every_command_in_the_readme_works(
    tmp_path: Path, model_cache: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    documents = tmp_path / "mijn-documenten"
    documents.mkdir()
    (documents / "nota.md").write_text("# Nota wijkteams\n\nDe wijkteams helpen gezinnen met vragen over zorg.\n")
    (tmp_path / "vragen.jsonl").write_text('{"id": "1", "question": "Wat vervangt het kwaliteitskader?"}\n')
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BELEIDSWIJZER_CACHE", str(model_cache))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "gegevens"))

    codes = {line: run(shlex.split(line)[1:]) for line in COMMANDS}

    assert codes == dict.fromkeys(COMMANDS, 0), capsys.readouterr().err


def test_answer_in_the_readme_quotes_the_corpus() -> None:
    quotes = [" ".join(quote.split()) for quote in re.findall(r"“(.*?)”", README, re.DOTALL)]
    documents = ("leidraad-werken-aan-veiligheid", "kwaliteitskader-werken-aan-veiligheid")
    texts = [" ".join(load(ROOT / "corpus" / f"{document}.md").text.split()) for document in documents]

    assert [quote in text for quote, text in zip(quotes, texts, strict=True)] == [True, True]


def test_every_command_has_a_row() -> None:
    rows = set(re.findall(r"`([a-z ]+)`", README[README.index("## Commands") : README.index("Help and messages")]))
    named = {word for row in rows for word in row.split()}

    assert set(beleidswijzer.commands) <= named
    for group in (command for command in beleidswijzer.commands.values() if isinstance(command, click.Group)):
        assert set(group.commands) <= named


def test_every_setting_has_a_row() -> None:
    for key, variable in VARIABLES.items():
        assert f"`{key}`" in README
        assert f"`{variable}`" in README


def test_every_folder_has_a_row() -> None:
    named = set(re.findall(r"^\| `([a-z]+)/`", README, re.MULTILINE))
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False).stdout
    folders = {path.split("/")[0] for path in tracked.splitlines() if "/" in path and not path.startswith(".")}

    assert folders <= named


@needs_make
def test_make_alone_lists_the_targets() -> None:
    listed = make().stdout

    assert listed.startswith("Gebruik: make DOEL")
    for target in ("help", "ask", "serve", "index", "test", "check", "bench", "clean"):
        assert re.search(rf"^  {target} ", listed, re.MULTILINE)


@needs_make
def test_question_reaches_the_command_as_it_was_typed() -> None:
    question = 'Wat doen de GI\'s "nu" voor $5 en `id`; $(id) \\ #1?'

    done = make("ask", f"Q={question}", f"BELEIDSWIJZER={sys.executable} -c 'import sys; print(sys.argv[1:])'")

    assert done.stderr == ""
    assert done.stdout.splitlines() == [str(["index", "build", "--stil"]), str(["ask", "--", question])]


@needs_make
def test_make_serve_makes_the_index_first_and_opens_to_this_machine_only() -> None:
    done = make("serve", f"BELEIDSWIJZER={sys.executable} -c 'import sys; print(sys.argv[1:])'")

    assert done.stderr == ""
    assert done.stdout.splitlines() == [str(["index", "build", "--stil"]), str(["serve", "--open"])]


@needs_make
def test_ask_without_question_explains_itself() -> None:
    done = make("ask")

    assert done.returncode == 2
    assert done.stderr.startswith('Geef een vraag op. Bijvoorbeeld: make ask Q="')


@needs_make
def test_old_python_is_told_clearly() -> None:
    command = ["make", "-B", ".venv/ready", "PYTHON=false"]

    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 2
    assert "Python 3.11 of nieuwer is nodig." in done.stderr
