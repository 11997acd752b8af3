"""The MCP server, used by the real client of the `mcp` package: over a real socket, and as a child process."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal, TypeVar

import httpx
import httpx2
import pytest
from child_process import PROGRAM, command, environment
from http_fixtures import Keys
from http_server import Served, serve
from mcp.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp.client.streamable_http import streamable_http_client
from mcp_types import CallToolResult, TextContent

from assistant import Assistant, Settings, open_records
from integrations.http import create_app

Result = TypeVar("Result")
Door = Literal["http", "stdio"]
TOOLS = ["vraag_beantwoorden", "bronnen_zoeken", "bronnen_tonen", "bron_lezen"]
LIST = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
HEADERS = {"Accept": "application/json, text/event-stream", "MCP-Protocol-Version": "2025-06-18"}


@asynccontextmanager
async def over_http(url: str, key: str) -> AsyncIterator[Client]:
    async with (
        httpx2.AsyncClient(headers={"Authorization": f"Bearer {key}"}, timeout=60) as http,
        Client(streamable_http_client(f"{url}/mcp", http_client=http)) as client,
    ):
        yield client


@asynccontextmanager
async def over_stdio(settings: Settings) -> AsyncIterator[Client]:
    started = StdioServerParameters(command=sys.executable, args=["-c", PROGRAM, "mcp"], env=environment(settings))
    async with Client(stdio_client(started)) as client:
        yield client


@pytest.fixture(params=["http", "stdio"])
def using(
    request: pytest.FixtureRequest, locked_server: Served, keys: Keys, http_settings: Settings
) -> Callable[[Callable[[Client], Awaitable[Any]]], Any]:
    """Runs a scenario with a client of each door."""

    def run(scenario: Callable[[Client], Awaitable[Result]]) -> Result:
        async def connected() -> Result:
            door = over_http(locked_server.url, keys.user) if request.param == "http" else over_stdio(http_settings)
            async with door as client:
                return await scenario(client)

        return asyncio.run(connected())

    return run


def text_of(result: CallToolResult) -> str:
    (content,) = result.content
    assert isinstance(content, TextContent)
    return content.text


def test_the_tools_tell_what_they_want_and_give(using: Callable[..., Any]) -> None:
    listed = using(lambda client: client.list_tools()).tools

    assert [tool.name for tool in listed] == TOOLS
    assert all(tool.description and tool.title and tool.annotations.read_only_hint for tool in listed)
    assert listed[0].input_schema["required"] == ["vraag"]
    assert set(listed[0].output_schema["required"]) >= {"antwoord", "citaten", "volledigheid", "waarschuwingen"}


def test_a_question_is_answered_with_citations(using: Callable[..., Any]) -> None:
    asked = {"vraag": "Hoeveel wijkteams heeft Waterveen?"}

    result = using(lambda client: client.call_tool("vraag_beantwoorden", asked))

    assert not result.is_error
    assert text_of(result).startswith("De gemeente Waterveen heeft zes wijkteams.")
    assert "\n\nBronnen:\n[1] Wijkplan Waterveen: " in text_of(result)
    given = result.structured_content
    assert given["volledigheid"] == "volledig"
    assert given["citaten"][0]["bron"]["id"] == "wijkplan"
    assert given["citaten"][0]["link"].startswith(("http://127.0.0.1", "file://"))
    assert given["gegenereerdDoorAi"] is True


def test_a_follow_up_and_filters_are_taken(using: Callable[..., Any]) -> None:
    asked = {
        "vraag": "En wie is de projectleider van het plan?",
        "geschiedenis": [{"rol": "gebruiker", "tekst": "Hoeveel wijkteams heeft Waterveen?"}],
        "filters": {"bronnen": ["wijkplan"], "statussen": ["geldig"]},
        "lengte": "kort",
    }

    result = using(lambda client: client.call_tool("vraag_beantwoorden", asked))

    assert "Saskia Bontekoe" in text_of(result)


def test_passages_are_found_and_their_source_is_read_in_parts(using: Callable[..., Any]) -> None:
    async def scenario(client: Client) -> tuple[CallToolResult, CallToolResult, CallToolResult]:
        found = await client.call_tool("bronnen_zoeken", {"vraag": "bedden in de nachtopvang", "aantal": 2})
        assert found.structured_content is not None
        source = found.structured_content["passages"][0]["bron"]["id"]
        first = await client.call_tool("bron_lezen", {"id": source, "aantal": 30})
        assert first.structured_content is not None
        rest = await client.call_tool("bron_lezen", {"id": source, "begin": first.structured_content["volgende"]})
        return found, first, rest

    found, first, rest = using(scenario)

    assert found.structured_content["passages"][0]["bron"]["id"] == "notitie"
    assert len(found.structured_content["passages"]) <= 2
    assert "veertig bedden" in text_of(found)
    assert len(text_of(first)) == 30
    assert rest.structured_content["volgende"] is None
    assert len(text_of(first) + text_of(rest)) == rest.structured_content["lengte"]
    assert "veertig bedden" in text_of(first) + text_of(rest)


def test_the_sources_are_listed(using: Callable[..., Any]) -> None:
    result = using(lambda client: client.call_tool("bronnen_tonen", {}))

    listed = {source["id"]: source["status"] for source in result.structured_content["bronnen"]}
    assert listed["wijkplan"] == "geldig"
    assert listed["oud-kader"] == "vervangen"
    assert "oud-kader: Kader Vroege Hulp · 2019-05-01 · vervangen" in text_of(result)


@pytest.mark.parametrize(
    ("tool", "arguments", "words"),
    [
        ("vraag_beantwoorden", {}, "vraag"),
        ("vraag_beantwoorden", {"vraag": "?!"}, "letter"),
        ("vraag_beantwoorden", {"vraag": "a" * 5_000}, "vraag"),
        ("vraag_beantwoorden", {"vraag": "Wat?", "geheim": 1}, "een veld dat niet bestaat"),
        ("bronnen_zoeken", {"vraag": "wijkteam", "aantal": 1_000}, "aantal"),
        ("bron_lezen", {"id": "../../etc/passwd"}, "Deze bron bestaat niet."),
        ("weg_ermee", {}, "Dit gereedschap bestaat niet."),
    ],
)
def test_a_mistake_is_told_in_dutch(
    locked_server: Served, keys: Keys, tool: str, arguments: dict[str, Any], words: str
) -> None:
    async def scenario() -> CallToolResult:
        async with over_http(locked_server.url, keys.user) as client:
            return await client.call_tool(tool, arguments)

    result = asyncio.run(scenario())

    assert result.is_error
    assert words in text_of(result)
    assert "validation error" not in text_of(result)
    assert "pydantic" not in text_of(result)


def test_without_a_key_nothing_is_told(locked_server: Served) -> None:
    refused = httpx.post(f"{locked_server.url}/mcp", json=LIST, headers=HEADERS)

    assert refused.status_code == 401
    assert refused.headers["www-authenticate"].startswith("Bearer ")
    assert refused.headers["content-type"] == "application/problem+json"


def test_a_page_of_another_site_gets_nothing(client: httpx.Client, user: httpx.Client) -> None:
    foreign = user.post("/mcp", json=LIST, headers=HEADERS | {"Origin": "https://elders.example"})
    rebound = client.post("/mcp", json=LIST, headers=HEADERS | {"Host": "elders.example"})
    own = client.post("/mcp", json=LIST, headers=HEADERS | {"Origin": str(client.base_url).rstrip("/")})

    assert (foreign.status_code, rebound.status_code, own.status_code) == (403, 421, 200)


def test_there_is_no_stream_to_open_and_no_session_to_end(user: httpx.Client) -> None:
    answers = [user.get("/mcp", headers=HEADERS), user.delete("/mcp", headers=HEADERS)]

    assert [answer.status_code for answer in answers] == [405, 405]
    assert {answer.headers["allow"] for answer in answers} == {"POST"}


@pytest.mark.parametrize("body", [b"{", b"[]", b'{"jsonrpc": "2.0"}', b'{"a": "' + b"a" * 300_000 + b'"}', b""])
def test_a_body_that_is_no_message_is_refused(user: httpx.Client, body: bytes) -> None:
    refused = user.post("/mcp", content=body, headers=HEADERS | {"Content-Type": "application/json"})

    assert refused.status_code in (400, 413)
    assert user.post("/mcp", json=LIST, headers=HEADERS).status_code == 200


def test_it_is_counted_and_limited_like_the_api(
    http_assistant: Assistant, http_settings: Settings, tmp_path: Path
) -> None:
    http = http_settings.http.model_copy(update={"requests_per_minute": 1})
    settings = replace(http_settings, http=http, data=tmp_path)
    with open_records(settings) as records, serve(create_app(http_assistant, settings, records)) as served:
        key, _ = records.keys.create("druk", "gebruiker")
        with served.client(key) as client:
            first, second = (client.post("/mcp", json=LIST, headers=HEADERS) for _ in range(2))
        with served.client() as client:
            figures = client.get("/metrics").text

    assert (first.status_code, second.status_code) == (200, 429)
    assert 'beleidswijzer_http_requests_total{method="POST",route="/mcp",status="429"} 1.0' in figures


def test_stdio_without_an_index_ends_with_the_next_step(http_settings: Settings, tmp_path: Path) -> None:
    ended = command(replace(http_settings, index=tmp_path / "nothing"), "mcp")

    assert ended.returncode == 1
    assert ended.stdout == ""
    assert "beleidswijzer index build" in ended.stderr
