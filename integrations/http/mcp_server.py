"""The tools of mcp_tools.py on the official `mcp` package: over HTTP at /mcp, and over stdin and stdout.

The package is heavy; it is imported when the first client comes.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from importlib.metadata import version
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from pydantic import BaseModel, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from assistant import Assistant, AssistantError, Settings, open_assistant
from integrations.http.access import admit
from integrations.http.mcp_tools import TOOLS, Outcome, Tool
from integrations.http.presentation import base_of
from integrations.http.problems import Problem, finding, invalid, problem_of
from integrations.http.readable import sentence
from integrations.http.service import Service
from integrations.http.workers import Workers

if TYPE_CHECKING:
    from mcp.server.context import ServerRequestContext
    from mcp.server.lowlevel import Server
    from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
    from mcp_types import CallToolRequestParams, CallToolResult, ListToolsResult, PaginatedRequestParams

logger = logging.getLogger(__name__)

MAX_BODY_BYTES = 256 * 1024
_INSTRUCTIONS = (
    "Beantwoordt vragen over Nederlandse beleidsdocumenten met letterlijke citaten. Noem bij elke bewering de bron. "
    "Staat iets niet in de bronnen, zeg dat dan. Stuur geen gegevens van cliënten mee."
)

Run = Callable[[Callable[[], Outcome]], Awaitable[Outcome]]  # does the work beside the event loop
Base = Callable[[Any], str]  # from the HTTP request, if there is one, to the address of the service


def serve_stdio(settings: Settings) -> None:
    """Answer one program over stdin and stdout until it closes stdin; nothing else is written to stdout.

    Raises:
        AssistantError: the index or the model is missing.
    """
    import anyio
    from mcp.server.stdio import stdio_server

    assistant = open_assistant(settings)
    server = server_for(assistant, anyio.to_thread.run_sync, lambda _: "")

    async def run() -> None:
        async with stdio_server() as (incoming, outgoing):
            await server.run(incoming, outgoing, server.create_initialization_options())

    anyio.run(run)


def app_for(service: Service, workers: Workers) -> Door:
    """The application for the path /mcp; it has the same keys and limits as the API."""
    return Door(service, workers)


class Door:
    """ASGI application: streamable HTTP without sessions, so that any process can answer any request."""

    path = "/mcp"  # under which request_log.py counts

    def __init__(self, service: Service, workers: Workers) -> None:
        self._service, self._workers = service, workers
        self._opening = asyncio.Lock()
        self._manager: StreamableHTTPSessionManager | None = None
        self._running: asyncio.Task[None] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, once it is clear who sends it."""
        app: ASGIApp
        scope["route"] = self
        try:
            request = Request(scope)
            refuse_other_sites(self._service, request)
            if request.method != "POST":
                # Nothing is ever told unasked, so there is no stream to open and no session to end.
                raise Problem(405, "Methode niet toegestaan", "Gebruik POST.", headers={"Allow": "POST"})
            await run_in_threadpool(admit, self._service, request, "gebruiker")
            app = (await self._opened()).handle_request
        except Exception as error:
            app = problem_of(error, scope.get("state", {}).get("request_id")).response()
        await app(scope, receive, send)

    async def _opened(self) -> StreamableHTTPSessionManager:
        async with self._opening:
            if self._manager is None:
                manager = await run_in_threadpool(self._new_manager)
                started = asyncio.Event()
                # The package's task group must be left by the task that entered it: none of the requests.
                self._running = asyncio.create_task(_run(manager, started), name="mcp")
                await started.wait()
                self._manager = manager
            return self._manager

    def _new_manager(self) -> StreamableHTTPSessionManager:
        from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

        async def run(work: Callable[[], Outcome]) -> Outcome:
            outcome = await self._workers.run(work)
            if outcome.answer is not None:
                self._service.metrics.answered(outcome.answer)
            return outcome

        server = server_for(self._service.assistant, run, lambda request: base_of(request, self._service))
        return StreamableHTTPSessionManager(
            server, json_response=True, stateless=True, max_request_body_size=MAX_BODY_BYTES
        )


async def _run(manager: StreamableHTTPSessionManager, started: asyncio.Event) -> None:
    async with manager.run():
        started.set()
        await asyncio.Event().wait()  # until the server stops and cancels what still runs


def refuse_other_sites(service: Service, request: Request) -> None:
    """Raise Problem 403 for a request that a page of another site sent through somebody's browser."""
    own, origin = urlsplit(service.settings.http.base_url or ""), request.headers.get("origin")
    allowed = {
        f"{request.url.scheme}://{request.url.netloc}",
        f"{own.scheme}://{own.netloc}",
        *service.settings.http.origins,
    }
    if origin is not None and origin not in allowed:
        raise Problem(403, "Verzoek van een andere website", "Deze website mag de dienst niet gebruiken.")


def server_for(assistant: Assistant, run: Run, base: Base) -> Server[Any]:
    """The package's server with our tools."""
    from mcp.server.lowlevel import Server
    from mcp_types import ListToolsResult

    tools = {tool.name: tool for tool in TOOLS}
    listed = [_described(tool) for tool in TOOLS]

    async def list_tools(_: ServerRequestContext[Any], __: PaginatedRequestParams | None) -> ListToolsResult:
        return ListToolsResult(tools=listed)

    async def call_tool(context: ServerRequestContext[Any], called: CallToolRequestParams) -> CallToolResult:
        tool = tools.get(called.name)
        if tool is None:
            return _failed(f"Dit gereedschap bestaat niet. Kies uit: {', '.join(tools)}.")
        try:
            wanted = _checked(tool.wanted, called.arguments or {})
            address = base(context.request)
            return _result(await run(lambda: tool.use(assistant, wanted, address)))
        except Problem as problem:
            return _failed(sentence(problem))
        except AssistantError as error:
            return _failed(str(error))
        except Exception as error:
            logger.error("Tool %s failed: %s", tool.name, type(error).__name__)
            return _failed("Er ging iets mis. Probeer het later opnieuw.")

    return Server(
        "beleidswijzer",
        version=version("beleidswijzer"),
        title="Beleidswijzer",
        instructions=_INSTRUCTIONS,
        on_list_tools=list_tools,
        on_call_tool=call_tool,
    )


def _checked(wanted: type[BaseModel], arguments: Mapping[str, Any]) -> BaseModel:
    try:
        return wanted.model_validate(arguments)
    except ValidationError as error:
        raise invalid(
            finding(each, wanted) for each in error.errors()
        ) from None  # its own words would repeat what was sent


def _described(tool: Tool) -> Any:
    from mcp_types import Tool as McpTool
    from mcp_types import ToolAnnotations

    return McpTool(
        name=tool.name,
        title=tool.title,
        description=tool.description,
        input_schema=tool.wanted.model_json_schema(),
        output_schema=tool.given.model_json_schema(),
        annotations=ToolAnnotations(read_only_hint=True, open_world_hint=False),
    )


def _result(outcome: Outcome) -> CallToolResult:
    from mcp_types import CallToolResult, TextContent

    return CallToolResult(
        content=[TextContent(type="text", text=outcome.text)],
        structured_content=outcome.contents.model_dump(mode="json"),
    )


def _failed(words: str) -> CallToolResult:
    from mcp_types import CallToolResult, TextContent

    return CallToolResult(content=[TextContent(type="text", text=words)], is_error=True)
