"""Good input for each target: from here atheris starts to change things."""

from __future__ import annotations

import io
from collections.abc import Iterator

_PAGE = """<!doctype html><html lang="nl"><head><title>Nota</title><meta name="date" content="2025-03-01"></head><body>
<nav><a href="/">Begin</a></nav><main><h1>Wijkteams</h1><p>Het <b>team</b> telt 12 leden.</p><ul><li>een<ul><li>twee
</ul></ul><table><tr><th>Jaar<td>2024<tr><td colspan=2>€ 1.500</table><pre>a  b</pre>&amp;&#8364;<br>
<!-- x --></main>"""
_NOTE = """---
title: Nota
date: 2025-03-01
---
# Wijkteams

Het team telt **12** leden [^1]. Zie [de wet](https://wetten.example).

- een
  - twee
1. drie

| Jaar | Bedrag |
|---|---|
| 2024 | € 1.500 |

> Geciteerd

[^1]: Een noot.
"""
_MAIL = """From: Jan <jan@waterveen.example>
To: Team
Subject: =?utf-8?q?Besluit_caf=C3=A9?=
Date: Mon, 3 Mar 2025 10:00:00 +0100
MIME-Version: 1.0
Content-Type: multipart/alternative; boundary="b"

--b
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: quoted-printable

Het team telt 12 leden=2E
--b
Content-Type: text/html

<p>Het team telt 12 leden.</p>
--b--
"""
_CATALOGUE = """documents:
  - id: nota
    title: "Nota"
    file: nota.md
    published: 2025-03-01
    themes: [zorg, wijk]
    status: superseded
    superseded_by: nieuw
  - {id: nieuw, title: Nieuw, file: nieuw.md, supersedes: [nota]}
"""
_SETTINGS = """corpus = "documenten"
threads = 2
[http]
port = 8080
base_url = "https://beleid.example"
[slack.channels.C123]
answers = "thread"
"""
_ANSWER = """<think>Hm.</think>Het team telt 12 leden [1]. De gemeente betaalt [2, 3].

- Eerste punt. [1]
- Tweede punt [4]
"""
_WORD = """<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body><w:p><w:pPr>
<w:pStyle w:val="Heading1"/><w:numPr><w:ilvl w:val="0"/><w:numId w:val="1"/></w:numPr></w:pPr><w:r><w:t>Kop</w:t></w:r>
</w:p><w:tbl><w:tr><w:tc><w:tcPr><w:gridSpan w:val="2"/></w:tcPr><w:p><w:r><w:t>12</w:t></w:r></w:p></w:tc></w:tr>
</w:tbl></w:body></w:document>"""
_STYLES = """<w:styles xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:style
w:type="paragraph"
w:styleId="A"><w:name w:val="heading 1"/><w:basedOn w:val="A"/><w:pPr><w:outlineLvl w:val="0"/></w:pPr></w:style>
</w:styles>"""
_ODT = """<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:text=
"urn:oasis:names:tc:opendocument:xmlns:text:1.0" xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0">
<office:body><office:text><text:h text:outline-level="1">Kop</text:h><text:p>Een<text:s text:c="2"/>nota.</text:p>
<text:list><text:list-item><text:p>punt</text:p></text:list-item></text:list><table:table><table:table-row>
<table:table-cell table:number-columns-repeated="2"><text:p>1</text:p></table:table-cell></table:table-row>
</table:table></office:text></office:body></office:document-content>"""
_SLIDE = """<p:sld xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main" xmlns:a=
"http://schemas.openxmlformats.org/drawingml/2006/main"><p:cSld><p:spTree><p:sp><p:nvSpPr><p:nvPr><p:ph type="title"/>
</p:nvPr></p:nvSpPr><p:txBody><a:p><a:pPr lvl="1"/><a:r><a:t>Kop</a:t></a:r></a:p></p:txBody></p:sp></p:spTree></p:cSld>
</p:sld>"""
_SHEET = """<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row r="1">
<c r="A1" t="inlineStr"><is><t>Jaar</t></is></c><c r="B1"><v>2024</v></c></row><row r="2"><c r="B2" t="b"><v>1</v></c>
</row></sheetData><mergeCells count="1"><mergeCell ref="A1:B1"/></mergeCells></worksheet>"""
_BODY = (
    '{"vraag": "Wat doet een wijkteam?", "gesprek": [{"rol": "gebruiker", "tekst": "Hoi"}], "taal": "nl",'
    '"filters": {"themas": ["zorg"], "geldigOp": "2025-03-01"}, "lengte": "kort"}'
)
_CHAT = (
    '{"model": "beleidswijzer", "messages": [{"role": "user", "content": [{"type": "text", "text": "Wat doet dit?"}]'
    '}], "stream": true, "stream_options": {"include_usage": true}, "response_format": {"type": "text"}}'
)
_CASE = (
    "Cliënt Jan de Vries, BSN 111222333, geboren 01-02-1990, Dorpsstraat 12, 1234 AB Waterveen, 06-12345678, "
    "NL91 ABNA 0417 1643 00, jan@example.nl, kenteken 12-ABC-3: wat nu?"
)
_TEXTS = {
    "markdown_document": [_NOTE],
    "text_document": [_NOTE, "1. Kop\n\nEen zin\nop twee re-\ngels.\n\f- punt\n"],
    "html_document": [_PAGE],
    "email_document": [_MAIL],
    "office_part": ["\0" + _WORD, "\1" + _STYLES, "\2" + _ODT, "\3" + _SLIDE, "\4" + _SHEET],
    "catalogue": [_CATALOGUE],
    "settings_file": [_SETTINGS],
    "api_body": ["\0" + _BODY, "\1" + _BODY, '\2{"antwoord": "x", "oordeel": "goed"}', "\3{}", "\4" + _CHAT],
    "written_answer": ["\7" + _ANSWER],
    "question": ["Hoeveel wijkteams heeft Waterveen en wat doet een ZVH?", "What does it cost?"],
    "client_data": [_CASE, "Wat doet burgemeester Halsema?"],
    "sentences": ["Zie art. 3 lid 2. “Ja.” Dat kost € 1.500,50! (Bijv. hier.) En dan …"],
    "slack_text": ["<@U0BOT> wat zegt <#C1|kanaal> van <https://a.example|dit>? <!channel> *vet* [1] &lt;"],
    "web_address": ["https://documenten.example:8443/a%20b.pdf?x=1#p=2", "http://[::1]/", "http://jan@a.example"],
    "token": ["eyJhbGciOiJSUzI1NiIsImtpZCI6ImEifQ.eyJzdWIiOiJqYW4ifQ.AAAA"],
}


def seeds(name: str) -> Iterator[bytes]:
    """Good input for a target."""
    yield from (text.encode() for text in _TEXTS.get(name, ()))
    if name == "pdf_document":
        yield _pdf()
    if name == "archive_document":
        yield b"\0" + _docx()


def _pdf() -> bytes:
    from reportlab.pdfgen.canvas import Canvas

    written = io.BytesIO()
    canvas = Canvas(written, pageCompression=0)
    for page in ("Wijkteams", "Kosten"):
        canvas.bookmarkPage(page)
        canvas.addOutlineEntry(page, page)
        canvas.drawString(72, 720, page)
        canvas.drawString(72, 700, "Het team telt 12 leden.")
        canvas.showPage()
    canvas.save()
    return written.getvalue()


def _docx() -> bytes:
    from docx import Document

    written, document = io.BytesIO(), Document()
    document.add_heading("Wijkteams", 1)
    document.add_paragraph("Het team telt 12 leden.")
    document.save(written)
    return written.getvalue()
