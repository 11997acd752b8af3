"""Errors of the API as problem details (RFC 9457), in Dutch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from starlette.responses import JSONResponse

PROBLEM = "application/problem+json"


class Problem(Exception):
    """An error that the client is told about; never holds the question or anything personal."""

    def __init__(
        self,
        status: int,
        title: str,
        detail: str,
        errors: Sequence[Mapping[str, str]] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(title)
        self.status, self.title, self.detail = status, title, detail
        self.errors, self.headers = tuple(errors), dict(headers or {})

    def response(self) -> JSONResponse:
        """The problem as a response; `fouten` names each wrong field."""
        content: dict[str, object] = {"status": self.status, "title": self.title, "detail": self.detail}
        if self.errors:
            content["fouten"] = list(self.errors)
        return JSONResponse(content, self.status, self.headers, media_type=PROBLEM)
