"""The starter corpus keeps its form: labelled summaries with structure, a fitting catalogue, rebuildable files."""

import io
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import docx
import pytest
import yaml
from docx.text.paragraph import Paragraph
from pypdf import PdfReader
from pypdf.generic import Destination

CORPUS = Path(__file__).parents[1] / "corpus"
ENTRIES: list[dict[str, Any]] = yaml.safe_load((CORPUS / "catalogue.yml").read_text(encoding="utf-8"))["documents"]
BUILT = ("werkgroep-sociale-impact.pdf", "toekomstscenario-kind-en-gezinsbescherming.docx")
LABEL = "**Eigen samenvatting van Beleidswijzer, geen officiële tekst.**"


def markdown_of(entry: dict[str, Any]) -> str:
    name = Path(entry["file"])
    source = CORPUS / name if name.suffix == ".md" else CORPUS / "sources" / name.with_suffix(".md")
    return source.read_text(encoding="utf-8")


def build_into(folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    subprocess.run([sys.executable, str(CORPUS / "build_documents.py"), str(folder)], check=True)


def text_of(name: str, content: bytes) -> str:
    if name.endswith(".pdf"):
        return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)
    document = docx.Document(io.BytesIO(content))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    styled = (f"{style_of(paragraph)}: {paragraph.text}" for paragraph in document.paragraphs)
    return "\n".join([*styled, *cells])


def style_of(paragraph: Paragraph) -> str | None:
    return paragraph.style.name if paragraph.style else None


def test_catalogue_ids_and_files_are_unique_and_present() -> None:
    ids = [entry["id"] for entry in ENTRIES]
    files = [entry["file"] for entry in ENTRIES]

    assert len(set(ids)) == len(ids) == 9
    assert len(set(files)) == len(files)
    assert [name for name in files if not (CORPUS / name).is_file()] == []
    assert {Path(name).suffix for name in files} == {".md", ".pdf", ".docx"}


def test_supersession_is_told_from_both_sides() -> None:
    by_id = {entry["id"]: entry for entry in ENTRIES}
    old, new = by_id["kwaliteitskader-werken-aan-veiligheid"], by_id["leidraad-werken-aan-veiligheid"]

    assert old["status"] == "superseded"
    assert old["superseded_by"] == new["id"]
    assert new["supersedes"] == [old["id"]]


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry["id"])
def test_document_has_the_form_of_a_summary(entry: dict[str, Any]) -> None:
    markdown = markdown_of(entry)

    words = len(re.findall(r"\w+", re.sub(r"\]\([^)]*\)", "]", markdown)))
    assert 600 <= words <= 1500
    assert len(re.findall(r"^# ", markdown, re.M)) == 1
    assert len(re.findall(r"^## ", markdown, re.M)) >= 5
    assert len(re.findall(r"^- ", markdown, re.M)) >= 3
    assert re.search(r"^1\. ", markdown, re.M)
    assert re.search(r"^\|[-|]+\|$", markdown, re.M)


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry["id"])
def test_document_is_labelled_and_linked_at_its_top(entry: dict[str, Any]) -> None:
    top = markdown_of(entry)[:900]

    assert LABEL in top
    assert "Stand van zaken:" in top or "vervangen" in top
    assert entry["url"] is None or f"]({entry['url']})" in top
    assert "samenvatting" in entry["title"] or entry["id"] == "begrippen-en-afkortingen"
    assert entry["publisher"] == "Beleidswijzer (eigen samenvatting)"


def test_successor_of_the_kwaliteitskader_is_one_plain_sentence() -> None:
    leidraad = (CORPUS / "leidraad-werken-aan-veiligheid.md").read_text(encoding="utf-8")

    assert "De leidraad 'Werken aan veiligheid' vervangt het kwaliteitskader " in leidraad


def test_two_builds_give_the_same_bytes(tmp_path: Path) -> None:
    build_into(tmp_path / "a")
    build_into(tmp_path / "b")

    assert sorted(path.name for path in (tmp_path / "a").iterdir()) == sorted(BUILT)
    for name in BUILT:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


@pytest.mark.parametrize("name", BUILT)
def test_committed_document_says_what_its_source_says(tmp_path: Path, name: str) -> None:
    # Text, not bytes: another release of reportlab, python-docx or zlib may pack the same document differently.
    build_into(tmp_path)

    assert text_of(name, (tmp_path / name).read_bytes()) == text_of(name, (CORPUS / name).read_bytes())


def test_pdf_has_bookmarks_pages_and_title() -> None:
    reader = PdfReader(CORPUS / BUILT[0])

    assert len(reader.pages) >= 2
    assert reader.metadata is not None
    assert reader.metadata.title == "Advies van de Tijdelijke Werkgroep Sociale Impact 2020 (samenvatting)"
    top, below = reader.outline
    assert isinstance(top, Destination)
    assert top.title == reader.metadata.title
    assert isinstance(below, list)
    assert isinstance(below[0], Destination)
    assert below[0].title == "Wat was de werkgroep?"
    assert all(f"Pagina {number}" in page.extract_text() for number, page in enumerate(reader.pages, 1))


def test_docx_uses_the_styles_of_word() -> None:
    document = docx.Document(str(CORPUS / BUILT[1]))

    styles = {style_of(paragraph) for paragraph in document.paragraphs}
    assert {"Heading 1", "Heading 2", "List Bullet", "List Number"} <= styles
    assert len(document.tables) == 1
    assert document.core_properties.title == "Toekomstscenario kind- en gezinsbescherming (samenvatting)"
