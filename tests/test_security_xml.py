"""Documents that are XML inside fetch nothing, read no other file and do not swell."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from web_server import WebServer, running

from assistant.errors import DocumentError
from assistant.limited_load import Limits, load_limited
from assistant.loaders import load

SECRET = "het-geheim-van-de-dienst"
_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_S = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_O = "urn:oasis:names:tc:opendocument:xmlns"
_R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_P = "http://schemas.openxmlformats.org/presentationml/2006/main"
_A = "http://schemas.openxmlformats.org/drawingml/2006/main"
_RELATED = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    f'<Relationship Id="rId1" Type="{_R}/{{kind}}" Target="{{target}}"/></Relationships>'
)
_TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" '
    'ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" '
    'ContentType="application/xml"/><Override PartName="/{part}" '
    'ContentType="application/vnd.openxmlformats-officedocument.{kind}.main+xml"/></Types>'
)
_START = "De nota over wijkteams begint hier."
# Suffix → its parts; {doctype} and {text} stand where an attacker would write.
KINDS = {
    ".docx": {
        "[Content_Types].xml": _TYPES.format(part="word/document.xml", kind="wordprocessingml.document"),
        "_rels/.rels": _RELATED.format(kind="officeDocument", target="word/document.xml"),
        "word/document.xml": "{doctype}"
        f'<w:document xmlns:w="{_W}"><w:body><w:p><w:r><w:t>{_START}</w:t></w:r></w:p>'
        "<w:p><w:r><w:t>{text}</w:t></w:r></w:p></w:body></w:document>",
    },
    ".odt": {
        "mimetype": "application/vnd.oasis.opendocument.text",
        "content.xml": "{doctype}"
        f'<office:document-content xmlns:office="{_O}:office:1.0" xmlns:text="{_O}:text:1.0"><office:body>'
        f"<office:text><text:p>{_START}</text:p>"
        "<text:p>{text}</text:p></office:text></office:body></office:document-content>",
    },
    ".pptx": {
        "ppt/_rels/presentation.xml.rels": _RELATED.format(kind="slide", target="slides/slide1.xml"),
        "ppt/presentation.xml": f'<p:presentation xmlns:p="{_P}" xmlns:r="{_R}"><p:sldIdLst>'
        '<p:sldId id="256" r:id="rId1"/></p:sldIdLst></p:presentation>',
        "ppt/slides/slide1.xml": "{doctype}"
        f'<p:sld xmlns:p="{_P}" xmlns:a="{_A}"><p:cSld><p:spTree><p:sp><p:txBody><a:p><a:r><a:t>{_START}</a:t></a:r>'
        "</a:p><a:p><a:r><a:t>{text}</a:t></a:r></a:p></p:txBody></p:sp></p:spTree></p:cSld></p:sld>",
    },
    ".xlsx": {
        "[Content_Types].xml": _TYPES.format(part="xl/workbook.xml", kind="spreadsheetml.sheet"),
        "_rels/.rels": _RELATED.format(kind="officeDocument", target="xl/workbook.xml"),
        "xl/_rels/workbook.xml.rels": _RELATED.format(kind="worksheet", target="worksheets/sheet1.xml"),
        "xl/workbook.xml": f'<workbook xmlns="{_S}" xmlns:r="{_R}"><sheets>'
        '<sheet name="Blad" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/worksheets/sheet1.xml": "{doctype}"
        f'<worksheet xmlns="{_S}"><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>{_START}</t></is></c></row>'
        '<row r="2"><c r="A2" t="inlineStr"><is><t>{text}</t></is></c></row></sheetData></worksheet>',
    },
}


def document(folder: Path, suffix: str, doctype: str, text: str) -> Path:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in KINDS[suffix].items():
            archive.writestr(name, content.replace("{doctype}", doctype).replace("{text}", text))
    path = folder / f"nota{suffix}"
    path.write_bytes(packed.getvalue())
    return path


def read(path: Path) -> str:
    """The text, or the refusal."""
    try:
        return load(path).text
    except DocumentError as refused:
        return str(refused)


@pytest.fixture
def site() -> Iterator[WebServer]:
    with running() as server:
        yield server


@pytest.mark.parametrize("suffix", KINDS)
def test_an_ordinary_document_of_this_make_is_read(suffix: str, tmp_path: Path) -> None:
    text = read(document(tmp_path, suffix, "", "Het team telt 12 leden."))

    assert _START in text
    assert "Het team telt 12 leden." in text


@pytest.mark.parametrize("suffix", KINDS)
def test_a_document_cannot_quote_another_file(suffix: str, tmp_path: Path) -> None:
    (tmp_path / "geheim.txt").write_text(SECRET)
    doctype = f'<!DOCTYPE a [<!ENTITY x SYSTEM "file://{tmp_path}/geheim.txt">]>'

    assert SECRET not in read(document(tmp_path, suffix, doctype, "&x;"))


@pytest.mark.parametrize("suffix", KINDS)
@pytest.mark.parametrize(
    "doctype",
    [
        '<!DOCTYPE a SYSTEM "{url}/a.dtd">',
        '<!DOCTYPE a [<!ENTITY x SYSTEM "{url}/x">]>',
        '<!DOCTYPE a [<!ENTITY % p SYSTEM "{url}/p">%p;]>',
    ],
)
def test_a_document_fetches_nothing(suffix: str, doctype: str, site: WebServer, tmp_path: Path) -> None:
    url = site.url("", host="127.0.0.1")

    read(document(tmp_path, suffix, doctype.replace("{url}", url), "&x;" if "ENTITY x" in doctype else "Tekst."))

    assert site.asked == []


@pytest.mark.parametrize("suffix", KINDS)
def test_a_document_does_not_swell(suffix: str, tmp_path: Path) -> None:
    levels = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    bomb = document(tmp_path, suffix, f'<!DOCTYPE a [<!ENTITY l0 "wijkteam ">{levels}]>', "&l9;")

    try:
        text = load_limited(bomb, Limits(memory_bytes=1_000_000_000, cpu_seconds=30)).text
    except DocumentError as refused:
        text = str(refused)

    assert len(text) < 1_000_000
