"""`corpus preview`: one page that shows what the assistant would make of a document, and changes nothing."""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pytest

from assistant.cli import run
from assistant.loaders import load

ROOT = Path(__file__).parents[1]
Command = Callable[..., tuple[int, str, str]]
NOTA = """# Nota bezoek

## Termijn

Een medewerker bezoekt het gezin binnen drie werkdagen na de melding.

## Dossier

Het wijkteam bewaart het dossier vijf jaar. Bel de wethouder op 06-12345678.
"""


class Tags(HTMLParser):
    """The elements of a page, and where they would fetch something from."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.names: list[str] = []
        self.addresses: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)
        self.addresses += [value or "" for name, value in attrs if name in ("src", "href")]


@pytest.fixture
def command(
    tmp_path: Path, model_cache: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Command:
    (tmp_path / "werk").mkdir()
    monkeypatch.chdir(tmp_path / "werk")
    monkeypatch.setenv("BELEIDSWIJZER_CACHE", str(model_cache))
    monkeypatch.setenv("BELEIDSWIJZER_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("BELEIDSWIJZER_INDEX", str(tmp_path / "index"))

    def call(*arguments: str) -> tuple[int, str, str]:
        return run(arguments), *capsys.readouterr()

    return call


def test_every_page_of_a_pdf_stands_beside_its_text(command: Command, tmp_path: Path) -> None:
    file = ROOT / "corpus" / "werkgroep-sociale-impact.pdf"

    code, out, _ = command("corpus", "preview", str(file), "--uit", "voorbeeld.html")

    page, source = (tmp_path / "werk" / "voorbeeld.html").read_text(), load(file)
    assert code == 0
    assert out.endswith("De pagina staat in voorbeeld.html. Klopt alles? Typ: beleidswijzer corpus add …\n")
    found = Tags(page)
    assert found.names.count("img") == len(source.pages)
    assert [each.partition(",")[0] for each in found.addresses] == ["data:image/png;base64"] * len(source.pages)
    assert {b64decode(each.partition(",")[2])[:8] for each in found.addresses} == {b"\x89PNG\r\n\x1a\n"}
    assert "script" not in found.names
    headings = [source.text[block.begin : block.end] for block in source.blocks if block.kind == "heading"]
    assert page.count('<p class="kop">') == len(headings)
    assert not (tmp_path / "index").exists()
    assert not (tmp_path / "data").exists()


def test_a_document_without_pages_answers_the_questions_that_are_asked(command: Command, tmp_path: Path) -> None:
    (tmp_path / "nota.md").write_text(NOTA)

    code, _, err = command(
        "corpus", "preview", str(tmp_path / "nota.md"), "--vraag", "Binnen hoeveel werkdagen is het bezoek?"
    )

    page = (tmp_path / "werk" / "nota-voorbeeld.html").read_text()
    assert (code, err) == (0, "Let op: privégegevens die niet in de index komen (telefoon: 1)\n")
    assert re.findall(r"<blockquote>(.*?)<br>", page) == [
        "Een medewerker bezoekt het gezin binnen drie werkdagen na de melding."
    ]
    assert re.findall(r'<p class="passage">(.*?)</p>', page) == [
        "Passage 1, 11 woorden – Nota bezoek › Termijn",
        "Passage 2, 12 woorden – Nota bezoek › Dossier",
    ]
    assert "06-12345678" not in page


def test_without_questions_the_headings_are_asked_about(command: Command, tmp_path: Path) -> None:
    (tmp_path / "nota.md").write_text(NOTA)

    command("corpus", "preview", str(tmp_path / "nota.md"))

    page = (tmp_path / "werk" / "nota-voorbeeld.html").read_text()
    assert re.findall(r"<h3>(.*?)</h3>", page) == [
        "Wat staat er over Termijn?",
        "Wat staat er over Dossier?",
        "Waar gaat Nota bezoek over?",
    ]


def test_text_of_a_stranger_stays_text(command: Command, tmp_path: Path) -> None:
    (tmp_path / "nota.txt").write_text("Het wijkteam <script>alert(1)</script> & de gemeente helpen de gezinnen.\n")

    command("corpus", "preview", str(tmp_path / "nota.txt"))

    page = (tmp_path / "werk" / "nota-voorbeeld.html").read_text()
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; de gemeente" in page
    assert "script" not in Tags(page).names


def test_another_file_is_not_written_over(command: Command, tmp_path: Path) -> None:
    (tmp_path / "nota.md").write_text(NOTA)
    (tmp_path / "werk" / "eigen.html").write_text("<p>Eigen werk</p>")

    code, _, err = command("corpus", "preview", str(tmp_path / "nota.md"), "--uit", "eigen.html")

    assert (code, err) == (
        2,
        "eigen.html bestaat al en is geen voorbeeld. Kies een andere naam met --uit.\n",
    )
    assert (tmp_path / "werk" / "eigen.html").read_text() == "<p>Eigen werk</p>"


def test_a_document_that_cannot_be_read_gives_one_sentence(command: Command, tmp_path: Path) -> None:
    (tmp_path / "nota.pdf").write_bytes(b"%PDF-1.7\nkapot")

    code, _, err = command("corpus", "preview", str(tmp_path / "nota.pdf"))

    assert (code, err.startswith("nota.pdf "), err.count("\n")) == (1, True, 1)
    assert list((tmp_path / "werk").iterdir()) == []
