"""What `make audit` decides: which licences go with ours, and what counts as a secret that was looked at."""

from __future__ import annotations

import importlib.util
import json
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from assistant import load_settings, open_records

ROOT = Path(__file__).parents[1]
SCRIPT = ROOT / ".ci" / "supply_chain.py"


@pytest.fixture(scope="module")
def script() -> ModuleType:
    described = importlib.util.spec_from_file_location("supply_chain", SCRIPT)
    assert described is not None
    assert described.loader is not None
    module = importlib.util.module_from_spec(described)
    described.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("expression", "allowed"),
    [
        ("MIT", True),
        ("Apache-2.0 OR GPL-3.0-only", True),
        ("Apache-2.0 AND GPL-3.0-only", False),
        ("MIT AND (GPL-3.0-only OR BSD-3-Clause)", True),
        ("(MIT AND GPL-3.0-only) OR BSD-3-Clause", True),
        ("GPL-3.0-only OR (MIT AND AGPL-3.0-only)", False),
        ("SSPL-1.0", False),
        ("Proprietary", False),
        ("UNKNOWN", False),
        ("", False),
        ("(MIT", False),
        ("MIT)", False),
        ("MIT MIT", False),
        ("MIT AND", False),
    ],
)
def test_a_licence_fits_if_all_of_and_and_one_of_or_does(script: ModuleType, expression: str, allowed: bool) -> None:
    assert script.is_allowed(expression) is allowed


def parts_file(folder: Path, *parts: dict[str, object]) -> Path:
    file = folder / "sbom.json"
    file.write_text(json.dumps({"bomFormat": "CycloneDX", "components": parts}), encoding="utf-8")
    return file


def check(sbom: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, SCRIPT, "licences", sbom], capture_output=True, text=True, check=False, timeout=60
    )


def test_parts_with_licences_on_the_list_are_in_order(tmp_path: Path) -> None:
    apache = {"license": {"name": "License :: OSI Approved :: Apache Software License"}}
    sbom = parts_file(
        tmp_path,
        {"name": "een", "version": "1", "licenses": [{"expression": "MIT OR Apache-2.0"}]},
        {"name": "twee", "version": "2", "licenses": [{"license": {"id": "Apache-2.0"}}, apache]},
    )

    done = check(sbom)

    assert (done.returncode, done.stdout) == (0, "Licences: 2 parts, 0 not on the list.\n")


@pytest.mark.parametrize(
    ("licences", "shown"),
    [
        ([], ""),
        ([{"license": {"id": "GPL-3.0-only"}}], "(GPL-3.0-only)"),
        ([{"license": {"name": "Do as we say"}}], "(Do as we say)"),
        ([{"license": {"id": "MIT"}}, {"license": {"name": "SSPL"}}], "(MIT) AND (SSPL)"),
    ],
)
def test_an_unknown_licence_fails_and_is_named(tmp_path: Path, licences: list[object], shown: str) -> None:
    sbom = parts_file(tmp_path, {"name": "een", "version": "1", "licenses": licences})

    done = check(sbom)

    assert done.returncode == 1
    assert done.stdout.splitlines()[0] == f"Licence not on the list: een 1: {shown}"


def test_an_empty_list_of_parts_is_no_proof(tmp_path: Path) -> None:
    assert check(parts_file(tmp_path)).returncode == 1


def test_a_key_of_our_own_counts_as_a_secret_and_a_guess_in_a_test_does_not(script: ModuleType) -> None:
    scan = {
        "results": {
            "tests/test_x.py": [
                {"type": "Secret Keyword", "hashed_secret": "a"},
                {"type": "Beleidswijzer key", "hashed_secret": "b"},
            ],
            "assistant/x.py": [{"type": "Secret Keyword", "hashed_secret": "c"}],
        }
    }

    found = [(each["file"], each["sha1"]) for each in script._secrets(scan)]

    assert found == [("tests/test_x.py", "b"), ("assistant/x.py", "c")]


def test_what_was_looked_at_says_why_it_is_no_secret_and_is_there() -> None:
    known = json.loads((ROOT / ".ci" / "known_secrets.json").read_text(encoding="utf-8"))

    assert [each for each in known if not each["why"] or not (ROOT / each["file"]).is_file()] == []


def test_a_real_key_is_what_the_scanner_looks_for(tmp_path: Path) -> None:
    pattern = re.search(r're\.compile\(r"(.+)"\)', (ROOT / ".ci" / "own_keys.py").read_text(encoding="utf-8"))
    with open_records(load_settings(environ={"BELEIDSWIJZER_DATA": str(tmp_path)}, cwd=tmp_path)) as records:
        secret, _ = records.keys.create("naam", "gebruiker")

    assert pattern is not None
    assert re.fullmatch(pattern[1], secret)
