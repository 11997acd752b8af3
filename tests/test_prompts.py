"""The prompts are files that policy people may change; the program says at once what is wrong with a change."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from assistant.errors import SettingsError
from assistant.prompts import NAMES, load_prompts

PACKAGED = Path(__file__).parents[1] / "prompts"
FILES = [f"{name}.md" for name in NAMES]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the packaged prompts, to change."""
    return Path(shutil.copytree(PACKAGED, tmp_path / "prompts"))


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_the_packaged_prompts_are_right() -> None:
    prompts = load_prompts(PACKAGED)

    values = dict.fromkeys(frozenset().union(*NAMES.values()), "WAARDE")
    for prompt in (prompts.answer, prompts.repair, prompts.follow_up):
        message = prompt.filled(values)
        assert "$" not in message.system + message.user
        assert "## " not in message.system + message.user
        assert "WAARDE" in message.system
        assert "WAARDE" in message.user


def test_a_value_with_a_dollar_sign_is_not_filled_in_again() -> None:
    prompt = load_prompts(PACKAGED).answer

    message = prompt.filled(dict.fromkeys(NAMES["antwoord"], "$kanarie ${grens} $$"))

    assert "$kanarie ${grens} $$" in message.user


def test_the_version_changes_with_every_change_and_with_nothing_else(folder: Path) -> None:
    version = load_prompts(folder).version
    (folder / "README.md").write_text("Iets anders.", encoding="utf-8")
    same = load_prompts(folder).version
    change(folder / "herstel.md", "Laat hem weg.", "Laat de zin weg.")

    assert len(version) == 12
    assert version == same == load_prompts(PACKAGED).version
    assert load_prompts(folder).version != version


@pytest.mark.parametrize("file", FILES)
def test_a_missing_file_is_told_with_the_setting_that_names_the_folder(folder: Path, file: str) -> None:
    (folder / file).unlink()

    with pytest.raises(SettingsError, match=rf"{file} kan niet worden gelezen.*BELEIDSWIJZER_PROMPTS"):
        load_prompts(folder)


@pytest.mark.parametrize("file", FILES)
def test_a_missing_name_is_told(folder: Path, file: str) -> None:
    change(folder / file, "$kanarie", "de code")

    with pytest.raises(SettingsError, match=rf"In .*{file}: de naam \$kanarie ontbreekt. Toegestaan: "):
        load_prompts(folder)


def test_an_unknown_name_is_told(folder: Path) -> None:
    change(folder / "antwoord.md", "$lengte", "$lengte $toon")

    with pytest.raises(SettingsError, match=r"antwoord.md: de naam \$toon is onbekend. Toegestaan: bronnen, grens, "):
        load_prompts(folder)


@pytest.mark.parametrize("wrong", ["$5 per dag", "een los $", "${grens"])
def test_a_loose_dollar_sign_is_told_with_how_to_write_it(folder: Path, wrong: str) -> None:
    change(folder / "antwoord.md", "Zo werk je:", wrong)

    with pytest.raises(SettingsError, match=r"een dollarteken staat los. Schrijf \$\$"):
        load_prompts(folder)


@pytest.mark.parametrize("heading", ["## Systeem", "## Gebruiker"])
def test_a_missing_part_is_told(folder: Path, heading: str) -> None:
    change(folder / "antwoord.md", heading, "## Iets")

    with pytest.raises(SettingsError, match=r"antwoord.md mist een deel. Zet er '## Systeem' in en daarna"):
        load_prompts(folder)


def test_a_file_that_is_no_text_is_told(folder: Path) -> None:
    (folder / "antwoord.md").write_bytes(b"\xff\xfe\x00")

    with pytest.raises(SettingsError, match=r"antwoord.md is geen UTF-8"):
        load_prompts(folder)


def test_a_file_that_is_too_large_is_told(folder: Path) -> None:
    (folder / "antwoord.md").write_bytes(b"x" * 100_001)

    with pytest.raises(SettingsError, match=r"antwoord.md is te groot"):
        load_prompts(folder)
