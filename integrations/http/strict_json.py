"""Request bodies as JSON without room for two readings: UTF-8, no double names, no NaN, not too deep."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from email.message import Message
from typing import Any, NoReturn, TypeVar

from pydantic import BaseModel, ValidationError
from starlette.requests import Request

from integrations.http.problems import Problem, finding, invalid

Model = TypeVar("Model", bound=BaseModel)

_JSON = "application/json"


def json_body(model: type[Model]) -> Callable[[Request], Awaitable[Model]]:
    """A dependency that gives the request's body as a `model`.

    Not FastAPI's own reading: that comes before the question who is asking, and takes NaN and double names.

    Raises:
        Problem: 415 for another content type, 400 for anything else that is wrong.
    """

    async def body(request: Request) -> Model:
        _check_type(request.headers.get("content-type"))
        contents = parsed(await request.body())
        try:
            return model.model_validate(contents)
        except ValidationError as error:
            raise invalid(
                finding(each, model) for each in error.errors()
            ) from None  # its words would repeat what was sent

    return body


def described(model: type[BaseModel]) -> dict[str, object]:
    """What the OpenAPI document says of such a body, for a route's `openapi_extra`; openapi.py adds the schema."""
    content = {_JSON: {"schema": {"$ref": f"#/components/schemas/{model.model_config['title']}"}}}
    return {"requestBody": {"required": True, "content": content}}


def _check_type(written: str | None) -> None:
    header = Message()
    header["content-type"] = written or "absent/absent"
    charset = str(header.get_param("charset", "utf-8"))
    if header.get_content_type() != _JSON or charset.lower() not in ("utf-8", "utf8"):
        raise Problem(
            415,
            "Inhoudstype niet ondersteund",
            f"Stuur de inhoud als JSON in UTF-8, met de kop Content-Type: {_JSON}",
            headers={"Accept": _JSON},
        )


def parsed(body: bytes) -> object:
    """What a body says; raises Problem 400 for what is not such JSON."""
    try:
        return json.loads(
            body.decode("utf-8"),
            object_pairs_hook=_without_doubles,
            parse_constant=_refuse_constant,
            parse_float=_finite,
        )
    except (ValueError, RecursionError):
        raise invalid([("", "De inhoud is geen geldige JSON in UTF-8.")]) from None


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise invalid([("", "Een naam staat twee keer in hetzelfde object.")])
    return members


def _refuse_constant(_: str) -> NoReturn:
    raise ValueError("JSON has no NaN and no Infinity")


def _finite(digits: str) -> float:
    number = float(digits)
    if number in (float("inf"), float("-inf")):
        raise ValueError("too large a number")
    return number
