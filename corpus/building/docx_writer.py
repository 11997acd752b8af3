"""Parts in, a DOCX out, with the styles of Word, core properties, a header and page numbers."""

from __future__ import annotations

import io
import zipfile
from datetime import datetime
from typing import Any

import docx
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml import OxmlElement
from docx.oxml.ns import qn

from building.markdown_parts import Part, Runs, plain
from building.wording import AUTHOR, RUNNING_HEADER

FIXED_MOMENT = datetime(2026, 11, 21, 12, 0, 0)  # any moment will do, as long as it never changes


def build_docx(parts: list[Part]) -> bytes:
    """A DOCX with Word's own heading, list and table styles, core properties, header and page numbers."""
    document = docx.Document()
    properties = document.core_properties
    properties.title, properties.author, properties.language = plain(parts[0].rows[0][0]), AUTHOR, "nl-NL"
    properties.comments = RUNNING_HEADER
    properties.created = properties.modified = FIXED_MOMENT
    document.sections[0].header.paragraphs[0].text = RUNNING_HEADER
    _add_page_number(document.sections[0].footer.paragraphs[0])
    for part in parts:
        _add_part(document, part)
    target = io.BytesIO()
    document.save(target)
    return _with_fixed_times(target.getvalue())


def _add_part(document: Any, part: Part) -> None:
    if part.kind == "table":
        table = document.add_table(rows=0, cols=len(part.rows[0]), style="Table Grid")
        for row in part.rows:
            for target, runs in zip(table.add_row().cells, row, strict=True):
                _write(target.paragraphs[0], runs)
        return
    style = {"heading": f"Heading {part.level}", "bullets": "List Bullet", "numbers": "List Number"}.get(part.kind)
    numbering = _fresh_numbering(document) if part.kind == "numbers" else None
    for row in part.rows:
        paragraph = document.add_paragraph(style=style)
        if numbering is not None:
            paragraph._p.get_or_add_pPr().get_or_add_numPr().get_or_add_numId().val = numbering
        _write(paragraph, row[0])


def _fresh_numbering(document: Any) -> int:
    # Word numbers all "List Number" paragraphs of a document as one list; each list of ours starts at 1.
    definitions = document.part.numbering_part.element
    style_number = document.styles["List Number"].element.pPr.numPr.numId.val
    number = definitions.add_num(definitions.num_having_numId(style_number).abstractNumId.val)
    number.add_lvlOverride(ilvl=0).add_startOverride(1)
    return int(number.numId)


def _write(paragraph: Any, runs: Runs) -> None:
    for run in runs:
        written = paragraph.add_run(run.text)
        written.bold = run.bold or None
        if run.link:
            _turn_into_link(paragraph, written, run.link)


def _turn_into_link(paragraph: Any, run: Any, url: str) -> None:
    # python-docx reads hyperlinks but cannot write them: https://github.com/python-openxml/python-docx/issues/74
    link = OxmlElement("w:hyperlink")
    link.set(qn("r:id"), paragraph.part.relate_to(url, RELATIONSHIP_TYPE.HYPERLINK, is_external=True))
    link.append(run._r)
    paragraph._p.append(link)


def _add_page_number(paragraph: Any) -> None:
    paragraph.add_run("Pagina ")
    page = OxmlElement("w:fldSimple")
    page.set(qn("w:instr"), "PAGE")
    paragraph._p.append(page)


def _with_fixed_times(archive: bytes) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            entry = zipfile.ZipInfo(name, date_time=FIXED_MOMENT.timetuple()[:6])
            entry.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(entry, old.read(name))
    return target.getvalue()
