"""Errors of the API as problem details (RFC 9457), in Dutch."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, get_args

from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from assistant import ModelError, QuestionError, RecordsError, SnapshotError, UsageError, finding_words

logger = logging.getLogger(__name__)

PROBLEM = "application/problem+json"
NO_RECORDS = "De gegevens van deze dienst zijn even niet te lezen. Probeer het zo meteen opnieuw."
_RETRY_SECONDS = "5"
_WORDS = {
    400: ("Ongeldig verzoek", "Het verzoek is niet juist opgebouwd. Controleer het met de beschrijving van de API."),
    404: ("Niet gevonden", "Dit adres bestaat niet. Controleer het pad."),
    405: (
        "Methode niet toegestaan",
        "Dit adres kent deze methode niet. De kop Allow noemt de methoden die wel kunnen.",
    ),
    413: ("Verzoek te groot", "De inhoud van het verzoek is te groot. Maak die kleiner."),
    500: ("Interne fout", "Er ging iets mis. Probeer het later opnieuw."),
}


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

    def as_json(self) -> dict[str, object]:
        """The problem's members; `fouten` names each wrong field."""
        members: dict[str, object] = {"status": self.status, "title": self.title, "detail": self.detail}
        if self.errors:
            members["fouten"] = list(self.errors)
        return members

    def response(self) -> JSONResponse:
        """The problem as a response."""
        return JSONResponse(self.as_json(), self.status, self.headers, media_type=PROBLEM)


def invalid(errors: Iterable[tuple[str, str]]) -> Problem:
    """All that is wrong with the input, as pairs of a field and what is wrong with it; a pair is told once."""
    told = [{"veld": field, "melding": message} for field, message in dict.fromkeys(errors)]
    return Problem(400, "Ongeldige invoer", "De invoer klopt niet. Verbeter wat bij 'fouten' staat.", told)


def problem_of(error: Exception, request_id: str | None = None) -> Problem:
    """How any error is told to the client; what we did not foresee is logged and told without details.

    Args:
        request_id: lets the maintainers find an unforeseen error in the log.
    """
    match error:
        case Problem():
            return error
        case RequestValidationError() | UsageError():
            return _wrong_input(error)
        case SnapshotError() | ModelError():
            logger.error("Cannot answer: %s", type(error).__name__)
            detail = "De bronnen zijn nu niet te doorzoeken. Probeer het later opnieuw."
            return Problem(503, "Niet beschikbaar", detail, headers={"Retry-After": _RETRY_SECONDS})
        case RecordsError():
            logger.error("Cannot read or keep: %s", error)  # our own sentence, which holds nothing of the request
            return Problem(503, "Tijdelijk niet beschikbaar", NO_RECORDS, headers={"Retry-After": _RETRY_SECONDS})
        case HTTPException():
            title, detail = _WORDS.get(error.status_code, (HTTPStatus(error.status_code).phrase, _WORDS[400][1]))
            return Problem(error.status_code, title, detail, headers=error.headers)
    # Without the message: a library may have put the question in it.
    logger.error("Failed: %s at %s", type(error).__name__, place_of(error))
    title, detail = _WORDS[500]
    return Problem(500, title, f"{detail} (verzoek {request_id})" if request_id else detail)


def _wrong_input(error: RequestValidationError | UsageError) -> Problem:
    match error:
        case RequestValidationError():
            # FastAPI puts in front where the value stood: path, query, header.
            return invalid(finding({**each, "loc": each["loc"][1:]}) for each in error.errors())
        case QuestionError():
            return invalid([("vraag", str(error))])
    return Problem(400, "Ongeldige invoer", str(error))


def respond(request: Request, error: Exception) -> Response:
    """An exception handler for every kind of error."""
    return problem_of(error, getattr(request.state, "request_id", None)).response()


def finding(found: Mapping[str, Any], model: type[BaseModel] | None = None) -> tuple[str, str]:
    """What pydantic found in a `model`, as the field and what is wrong with it; a made-up name is not repeated."""
    place = tuple(str(part) for part in found["loc"])
    if found["type"] == "extra_forbidden":
        known = f" Toegestaan: {', '.join(_names(model, place[:-1]))}." if model else ""
        return ".".join(place[:-1]), f"Hier staat een veld dat niet bestaat.{known}"
    message = finding_words({**found, "loc": place}, ())
    return ".".join(place), message[:1].upper() + message[1:]


def _names(model: type[BaseModel], place: Sequence[str]) -> list[str]:
    """The fields that may stand at a place in a model."""
    for name in place:
        field = next((each for each in model.model_fields.values() if each.alias == name), model.model_fields.get(name))
        kinds = [field.annotation, *get_args(field.annotation)] if field else []
        model = next((kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel)), model)
    return [field.alias or name for name, field in model.model_fields.items()]


def place_of(error: Exception) -> str:
    """The line of code that an error came from."""
    step = error.__traceback__
    while step is not None and step.tb_next is not None:
        step = step.tb_next
    return f"{step.tb_frame.f_globals.get('__name__')}:{step.tb_lineno}" if step else "?"
