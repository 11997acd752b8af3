"""What a stranger wrote commands nothing: not the terminal, not a log, not the order in which it is read."""

from __future__ import annotations

import io
import json
import logging
import re
from pathlib import Path

import pytest

from assistant.catalogue import parse_catalogue
from assistant.cli.application import run
from assistant.cli.session import Session
from assistant.errors import CatalogueError, DocumentError
from assistant.loaders import load
from assistant.wording import UNSHOWABLE, legible
from integrations.http.request_log import JsonLines

COLOUR, CLIPBOARD, EIGHT_BITS, TURNED = "\x1b[31m", "\x1b]52;c;aGFoYQ==\x07", "\x9b31m", "\u202e"
ATTACKS = (COLOUR, CLIPBOARD, EIGHT_BITS, TURNED, "\u2028", "\u2066", "\x7f", "\x00")


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_text_is_shown_without_its_orders(attack: str) -> None:
    shown = legible(f"voor{attack}na\n\ttoe")

    assert len(shown) == len(f"voor{attack}na\n\ttoe")
    assert not UNSHOWABLE.search(shown)
    assert shown.startswith("voor")
    assert shown.endswith("na\n\ttoe")


@pytest.mark.parametrize("entity", ["&#27;]52;c;aGFoYQ==&#7;", "&#x202e;", "&#27;[31m", "&#x2028;"])
def test_a_web_page_brings_no_orders_along(entity: str, tmp_path: Path) -> None:
    page = tmp_path / "nota.html"
    page.write_text(
        f"<title>No{entity}ta</title><h1>Ko{entity}p</h1><p>De kosten {entity} zijn hoog.</p><p>{entity}</p>"
    )

    source = load(page)

    assert not UNSHOWABLE.search(source.text + (source.title or ""))
    assert all(source.text[block.begin : block.end].strip() for block in source.blocks)
    assert re.search(r"De kosten .*zijn hoog\.", source.text)


@pytest.mark.parametrize("suffix", [".md", ".txt", ".eml"])
def test_a_plain_text_brings_no_orders_along(suffix: str, tmp_path: Path) -> None:
    file = tmp_path / f"nota{suffix}"
    start = "Subject: Nota\nContent-Type: text/plain; charset=utf-8\n\n" if suffix == ".eml" else ""
    file.write_text(f"{start}De kosten {TURNED}zijn\u2028 hoog{EIGHT_BITS}.\n", encoding="utf-8")

    try:
        text = load(file).text
    except DocumentError as refused:
        text = str(refused)  # taken for no text at all

    assert not UNSHOWABLE.search(text)


@pytest.mark.parametrize("field", ["title", "publisher", "licence", "url", "file"])
def test_a_catalogue_with_orders_in_it_is_refused(field: str, tmp_path: Path) -> None:
    entry = {"id": "nota", "title": "Nota", "file": "nota.md", field: f"https://a.example/{COLOUR}"}

    with pytest.raises(CatalogueError, match=rf"'{field}' heeft tekens die niet te tonen zijn") as refused:
        parse_catalogue(f"documents: {json.dumps([entry])}", tmp_path / "catalogue.yml")

    assert not UNSHOWABLE.search(str(refused.value))


def test_the_name_of_a_file_does_nothing_to_the_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "catalogue.yml").write_text("documents:\n  - {id: nota, title: Nota, file: nota.md}\n")
    (tmp_path / "nota.md").write_text("# Kop\n\nEen zin.\n")
    (tmp_path / f"a{CLIPBOARD}b{EIGHT_BITS}.md").write_text("# Kop\n\nEen zin.\n")

    code = run(["--corpus", str(tmp_path), "corpus", "check"], Session())

    shown = capsys.readouterr()
    assert code != 0
    assert not UNSHOWABLE.search(shown.out + shown.err)


@pytest.mark.parametrize("attack", [*ATTACKS, "\n", "\r\n", "\x85", "\u2029"])
def test_a_line_of_the_log_stays_one_line_and_gives_no_orders(attack: str) -> None:
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(JsonLines())
    line = f'onschuldig{attack}{{"action": "nagemaakt"}}'

    handler.handle(logging.LogRecord("uvicorn.error", logging.WARNING, "", 0, "Kop: %s", (line,), None))

    assert len(written.getvalue().splitlines()) == 1
    assert not UNSHOWABLE.search(written.getvalue())
    assert json.loads(written.getvalue())["message"] == f"Kop: {line}"
