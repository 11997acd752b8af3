"""Builds the PDF and the DOCX of the starter corpus from their Markdown sources in `corpus/sources/`.

Usage: python corpus/build_documents.py [FOLDER], default this script's own folder. Two runs give the same bytes.
"""

from __future__ import annotations

import io
import sys
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal
from xml.sax.saxutils import escape, quoteattr

from markdown_it import MarkdownIt
from markdown_it.token import Token

CORPUS = Path(__file__).parent
RUNNING_HEADER = "Beleidswijzer · eigen samenvatting, geen officiële tekst"
AUTHOR = "Beleidswijzer"
FIXED_MOMENT = datetime(2026, 11, 21, 12, 0, 0)  # any moment will do, as long as it never changes


@dataclass(frozen=True)
class Run:
    """A stretch of text with one look."""

    text: str
    bold: bool = False
    link: str | None = None


Runs = tuple[Run, ...]
Kind = Literal["heading", "paragraph", "bullets", "numbers", "table"]


@dataclass(frozen=True)
class Part:
    """One block of a Markdown source: `rows` holds one row a list item or table row, else a single row."""

    kind: Kind
    rows: tuple[tuple[Runs, ...], ...]
    level: int = 0


@dataclass
class _Collector:
    kind: Kind
    rows: list[list[Runs]] = field(default_factory=list)
    level: int = 0

    def part(self) -> Part:
        return Part(self.kind, tuple(tuple(row) for row in self.rows), self.level)


_OPENERS: dict[str, Kind] = {
    "heading_open": "heading",
    "paragraph_open": "paragraph",
    "bullet_list_open": "bullets",
    "ordered_list_open": "numbers",
    "table_open": "table",
}
_ROW_OPENERS = {"list_item_open", "tr_open", "heading_open", "paragraph_open"}


def parse(markdown: str) -> Iterator[Part]:
    """Read headings, paragraphs, flat lists and tables; that is all that our sources use."""
    current: _Collector | None = None
    closer = ""
    for token in MarkdownIt("commonmark").enable("table").parse(markdown):
        if current is None and token.type in _OPENERS:
            level = int(token.tag[1]) if token.type == "heading_open" else 0
            current, closer = _Collector(_OPENERS[token.type], level=level), token.type.replace("_open", "_close")
        if current is None:
            continue
        if token.type in _ROW_OPENERS and not token.hidden:
            current.rows.append([])
        elif token.type == "inline":
            current.rows[-1].append(tuple(_runs(token.children or [])))
        elif token.type == closer:
            yield current.part()
            current = None


def _runs(tokens: list[Token]) -> Iterator[Run]:
    bold, link = False, None
    for token in tokens:
        if token.type in {"strong_open", "strong_close"}:
            bold = token.type == "strong_open"
        elif token.type in {"link_open", "link_close"}:
            link = str(token.attrs["href"]) if token.type == "link_open" else None
        elif token.content:
            yield Run(token.content, bold, link)
        elif token.type == "softbreak":
            yield Run(" ")


def plain(runs: Runs) -> str:
    """The text as a reader sees it."""
    return "".join(run.text for run in runs)


def build_pdf(parts: list[Part]) -> bytes:
    """An A4 PDF with bookmarks for its headings, a running header and page numbers."""
    from reportlab.platypus import SimpleDocTemplate

    _register_fonts()

    class Template(SimpleDocTemplate):  # type: ignore[misc]  # reportlab ships no types
        def afterFlowable(self, flowable: Any) -> None:
            level = getattr(flowable, "heading_level", 0)
            if level:
                key = f"kop-{self.seq.nextf('kop')}"
                self.canv.bookmarkPage(key)
                self.canv.addOutlineEntry(flowable.getPlainText(), key, level - 1)

    target = io.BytesIO()
    title = plain(parts[0].rows[0][0])
    margins = dict.fromkeys(("leftMargin", "rightMargin", "topMargin", "bottomMargin"), 68)
    template = Template(
        target, title=title, author=AUTHOR, subject=RUNNING_HEADER, lang="nl-NL", invariant=1, **margins
    )
    template.build(list(_flowables(parts)), onFirstPage=_decorate, onLaterPages=_decorate)
    return target.getvalue()


def _register_fonts() -> None:
    # The built-in Helvetica writes its bullet as byte 127, which readers such as pypdf do not take for a bullet;
    # Vera travels with reportlab and is embedded with a table of the characters it stands for.
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont

    pdfmetrics.registerFont(TTFont("Vera", "Vera.ttf"))
    pdfmetrics.registerFont(TTFont("VeraBd", "VeraBd.ttf"))
    pdfmetrics.registerFontFamily("Vera", normal="Vera", bold="VeraBd", italic="Vera", boldItalic="VeraBd")


def _decorate(canvas: Any, template: Any) -> None:
    width, height = template.pagesize
    canvas.saveState()
    canvas.setFont("Vera", 8)
    canvas.drawString(template.leftMargin, height - 40, RUNNING_HEADER)
    canvas.drawCentredString(width / 2, 36, f"Pagina {canvas.getPageNumber()}")
    canvas.restoreState()


def _flowables(parts: list[Part]) -> Iterator[Any]:
    from reportlab.lib.styles import ParagraphStyle
    from reportlab.platypus import Paragraph, Table

    body = ParagraphStyle("body", fontName="Vera", fontSize=9.5, leading=14, spaceAfter=7, bulletFontName="Vera")
    item = ParagraphStyle("item", body, leftIndent=20, bulletIndent=6, spaceAfter=3)
    last_item = ParagraphStyle("last item", item, spaceAfter=9)
    cell = ParagraphStyle("cell", body, fontSize=8.5, leading=12, spaceAfter=0)
    for part in parts:
        if part.kind == "table":
            cells = [[Paragraph(_markup(runs), cell) for runs in row] for row in part.rows]
            yield Table(cells, colWidths=_column_widths(len(cells[0])), repeatRows=1, style=_GRID, spaceAfter=9)
        elif part.kind == "heading":
            size = {1: 15, 2: 12}.get(part.level, 10)
            style = ParagraphStyle(
                f"kop{part.level}", body, fontName="VeraBd", fontSize=size, leading=size + 4, keepWithNext=1
            )
            heading = Paragraph(_markup(part.rows[0][0]), style)
            heading.heading_level = part.level
            yield heading
        else:
            for number, row in enumerate(part.rows, 1):
                bullet = {"bullets": "•", "numbers": f"{number}."}.get(part.kind)
                style = (last_item if number == len(part.rows) else item) if bullet else body
                yield Paragraph(_markup(row[0]), style, bulletText=bullet)


def _column_widths(columns: int) -> list[float]:
    width, first = 459.0, 0.3
    return [width * first] + [width * (1 - first) / (columns - 1)] * (columns - 1)


_GRID = [
    ("GRID", (0, 0), (-1, -1), 0.5, "#767676"),
    ("BACKGROUND", (0, 0), (-1, 0), "#e8e8e8"),
    ("VALIGN", (0, 0), (-1, -1), "TOP"),
]


def _markup(runs: Runs) -> str:
    return "".join(_tagged(run) for run in runs)


def _tagged(run: Run) -> str:
    text = escape(run.text)
    if run.link:
        text = f'<link href={quoteattr(run.link)} color="#154273">{text}</link>'
    return f"<b>{text}</b>" if run.bold else text


def build_docx(parts: list[Part]) -> bytes:
    """A DOCX with Word's own heading, list and table styles, core properties, header and page numbers."""
    import docx

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
    from docx.opc.constants import RELATIONSHIP_TYPE
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    link = OxmlElement("w:hyperlink")
    link.set(qn("r:id"), paragraph.part.relate_to(url, RELATIONSHIP_TYPE.HYPERLINK, is_external=True))
    link.append(run._r)
    paragraph._p.append(link)


def _add_page_number(paragraph: Any) -> None:
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

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


BUILDERS: dict[str, Callable[[list[Part]], bytes]] = {
    "werkgroep-sociale-impact.pdf": build_pdf,
    "toekomstscenario-kind-en-gezinsbescherming.docx": build_docx,
}


def main(folder: Path = CORPUS) -> None:
    """Write each built document into `folder`."""
    for name, build in BUILDERS.items():
        source = CORPUS / "sources" / Path(name).with_suffix(".md").name
        (folder / name).write_bytes(build(list(parse(source.read_text(encoding="utf-8")))))


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else CORPUS)
