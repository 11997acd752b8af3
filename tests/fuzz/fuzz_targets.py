"""What is fuzzed: each target takes any bytes, and raises when something happens that never should.

Used by `fuzz.py`, which looks for such bytes with atheris, and by test_fuzz_cases.py, which replays what was found.
"""

from __future__ import annotations

import io
import json
import tempfile
import zipfile
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path

from pydantic import BaseModel, ValidationError

from assistant import load_settings
from assistant.catalogue import parse_catalogue
from assistant.claim_stream import MAX_CHARACTERS, item_mark, written_claims
from assistant.downloading import checked_url
from assistant.errors import CatalogueError, ChatModelError, DocumentError, DownloadError, QuestionError, SettingsError
from assistant.glossary import Glossary
from assistant.grounding.markers import has_forbidden_text, markers, without_markers
from assistant.instructions import speaks_to_a_model
from assistant.language import content_tokens, detect_language
from assistant.loaders import LOADERS
from assistant.loaders.files import check_kind
from assistant.privacy.gate import PrivacyGate
from assistant.question import check_question, understand
from assistant.sentences import split_sentences
from assistant.types import Source
from integrations.http.oidc import ProviderUnreachable, TokenCheck, WrongToken
from integrations.http.openai_chat import ChatRequest, conversation
from integrations.http.problems import Problem, finding
from integrations.http.schemas import FeedbackBody, QuestionBody, SearchBody
from integrations.http.strict_json import parsed
from integrations.http.upload_form import UploadBody
from integrations.slack.markup import markdown, mentions_others, read_markdown, typed

Target = Callable[[bytes], None]
_FOLDER = Path("/nergens")


def check_source(source: Source) -> None:
    """What types.py promises of a document that was read."""
    text, place = source.text, 0
    for block in source.blocks:
        assert place <= block.begin < block.end <= len(text), "blocks are in order and inside the text"
        assert text[block.begin : block.end].strip(), "a block holds something"
        place = block.end
    assert source.pages, "there is a page"
    assert (source.pages[0].begin, source.pages[-1].end) == (0, len(text)), "pages cover the text"
    assert all(one.end == two.begin for one, two in zip(source.pages, source.pages[1:], strict=False)), "without gaps"
    source.text.encode("utf-8")  # what cannot be written cannot be indexed


def _load(suffix: str, data: bytes) -> None:
    if not data.strip():
        return  # `read_document` refuses an empty file before a loader sees it
    path = _FOLDER / f"nota{suffix}"
    with suppress(DocumentError):
        check_kind(path, data)
        check_source(LOADERS[suffix](path, data))


def markdown_document(data: bytes) -> None:
    _load(".md", data)


def text_document(data: bytes) -> None:
    _load(".txt", data)


def html_document(data: bytes) -> None:
    _load(".html", data)


def email_document(data: bytes) -> None:
    _load(".eml", data)


def pdf_document(data: bytes) -> None:
    _load(".pdf", data if data.startswith(b"%PDF-") else b"%PDF-1.7\n" + data)


def archive_document(data: bytes) -> None:
    """The first byte says which kind, the rest is the file."""
    _load((".docx", ".odt", ".pptx", ".xlsx")[data[0] % 4 if data else 0], data[1:])


_RELATED = (
    '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/{kind}" '
    'Target="{target}"/></Relationships>'
)
_TYPES = (
    '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    '<Override PartName="/{part}" ContentType="application/vnd.openxmlformats-officedocument.{kind}.main+xml"/></Types>'
)
_WORD = "wordprocessingml.document"
_PARTS: tuple[tuple[str, str, dict[str, str]], ...] = (  # suffix, the part that is fuzzed, the other parts
    (
        ".docx",
        "word/document.xml",
        {
            "[Content_Types].xml": _TYPES.format(part="word/document.xml", kind=_WORD),
            "_rels/.rels": _RELATED.format(kind="officeDocument", target="word/document.xml"),
        },
    ),
    (
        ".docx",
        "word/styles.xml",
        {
            "[Content_Types].xml": _TYPES.format(part="word/document.xml", kind=_WORD),
            "_rels/.rels": _RELATED.format(kind="officeDocument", target="word/document.xml"),
            "word/_rels/document.xml.rels": _RELATED.format(kind="styles", target="styles.xml"),
            "word/document.xml": '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">'
            "<w:body><w:p><w:r><w:t>Een nota.</w:t></w:r></w:p></w:body></w:document>",
        },
    ),
    (".odt", "content.xml", {"mimetype": "application/vnd.oasis.opendocument.text"}),
    (
        ".pptx",
        "ppt/slides/slide1.xml",
        {
            "ppt/_rels/presentation.xml.rels": _RELATED.format(kind="slide", target="slides/slide1.xml"),
            "ppt/presentation.xml": '<p:presentation xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/'
            'main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><p:sldIdLst>'
            '<p:sldId id="256" r:id="rId1"/></p:sldIdLst></p:presentation>',
        },
    ),
    (
        ".xlsx",
        "xl/worksheets/sheet1.xml",
        {
            "[Content_Types].xml": _TYPES.format(part="xl/workbook.xml", kind="spreadsheetml.sheet"),
            "_rels/.rels": _RELATED.format(kind="officeDocument", target="xl/workbook.xml"),
            "xl/_rels/workbook.xml.rels": _RELATED.format(kind="worksheet", target="worksheets/sheet1.xml"),
            "xl/workbook.xml": '<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r='
            '"http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets>'
            '<sheet name="Blad" sheetId="1" r:id="rId1"/></sheets></workbook>',
        },
    ),
)


def office_part(data: bytes) -> None:
    """The first byte says which part of which kind of document, the rest is what stands in it."""
    suffix, fuzzed, others = _PARTS[(data[0] if data else 0) % len(_PARTS)]
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in others.items():
            archive.writestr(name, content)
        archive.writestr(fuzzed, data[1:])
    _load(suffix, packed.getvalue())


def catalogue(data: bytes) -> None:
    with suppress(CatalogueError):
        parse_catalogue(data.decode("utf-8", "replace"), _FOLDER / "catalogue.yml")


def settings_file(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder, suppress(SettingsError):
        Path(folder, "beleidswijzer.toml").write_bytes(data)
        load_settings(environ={}, cwd=Path(folder))


_BODIES: tuple[type[BaseModel], ...] = (QuestionBody, SearchBody, FeedbackBody, UploadBody, ChatRequest)


def api_body(data: bytes) -> None:
    """The first byte says which body, the rest is the body as it was sent."""
    model = _BODIES[(data[0] if data else 0) % len(_BODIES)]
    try:
        sent = model.model_validate(parsed(data[1:]))
        if isinstance(sent, ChatRequest):
            conversation(sent)
    except ValidationError as error:
        told = [finding(each, model) for each in error.errors()]
        assert all(message for _, message in told), "every finding is told"
    except Problem as problem:
        json.dumps(problem.as_json())


def written_answer(data: bytes) -> None:
    """What a chat model wrote, in pieces of as many characters as the first byte says."""
    size, text = (data[0] if data else 0) % 40 + 1, data[1:].decode("utf-8", "replace")
    pieces = [text[begin : begin + size] for begin in range(0, len(text), size)]
    found = _claims(pieces)
    assert found == _claims([text]), "the pieces make no difference"
    for claim in found:
        assert claim.strip(), "a claim says something"
        item_mark(claim)
        numbers = markers(claim)
        assert all(0 <= number <= 999 for number in numbers), "a marker is a small number"
        assert not markers(without_markers(claim)) or numbers, "no marker comes into being"
        has_forbidden_text(claim)


def _claims(pieces: list[str]) -> list[str]:
    claims: list[str] = []
    with suppress(ChatModelError):
        claims.extend(each.text for each in written_claims(pieces))
    assert sum(map(len, claims)) <= 2 * MAX_CHARACTERS, "an answer has an end"
    return claims


@cache
def _glossary() -> Glossary:
    return Glossary.packaged()


@cache
def _gate() -> PrivacyGate:
    return PrivacyGate()


def question(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    with suppress(QuestionError):
        asked = check_question(text)
        understand(asked, _glossary())
        detect_language(asked)
        content_tokens(asked)
        speaks_to_a_model(asked)


def client_data(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    redacted = _gate().redacted(text)
    assert not _gate().findings(redacted), "nothing is left"


def sentences(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    place = 0
    for begin, end in split_sentences(text, 0, len(text)):
        assert place <= begin < end <= len(text), "sentences are in order"
        place = end


def slack_text(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    shown = markdown(text)
    assert "<" not in shown, "nothing of Slack's own codes gets through"
    assert read_markdown(shown) == text or "&" in text or "\\" in text, "and it can be read back"
    mentions_others(text, "U0BOT")
    typed(text, "U0BOT")


def web_address(data: bytes) -> None:
    with suppress(DownloadError):
        parts = checked_url(data.decode("utf-8", "replace"))
        assert parts.scheme in ("http", "https"), "the web only"
        assert parts.username is None, "no names"


@cache
def _tokens() -> TokenCheck:
    return TokenCheck("http://127.0.0.1:1", "beleidswijzer", cooldown_seconds=3600.0)


def token(data: bytes) -> None:
    with suppress(WrongToken, ProviderUnreachable):
        _tokens().person(data.decode("utf-8", "replace"))
        raise AssertionError("nobody signed this")


TARGETS: dict[str, Target] = {
    target.__name__: target
    for target in (
        *(markdown_document, text_document, html_document, email_document, pdf_document),
        *(archive_document, office_part, catalogue, settings_file, api_body, written_answer),
        *(question, client_data, sentences, slack_text, web_address, token),
    )
}
