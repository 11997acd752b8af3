"""The OpenAPI document of the API, as the NLGov REST API Design Rules 2.2 want it.

FastAPI makes the frame; here come the server, the contact, the errors as problem details, the version header, Dutch
names of schemas, and the bodies that strict_json.py reads.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import version
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from integrations.http.problems import PROBLEM
from integrations.http.replies import ProblemReply
from integrations.http.schemas import FeedbackBody, QuestionBody, SearchBody
from integrations.http.service import Service

VERSION = version("beleidswijzer")
Json = dict[str, Any]

_REF = "#/components/schemas/{model}"
_BODIES: tuple[type[BaseModel], ...] = (QuestionBody, SearchBody, FeedbackBody)
_ERRORS = {
    400: ("OngeldigVerzoek", "Het verzoek klopt niet; 'fouten' noemt alles wat niet klopt."),
    401: ("NietAangemeld", "Er is geen geldige sleutel of geldig token meegestuurd."),
    403: ("GeenToegang", "Dit mag niet met deze sleutel of dit token."),
    404: ("NietGevonden", "Wat gevraagd is, bestaat niet."),
    406: ("AntwoordtypeNietBeschikbaar", "Het gevraagde type (kop Accept) is er niet."),
    413: ("VerzoekTeGroot", "De inhoud van het verzoek is te groot."),
    415: ("InhoudstypeNietOndersteund", "De inhoud van het verzoek heeft een ander type dan hier kan."),
    429: ("TeVeelVerzoeken", "Er zijn te veel verzoeken met deze sleutel of dit token."),
    500: ("InterneFout", "Er ging iets mis."),
    503: ("NietBeschikbaar", "De dienst is gesloten, nog niet klaar of te druk."),
}
_ALWAYS = (400, 401, 403, 406, 429, 500, 503)
_WITH_BODY = (413, 415)
_HEADERS: Json = {
    "API-Version": {
        "description": "De volledige versie van de API.",
        "schema": {"type": "string", "examples": [VERSION]},
    },
    "Retry-After": {
        "description": "Na hoeveel seconden het weer kan.",
        "schema": {"type": "string", "pattern": "^[0-9]+$"},
    },
    "WWW-Authenticate": {"description": "Hoe aan te melden.", "schema": {"type": "string"}},
    "ETag": {"description": "Verandert als het bestand verandert.", "schema": {"type": "string"}},
    "Content-Disposition": {"description": "De naam van het bestand.", "schema": {"type": "string"}},
}
_EXTRA_HEADERS = {401: ("WWW-Authenticate",), 429: ("Retry-After",), 503: ("Retry-After",)}
_TAGS = [
    {"name": "Antwoorden", "description": "Vragen beantwoorden uit de bronnen."},
    {"name": "Zoeken", "description": "Passages zoeken zonder antwoord."},
    {"name": "Bronnen", "description": "De documenten waaruit antwoorden komen."},
    {"name": "Beoordelingen", "description": "Oordelen over antwoorden."},
    {"name": "Beheer", "description": "Bronnen toevoegen en verwijderen; alleen voor beheerders."},
]
_DESCRIPTION = (
    "Beleidswijzer beantwoordt vragen over beleidsdocumenten met citaten die te controleren zijn. "
    "Antwoorden worden door een computer gemaakt: controleer altijd de bron."
)


def api_document(app: FastAPI, service: Service) -> Json:
    """The document of an API, apart from its server: see `at_address`."""
    http = service.settings.http
    document = get_openapi(
        title="Beleidswijzer API",
        version=VERSION,
        summary="Antwoorden uit beleidsdocumenten, met citaten",
        description=_DESCRIPTION,
        license_info={"name": "EUPL-1.2", "identifier": "EUPL-1.2"},
        routes=app.routes,
        tags=_TAGS,
    )
    # Not as an argument: FastAPI would log that it cannot check the address, as we do without email-validator.
    document["info"]["contact"] = {"name": http.contact_name, "url": http.contact_url, "email": http.contact_email}
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    for left_out in ("HTTPValidationError", "ValidationError"):
        schemas.pop(left_out, None)
    schemas |= _schemas([(model, "validation") for model in _BODIES] + [(ProblemReply, "serialization")])
    components["headers"] = _HEADERS
    components["responses"] = {name: _error_response(status) for status, (name, _) in _ERRORS.items()}
    for path, operation in _operations(document):
        _complete(operation, has_id="{" in path)
    if service.is_open:
        _without_security(document)
    return _in_dutch(document)


def at_address(document: Json, address: str) -> Json:
    """The document with the server that answers it, e.g. `https://example.org/v1`."""
    return document | {"servers": [{"url": address, "description": "Deze dienst"}]}


def _operations(document: Json) -> Iterator[tuple[str, Json]]:
    for path, methods in document["paths"].items():
        for operation in methods.values():
            yield path, operation


def _complete(operation: Json, *, has_id: bool) -> None:
    """Document every error that the operation can give, and the headers that its answers have."""
    responses = operation["responses"]
    responses.pop("422", None)
    statuses = {*_ALWAYS, *(_WITH_BODY if "requestBody" in operation else ()), *((404,) if has_id else ())}
    for response in responses.values():
        headers = response.setdefault("headers", {})
        headers["API-Version"] = {"$ref": "#/components/headers/API-Version"}
    for status in sorted(statuses):
        responses.setdefault(str(status), {"$ref": f"#/components/responses/{_ERRORS[status][0]}"})
    operation["responses"] = dict(sorted(responses.items()))


def _error_response(status: int) -> Json:
    names = ("API-Version", *_EXTRA_HEADERS.get(status, ()))
    return {
        "description": _ERRORS[status][1],
        "headers": {name: {"$ref": f"#/components/headers/{name}"} for name in names},
        "content": {PROBLEM: {"schema": {"$ref": "#/components/schemas/Probleem"}}},
    }


def _schemas(models: list[tuple[type[BaseModel], Any]]) -> Json:
    _, definitions = models_json_schema(models, ref_template=_REF)
    return dict(definitions["$defs"])


def _without_security(document: Json) -> None:
    for _, operation in _operations(document):
        operation.pop("security", None)
    document["components"].pop("securitySchemes", None)


def _in_dutch(document: Json) -> Json:
    """The document with each schema under its title, which is Dutch, instead of the name of our class."""
    schemas = document["components"]["schemas"]
    names = {name: schema.get("title", name) for name, schema in schemas.items()}
    document["components"]["schemas"] = {names[name]: schema for name, schema in sorted(schemas.items())}
    references = {_REF.format(model=name): _REF.format(model=new) for name, new in names.items()}
    renamed: Json = _renamed(document, references)
    return renamed


def _renamed(part: Any, references: dict[str, str]) -> Any:
    match part:
        case {"$ref": str(reference)}:
            return {**part, "$ref": references.get(reference, reference)}
        case dict():
            return {key: _renamed(value, references) for key, value in part.items()}
        case list():
            return [_renamed(each, references) for each in part]
    return part
