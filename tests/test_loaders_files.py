"""Files that cannot be read are refused with their name and the next step."""

from __future__ import annotations

import io
import os
import zipfile
from pathlib import Path

import pytest

from assistant.errors import DocumentError
from assistant.loaders import SUPPORTED_SUFFIXES, load
from assistant.loaders.files import sniff

PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<<>>\nendobj\n"
HTML = b"<!DOCTYPE html>\n<html><body><p>Tekst.</p></body></html>"


OPEN_TEXT = "application/vnd.oasis.opendocument.text"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
LOCKED = OLE + bytes(500) + "EncryptedPackage".encode("utf-16-le")  # what Office makes of a file with a password


def zipped(name: str, content: bytes = b"inhoud", **others: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for other, text in others.items():
            archive.writestr(other, text)
        archive.writestr(name, content)
    return buffer.getvalue()


def bomb(name: str, **others: str) -> bytes:
    return zipped(name, bytes(60_000_000), **others)


def locked_open_document() -> bytes:
    return zipped("META-INF/manifest.xml", b"<manifest:encryption-data/>", mimetype=OPEN_TEXT)


def refusal(path: Path) -> str:
    with pytest.raises(DocumentError) as caught:
        load(path)
    return str(caught.value)


@pytest.mark.parametrize(
    ("name", "data", "expected"),
    [
        ("brief.txt", PDF, "Hernoem het naar brief.pdf"),
        ("brief.md", PDF, "een PDF-bestand"),
        ("brief.pdf", HTML, "Hernoem het naar brief.html"),
        ("brief.txt", HTML, "een HTML-pagina"),
        ("brief.pdf", b"gewone tekst", "Hernoem het naar brief.txt"),
        ("brief.html", b"gewone tekst", "Hernoem het naar brief.txt"),
        ("brief.docx", b"gewone tekst", "gewone tekst"),
        ("brief.docx", zipped("ander.xml"), "geen Word-bestand"),
        ("brief.docx", zipped("word/document.xml"), "beschadigd"),
        ("brief.docx", OLE + bytes(500), "Office-bestand"),
        ("brief.txt", zipped("word/document.xml"), "Hernoem het naar brief.docx"),
        ("brief.txt", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "binaire inhoud"),
        ("brief.txt", b"{\\rtf1 Tekst}", "RTF-bestand"),
        ("brief.txt", b"", "is leeg"),
        ("brief.pdf", b"  \n", "is leeg"),
        ("brief.txt", "\ufeff\u00a0\n".encode(), "geen leesbare tekst"),
        ("brief.md", b"<!-- niets -->\n", "geen leesbare tekst"),
        ("brief.html", b"<p> </p>", "geen leesbare tekst"),
        ("brief.pdf", PDF, "beschadigd"),
        ("brief.odt", b"tekst", "geen .odt-bestand maar gewone tekst"),
        ("brief.doc", b"tekst", ".docx, .eml, .htm, .html, .markdown, .md, .odt, .pdf, .pptx, .txt, .xlsx"),
        ("brief.docx", LOCKED, "beveiligd met een wachtwoord"),
        ("brief.xlsx", LOCKED, "beveiligd met een wachtwoord"),
        ("brief.odt", locked_open_document(), "beveiligd met een wachtwoord"),
        ("brief.docx", zipped("xl/workbook.xml"), "Hernoem het naar brief.xlsx"),
        ("brief.xlsx", zipped("xl/workbook.xml"), "beschadigd"),
        ("brief.pptx", zipped("ppt/presentation.xml"), "beschadigd"),
        ("brief.odt", zipped("content.xml", mimetype=OPEN_TEXT), "beschadigd"),
        ("brief.pptx", zipped("ander.xml"), "geen presentatie"),
        ("brief.xlsx", zipped("xl/workbook.xml")[:60], "beschadigd of geen werkblad"),
        ("brief.docx", bomb("word/document.xml"), "pakt uit tot veel meer"),
        ("brief.odt", bomb("content.xml", mimetype=OPEN_TEXT), "pakt uit tot veel meer"),
        ("brief.pptx", bomb("ppt/presentation.xml"), "pakt uit tot veel meer"),
        ("brief.xlsx", bomb("xl/workbook.xml"), "pakt uit tot veel meer"),
    ],
    ids=lambda value: value if isinstance(value, str) else "bytes",
)
def test_refusals_name_the_file_and_what_to_do(tmp_path: Path, name: str, data: bytes, expected: str) -> None:
    path = tmp_path / name
    path.write_bytes(data)

    message = refusal(path)

    assert message.startswith("brief.")
    assert expected in message
    assert message.endswith(".")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    assert "weg.txt bestaat niet" in refusal(tmp_path / "weg.txt")


def test_a_directory_is_named(tmp_path: Path) -> None:
    (tmp_path / "map.txt").mkdir()

    assert "map.txt is een map" in refusal(tmp_path / "map.txt")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_no_permission_is_named(tmp_path: Path) -> None:
    path = tmp_path / "dicht.txt"
    path.write_text("Tekst.")
    path.chmod(0)

    assert "leesrechten" in refusal(path)


def test_upper_case_extensions_are_known(tmp_path: Path) -> None:
    path = tmp_path / "STUK.TXT"
    path.write_text("Een zin.")

    assert load(path).text == "Een zin."


def test_every_supported_suffix_begins_with_a_dot() -> None:
    known = ".docx .eml .htm .html .markdown .md .odt .pdf .pptx .txt .xlsx"

    assert known.split() == list(SUPPORTED_SUFFIXES)


def test_a_text_about_pdf_is_text() -> None:
    assert sniff(b"Een PDF begint met %PDF-1.7 en dan volgt de rest.") == "text"
