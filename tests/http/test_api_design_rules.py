"""The NLGov REST API Design Rules 2.2 (ADR), rule by rule, on the OpenAPI document and on what the API answers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.metadata import version
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from http_server import Served

Json = dict[str, Any]
ASKED = {"vraag": "Hoeveel wijkteams heeft de gemeente Waterveen?"}
PROBLEM = "application/problem+json"
CODES_OF_IMPLEMENTATIONS = re.compile(r"python|fastapi|faiss|sqlite|rpc|php|\.json$|get[A-Z]", re.IGNORECASE)


@pytest.fixture
def document(locked_server: Served) -> Json:
    """The OpenAPI document, asked for without a key."""
    with locked_server.client() as stranger:
        response = stranger.get("/v1/openapi.json")
    assert response.status_code == 200
    found: Json = response.json()
    return found


def operations(document: Json) -> Iterator[tuple[str, str, Json]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def responses(document: Json) -> Iterator[tuple[str, Json]]:
    """Every documented response with its status."""
    for _, _, operation in operations(document):
        for status, response in operation["responses"].items():
            yield status, resolved(document, response)


def parameters(document: Json, place: str) -> list[Json]:
    return [
        parameter
        for _, _, operation in operations(document)
        for parameter in operation.get("parameters", ())
        if parameter["in"] == place
    ]


def resolved(document: Json, part: Json) -> Json:
    """What a reference refers to."""
    if "$ref" not in part:
        return part
    found: Any = document
    for step in part["$ref"].removeprefix("#/").split("/"):
        found = found[step]
    return resolved(document, found)


def nodes(part: Any) -> Iterator[Json]:
    """Every object in a document."""
    if isinstance(part, dict):
        yield part
    for child in part.values() if isinstance(part, dict) else part if isinstance(part, list) else ():
        yield from nodes(child)


# /core/doc-openapi, doc-openapi-contact, publish-openapi, doc-language


def test_the_document_is_openapi_3(document: Json) -> None:
    assert document["openapi"].startswith("3.")


def test_the_document_has_a_contact(document: Json) -> None:
    contact = document["info"]["contact"]

    assert contact["name"]
    assert contact["url"].startswith("http")
    assert "@" in contact["email"]


def test_the_document_is_open_to_everybody_and_every_page(locked_server: Served) -> None:
    with locked_server.client() as stranger:
        response = stranger.get("/v1/openapi.json", headers={"Origin": "https://elders.example"})

    assert response.status_code == 200
    assert response.headers["access-control-allow-origin"] == "*"


def test_every_operation_is_described_and_has_a_name_and_a_tag(document: Json) -> None:
    described = {tag["name"] for tag in document["tags"]}
    names = [operation["operationId"] for _, _, operation in operations(document)]

    assert len(set(names)) == len(names)
    for path, method, operation in operations(document):
        assert operation["summary"], (path, method)
        assert operation["description"], (path, method)
        assert set(operation["tags"]) <= described


def test_descriptions_are_dutch(document: Json) -> None:
    texts = [node["description"] for node in nodes(document) if isinstance(node.get("description"), str)]

    assert len(texts) > 50
    english = re.compile(r"\b(the|of the|and|with|is a|Successful|Response|Error)\b")
    assert [text for text in texts if english.search(text)] == []


# /core/uri-version, semver, version-header


def test_the_server_has_the_major_version_in_its_address(document: Json, locked_server: Served) -> None:
    (server,) = document["servers"]

    assert server["url"] == f"{locked_server.url}/v1"


def test_no_path_repeats_the_version(document: Json) -> None:
    assert [path for path in document["paths"] if re.match(r"/v\d", path)] == []


def test_the_version_is_that_of_the_package_and_semantic(document: Json) -> None:
    assert document["info"]["version"] == version("beleidswijzer")
    assert re.fullmatch(r"\d+\.\d+\.\d+", document["info"]["version"])


def test_every_response_documents_the_version_header(document: Json) -> None:
    assert [status for status, response in responses(document) if "API-Version" not in response["headers"]] == []


@pytest.mark.parametrize(
    ("method", "path", "options", "status"),
    [
        ("GET", "/v1/openapi.json", {}, 200),
        ("GET", "/v1/bronnen", {}, 200),
        ("POST", "/v1/antwoorden", {"json": ASKED}, 200),
        ("POST", "/v1/antwoorden", {"json": ASKED, "headers": {"Accept": "text/event-stream"}}, 200),
        ("POST", "/v1/antwoorden", {"json": {}}, 400),
        ("GET", "/v1/bronnen/onbekend", {}, 404),
        ("GET", "/v1/onbekend", {}, 404),
        ("PUT", "/v1/bronnen", {}, 405),
        ("GET", "/v1/bronnen", {"headers": {"Accept": "text/html"}}, 406),
        ("POST", "/v1/antwoorden", {"content": b" " * 300_000}, 413),
        ("POST", "/v1/antwoorden", {"content": b"x"}, 415),
    ],
)
def test_every_response_has_the_version_and_the_security_headers(
    user: httpx.Client, method: str, path: str, options: Json, status: int
) -> None:
    response = user.request(method, path, **options)

    # /core/transport/security-headers
    assert response.status_code == status
    assert response.headers["api-version"] == version("beleidswijzer")
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert response.headers["referrer-policy"] == "no-referrer"
    assert response.headers["strict-transport-security"].startswith("max-age=")
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["x-frame-options"] == "DENY"
    assert response.headers["content-type"]


# /core/naming-resources, naming-collections, interface-language, no-trailing-slash, path-segments-kebab-case,
# query-keys-camel-case, hide-implementation, nested-child


def test_collections_have_dutch_plural_names(document: Json) -> None:
    collections = {path.split("/")[1] for path in document["paths"]}

    assert collections == {"antwoorden", "beoordelingen", "bronnen", "taken", "zoekresultaten"}


def test_no_path_ends_in_a_slash(document: Json) -> None:
    assert [path for path in document["paths"] if path.endswith("/")] == []


def test_path_segments_are_kebab_case(document: Json) -> None:
    segments = [segment for path in document["paths"] for segment in path.strip("/").split("/")]

    assert [each for each in segments if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*|\{[a-zA-Z]+\}", each)] == []


def test_query_keys_are_camel_case(document: Json) -> None:
    keys = [parameter["name"] for parameter in parameters(document, "query")]

    assert keys == ["pagina", "aantalPerPagina"]
    assert [key for key in keys if not re.fullmatch(r"[a-z][A-Za-z0-9]*", key)] == []


def test_fields_are_camel_case(document: Json) -> None:
    fields = {name for node in nodes(document["components"]["schemas"]) for name in node.get("properties", {})}

    assert [field for field in fields if not re.fullmatch(r"[a-z][A-Za-z0-9]*", field)] == []


def test_nothing_tells_how_it_is_built(document: Json, user: httpx.Client) -> None:
    assert [path for path in document["paths"] if CODES_OF_IMPLEMENTATIONS.search(path)] == []
    assert "x-powered-by" not in user.get("/v1/bronnen").headers


def test_what_belongs_to_a_resource_is_below_it(document: Json) -> None:
    assert "/bronnen/{id}/bestand" in document["paths"]


# /core/http-methods, http-safety, http-response-code, stateless, resource-operations


def test_only_the_methods_of_the_rules_are_used(document: Json) -> None:
    assert {method for _, method, _ in operations(document)} <= {"get", "post", "put", "patch", "delete"}


def test_reading_takes_no_body(document: Json) -> None:
    assert [
        path for path, method, operation in operations(document) if method == "get" and "requestBody" in operation
    ] == []


def test_asking_again_without_the_conversation_knows_nothing_of_it(user: httpx.Client) -> None:
    user.post("/v1/antwoorden", json={"vraag": "Hoeveel bedden heeft de nachtopvang?"})

    answer = user.post("/v1/antwoorden", json={"vraag": "Hoeveel wijkteams heeft de gemeente Waterveen?"}).json()

    assert answer["begrepenAls"] is None
    assert "set-cookie" not in user.get("/v1/bronnen").headers


# /core/error-handling/*


def test_every_error_is_documented_as_problem_details(document: Json) -> None:
    errors = [(status, response) for status, response in responses(document) if status >= "400"]

    assert len(errors) > 50
    for status, response in errors:
        assert list(response["content"]) == [PROBLEM], status
        schema = resolved(document, response["content"][PROBLEM]["schema"])
        assert {"status", "title", "detail"} <= set(schema["properties"])
        assert {"status", "title", "detail"} <= set(schema["required"])


def test_wrong_input_is_400_and_never_422(document: Json) -> None:
    for path, method, operation in operations(document):
        assert "400" in operation["responses"], (path, method)
        assert "422" not in operation["responses"]
    assert "HTTPValidationError" not in document["components"]["schemas"]


def test_every_operation_documents_who_may_not_and_when_it_cannot(document: Json) -> None:
    for path, method, operation in operations(document):
        wanted = {"401", "403", "406", "429", "500", "503"}
        wanted |= {"404"} if "{" in path else set()
        wanted |= {"413", "415"} if "requestBody" in operation else set()
        assert wanted <= set(operation["responses"]), (path, method)


def test_all_wrong_fields_are_told_at_once(user: httpx.Client) -> None:
    response = user.post("/v1/zoekresultaten", json={"vraag": 1, "aantal": 0})

    assert response.headers["content-type"] == PROBLEM
    assert {error["veld"] for error in response.json()["fouten"]} == {"vraag", "aantal"}


# /core/date-time/*


def test_dates_are_dates_and_moments_are_not_called_dates(document: Json) -> None:
    formats = {
        name: {each.get("format") for each in [field, *field.get("anyOf", ())] if each.get("type") == "string"}
        for node in nodes(document["components"]["schemas"])
        for name, field in node.get("properties", {}).items()
    }

    dates = {name for name in formats if name.lower().endswith(("datum", "date"))}
    assert "publicatiedatum" in dates
    assert {name: formats[name] for name in dates if formats[name] != {"date"}} == {}
    assert formats["vanaf"] == formats["tot"] == {"date"}
    assert formats["aangemaaktOp"] == {"date-time"}


def test_moments_are_given_in_utc(user: httpx.Client) -> None:
    given = user.post("/v1/beoordelingen", json={"antwoordId": "0" * 32, "oordeel": "goed"}).json()

    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", given["aangemaaktOp"])


# /core/transport/no-sensitive-uris, tls, cors


def test_a_question_never_stands_in_an_address(document: Json) -> None:
    named = {parameter["name"] for place in ("query", "path") for parameter in parameters(document, place)}

    assert named == {"id", "pagina", "aantalPerPagina"}


def test_every_operation_asks_who_calls(document: Json) -> None:
    schemes = document["components"]["securitySchemes"]

    assert [(scheme["type"], scheme["scheme"]) for scheme in schemes.values()] == [("http", "bearer")]
    assert all(operation["security"] for _, _, operation in operations(document))


# content types


def test_bodies_and_answers_have_documented_types(document: Json) -> None:
    answers = document["paths"]["/antwoorden"]["post"]

    assert list(answers["requestBody"]["content"]) == ["application/json"]
    assert set(answers["responses"]["200"]["content"]) == {"application/json", "text/event-stream"}


def test_every_reference_in_the_document_can_be_followed(document: Json) -> None:
    references = [node for node in nodes(document) if isinstance(node.get("$ref"), str)]

    assert len(references) > 50
    for reference in references:
        resolved(document, reference)


def test_schemas_have_dutch_names_and_none_of_our_classes(document: Json) -> None:
    names = set(document["components"]["schemas"])

    assert {"Vraag", "Antwoord", "Citaat", "Bron", "Probleem"} <= names
    assert [name for name in names if re.search(r"Body|Reply|_", name)] == []


def test_an_answer_has_exactly_the_fields_that_are_documented(document: Json, user: httpx.Client) -> None:
    answer = user.post("/v1/antwoorden", json=ASKED).json()
    source = user.get("/v1/bronnen/wijkplan").json()
    schemas = document["components"]["schemas"]

    assert set(answer) == set(schemas["Antwoord"]["properties"])
    assert set(answer["citaten"][0]) == set(schemas["Citaat"]["properties"])
    assert set(answer["citaten"][0]["bron"]) == set(schemas["Bron"]["properties"])
    assert set(source) == set(schemas["BronMetTekst"]["properties"])


def test_the_address_of_the_service_comes_from_the_request(locked_server: Served) -> None:
    port = urlsplit(locked_server.url).port

    with locked_server.client() as stranger:
        document = stranger.get("/v1/openapi.json", headers={"Host": f"localhost:{port}"}).json()

    assert document["servers"][0]["url"] == f"http://localhost:{port}/v1"
