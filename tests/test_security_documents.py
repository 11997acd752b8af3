"""docs/security.md and SECURITY.md name tests, files and commands that are there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = ("SECURITY.md", "docs/security.md")


@pytest.mark.parametrize("page", PAGES)
def test_every_file_that_is_named_exists(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    named = set(re.findall(r"\b((?:tests|assistant|integrations|docs|\.ci)/[\w./-]+\w)", text))
    linked = {(ROOT / page).parent / link for link in re.findall(r"\]\(([\w./-]+)\)", text)}

    assert named
    assert sorted(each for each in named if not (ROOT / each).exists()) == []
    assert sorted(str(each) for each in linked if not each.exists()) == []


def test_every_threat_says_what_stands_in_its_way_and_which_test_shows_it() -> None:
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in (ROOT / "docs/security.md").read_text(encoding="utf-8").splitlines()
        if re.match(r"\| [STRIDE](?:, [STRIDE])* \|", line)
    ]

    assert len(rows) > 30
    assert [row for row in rows if len(row) != 5 or not row[2]] == []
    assert [row for row in rows if "`tests/" not in row[3] and "`python -m" not in row[3]] == []
    assert {letter for row in rows for letter in row[0].split(", ")} == set("STRIDE")


def test_every_module_for_a_measurement_exists() -> None:
    for page in PAGES:
        for module in re.findall(r"python -m (benchmarks\.\w+)", (ROOT / page).read_text(encoding="utf-8")):
            assert (ROOT / f"{module.replace('.', '/')}.py").exists()
