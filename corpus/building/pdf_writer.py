"""Parts in, a PDF out, with bookmarks, a running header, page numbers and embedded fonts."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import Paragraph, SimpleDocTemplate, Table

from building.markdown_parts import Part, Run, Runs, plain
from building.wording import AUTHOR, RUNNING_HEADER


def build_pdf(parts: list[Part]) -> bytes:
    """An A4 PDF with bookmarks for its headings, a running header and page numbers."""
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
