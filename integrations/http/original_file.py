"""The file behind a document as a response; which file is the catalogue's word, never the client's."""

from __future__ import annotations

import stat

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.types import Receive, Scope, Send

from assistant import Assistant, Document, DocumentError
from integrations.http.content_types import preferred_type
from integrations.http.problems import Problem

CONTENT_TYPES = {
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".htm": "text/html",
    ".html": "text/html",
    ".markdown": "text/markdown",
    ".md": "text/markdown",
    ".pdf": "application/pdf",
    ".txt": "text/plain",
}
_SHOWN = {".pdf", ".txt", ".md", ".markdown"}  # a browser may open these; HTML of others would run on our address


def original_file(assistant: Assistant, document: Document, request: Request) -> Response:
    """The whole file, or 304 when the client has it already; reads the disk.

    Raises:
        Problem: the file is gone (404), or the client does not want its type (406).
    """
    suffix = document.file.suffix.lower()
    media_type = preferred_type(request, CONTENT_TYPES.get(suffix, "application/octet-stream"))
    try:
        file = assistant.file(document.id)
        found = file.stat()
    except (OSError, KeyError, DocumentError):
        raise _gone() from None
    if not stat.S_ISREG(found.st_mode):
        raise _gone()
    etag = f'"{found.st_mtime_ns:x}-{found.st_size:x}"'
    headers = {"ETag": etag, "Cache-Control": "private, no-cache"}
    if _has_already(request.headers.get("if-none-match"), etag):
        return Response(status_code=304, headers=headers)
    return _WholeFile(
        file,
        headers=headers,
        media_type=media_type,
        filename=f"{document.id}{suffix}",
        stat_result=found,
        content_disposition_type="inline" if suffix in _SHOWN else "attachment",
    )


class _WholeFile(FileResponse):
    """A file that is never sent in parts: Starlette tells a wrong part in plain text, we tell every error alike."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.headers["accept-ranges"] = "none"
        headers = [(name, value) for name, value in scope["headers"] if name != b"range"]
        await super().__call__({**scope, "headers": headers}, receive, send)


def _has_already(if_none_match: str | None, etag: str) -> bool:
    if if_none_match is None:
        return False
    known = {each.strip().removeprefix("W/") for each in if_none_match.split(",")}
    return etag in known or "*" in known


def _gone() -> Problem:
    return Problem(404, "Bestand niet gevonden", "Het bestand van deze bron is er niet meer. Vraag de beheerder.")
