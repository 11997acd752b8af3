"""Which style sheets the pages use."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant import SettingsError
from integrations.http.web.themes import choose_theme


@pytest.fixture
def packages(tmp_path: Path) -> Path:
    folder = tmp_path / "thema"
    folder.mkdir()
    (folder / "theme.css").write_text("@layer x {\n.voorbeeld-theme { --basis-a: 1; }\n}", encoding="utf-8")
    (folder / "html.css").write_text(".utrecht-html p { margin: 0; }", encoding="utf-8")
    return folder


def test_without_packages_the_pages_have_their_own_style_only(tmp_path: Path) -> None:
    theme = choose_theme(None, tmp_path / "thema")

    assert theme.html_class == ""
    assert theme.own is None
    assert all(sheet.startswith("/static/css/") for sheet in theme.stylesheets)


def test_the_packages_come_between_the_tokens_and_the_pages(packages: Path) -> None:
    theme = choose_theme(None, packages)

    assert theme.html_class == "voorbeeld-theme"
    assert theme.stylesheets[:4] == (
        "/static/css/tokens.css",
        "/static/thema/theme.css",
        "/static/thema/html.css",
        "/static/css/base.css",
    )


def test_the_theme_of_a_municipality_comes_last_and_brings_its_class(packages: Path, tmp_path: Path) -> None:
    own = tmp_path / "theme.css"
    own.write_text(".waterveen-theme { --basis-a: 2; }", encoding="utf-8")

    theme = choose_theme(str(own), packages)

    assert theme.html_class == "voorbeeld-theme waterveen-theme"
    assert theme.stylesheets[-1] == "/thema.css"


def test_a_theme_without_a_class_works_too(tmp_path: Path) -> None:
    own = tmp_path / "theme.css"
    own.write_text(":root { --basis-a: 2; }", encoding="utf-8")

    assert choose_theme(str(own), tmp_path / "thema").html_class == ""


@pytest.mark.parametrize("content", [None, b"\xff\xfe\x00"])
def test_a_theme_that_cannot_be_read_is_refused(tmp_path: Path, content: bytes | None) -> None:
    own = tmp_path / "theme.css"
    if content is not None:
        own.write_bytes(content)

    with pytest.raises(SettingsError, match=r"Controleer http\.theme"):
        choose_theme(str(own), tmp_path / "thema")
