"""Who asks a server what, as in real life: questions, streams, searches, pages, verdicts and uploads, with raw sockets.

In: the port and keys of a server, and questions. Out: for each request what kind it was, how long it took, and how it
ended. Not httpx: its client takes as long over a request as the server over an answer, on the same cores.
"""

from __future__ import annotations

import asyncio
import json
import random
import re
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from urllib.parse import urlencode

JSON, EVENTS, FORM = "application/json", "text/event-stream", "application/x-www-form-urlencoded"
BOUNDARY = "beleidswijzer-load-boundary"
_TASK_SECONDS = 300.0


@dataclass(frozen=True)
class Done:
    """One request that is over."""

    kind: str
    at: float  # seconds on the clock of `time.perf_counter`
    seconds: float
    error: str = ""


@dataclass(frozen=True)
class Reply:
    """What a server answered."""

    status: int
    body: bytes

    def json(self) -> dict[str, object]:
        content: dict[str, object] = json.loads(self.body)
        return content


class Connection:
    """One client with a connection that stays open, and is opened anew when the server closed it."""

    _reader: asyncio.StreamReader

    def __init__(self, port: int, key: str) -> None:
        self._port, self._key = port, key
        self._writer: asyncio.StreamWriter | None = None

    async def send(self, method: str, path: str, body: bytes = b"", kind: str = JSON, accept: str = JSON) -> Reply:
        """One request; OSError or IncompleteReadError when the connection breaks.

        As all clients do, it tries once more when a connection that was open turns out to be closed: the server lets go
        of one that says nothing for five seconds.
        """
        was_open = self._writer is not None
        try:
            return await self._send(method, path, body, kind, accept)
        except (ConnectionError, asyncio.IncompleteReadError) as broken:
            self.close()
            if not was_open or (isinstance(broken, asyncio.IncompleteReadError) and broken.partial):
                raise
        return await self._send(method, path, body, kind, accept)

    async def _send(self, method: str, path: str, body: bytes, kind: str, accept: str) -> Reply:
        if self._writer is None or self._reader.at_eof():
            self.close()
            self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)
        typed = f"Content-Type: {kind}\r\nContent-Length: {len(body)}\r\n" if method != "GET" else ""
        head = (
            f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {self._key}\r\n"
            f"Accept: {accept}\r\n{typed}\r\n"
        )
        self._writer.write(head.encode() + body)
        answered = await self._reader.readuntil(b"\r\n\r\n")
        content = await self._content(answered)
        if b"\r\nconnection: close" in answered.lower():
            self.close()
        return Reply(int(answered[9:12]), content)

    async def _content(self, head: bytes) -> bytes:
        if length := re.search(rb"\r\ncontent-length: (\d+)", head, re.IGNORECASE):
            return await self._reader.readexactly(int(length[1]))
        parts = []
        while size := int(await self._reader.readline(), 16):
            parts.append(await self._reader.readexactly(size))
            await self._reader.readexactly(2)
        await self._reader.readexactly(2)
        return b"".join(parts)

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()
            self._writer = None


@dataclass
class Visitors:
    """What everybody who asks shares: the questions, the ids of answers, and what is known of the documents."""

    port: int
    user_key: str
    maintainer_key: str
    questions: Iterator[str]
    chance: random.Random = field(default_factory=lambda: random.Random(3))
    answers: list[str] = field(default_factory=list)
    documents: list[str] = field(default_factory=list)
    done: list[Done] = field(default_factory=list)
    uploads: int = 0

    @classmethod
    def of(cls, port: int, keys: tuple[str, str], questions: Sequence[str]) -> Visitors:
        """Visitors of one server, with a user's and a maintainer's key, who ask these questions in ever other words."""
        return cls(port, *keys, _ever_new(questions))


def _ever_new(questions: Sequence[str]) -> Iterator[str]:
    """The questions again and again, each time with other words in front: the server remembers what it embedded."""
    for turn in count():
        for question in questions:
            yield f"Vraag {turn}: {question}" if turn else question


Kind = Callable[[Visitors, Connection], Awaitable[str]]  # returns what went wrong, if anything


async def ask(visitors: Visitors, connection: Connection) -> str:
    """A program that asks for a whole answer."""
    reply = await _question(visitors, connection, JSON)
    if reply.status == 200:
        visitors.answers[:] = [*visitors.answers[-50:], str(reply.json()["id"])]
    return _wrong(reply, 200, b'"volledigheid"')


async def stream(visitors: Visitors, connection: Connection) -> str:
    """The web page, which shows the answer as it comes."""
    return _wrong(await _question(visitors, connection, EVENTS), 200, b"event: klaar")


async def chat(visitors: Visitors, connection: Connection) -> str:
    """A chat program that speaks as OpenAI's do."""
    messages = [{"role": "user", "content": next(visitors.questions)}]
    body = json.dumps({"model": "beleidswijzer", "stream": True, "messages": messages}).encode()
    reply = await connection.send("POST", "/openai/v1/chat/completions", body, accept=EVENTS)
    return _wrong(reply, 200, b"data: [DONE]")


async def search(visitors: Visitors, connection: Connection) -> str:
    """A search for passages."""
    body = json.dumps({"vraag": next(visitors.questions)}).encode()
    return _wrong(await connection.send("POST", "/v1/zoekresultaten", body), 200, b'"zoekresultaten"')


async def page(visitors: Visitors, connection: Connection) -> str:
    """A visitor without JavaScript: the form, and a page as the answer."""
    body = urlencode({"vraag": next(visitors.questions)}).encode()
    return _wrong(await connection.send("POST", "/vraag", body, FORM, "text/html"), 200, b"</html>")


async def source(visitors: Visitors, connection: Connection) -> str:
    """The page of a source."""
    if not visitors.documents:
        reply = await connection.send("GET", "/v1/bronnen")
        if reply.status != 200:
            return _wrong(reply, 200, b"")
        visitors.documents = re.findall(r'"id": ?"([^"]+)"', reply.body.decode())
    document = visitors.chance.choice(visitors.documents)
    return _wrong(await connection.send("GET", f"/bronnen/{document}", accept="text/html"), 200, b"</html>")


async def verdict(visitors: Visitors, connection: Connection) -> str:
    """What a reader thinks of an answer."""
    answer = visitors.chance.choice(visitors.answers or ["0" * 32])
    body = json.dumps({"antwoordId": answer, "oordeel": "goed"}).encode()
    return _wrong(await connection.send("POST", "/v1/beoordelingen", body), 201, b'"id"')


async def upload(visitors: Visitors, connection: Connection) -> str:
    """A maintainer who adds a document, waits until it can be found, and takes it away again."""
    visitors.uploads += 1
    name = f"proefdocument {time.time_ns()}"
    text = f"# {name}\n\nDe proef met nummer {visitors.uploads} duurt {visitors.uploads % 90 + 2} weken.\n"
    sent = await connection.send("POST", "/v1/bronnen", _form(name, text), f"multipart/form-data; boundary={BOUNDARY}")
    if sent.status != 202:
        return _wrong(sent, 202, b"")
    document, error = await _task(connection, sent)
    if error:
        return error
    return (await _task(connection, await connection.send("DELETE", f"/v1/bronnen/{document}")))[1]


async def _task(connection: Connection, accepted: Reply) -> tuple[str, str]:
    """The document of a task that was done, and what went wrong."""
    if accepted.status != 202:
        return "", _wrong(accepted, 202, b"")
    until = time.monotonic() + _TASK_SECONDS
    while time.monotonic() < until:
        state = (await connection.send("GET", f"/v1/taken/{accepted.json()['id']}")).json()
        if state["stand"] in ("klaar", "mislukt"):
            return str(state["bron"]), "" if state["stand"] == "klaar" else f"task: {state['melding']}"
        await asyncio.sleep(0.5)
    return "", f"task not done in {_TASK_SECONDS:.0f} s"


async def _question(visitors: Visitors, connection: Connection, accept: str) -> Reply:
    body = json.dumps({"vraag": next(visitors.questions)}).encode()
    return await connection.send("POST", "/v1/antwoorden", body, accept=accept)


def _form(title: str, text: str) -> bytes:
    parts = (
        f'Content-Disposition: form-data; name="titel"\r\n\r\n{title}',
        f'Content-Disposition: form-data; name="bestand"; filename="{title.replace(" ", "-")}.md"\r\n'
        f"Content-Type: text/markdown\r\n\r\n{text}",
    )
    return "".join(f"--{BOUNDARY}\r\n{part}\r\n" for part in parts).encode() + f"--{BOUNDARY}--\r\n".encode()


def _wrong(reply: Reply, status: int, content: bytes) -> str:
    if reply.status != status:
        return f"status {reply.status}"
    return "" if content in reply.body else "incomplete"


# How often each kind comes, of all requests.
MIX: dict[str, tuple[int, Kind]] = {
    "API, whole answer": (30, ask),
    "API, stream": (30, stream),
    "OpenAI chat": (6, chat),
    "search": (12, search),
    "web page, question": (10, page),
    "web page, source": (6, source),
    "verdict": (6, verdict),
}


async def visit(visitors: Visitors, clients: int, seconds: float, pause: float = 0.0) -> None:
    """Let a number of clients ask for a while, each as soon as it has its last answer and has paused.

    Args:
        pause: mean number of seconds between an answer and the next request.
    """
    until = time.perf_counter() + seconds
    weights = [weight for weight, _ in MIX.values()]

    async def client() -> None:
        connection = Connection(visitors.port, visitors.user_key)
        while time.perf_counter() < until:
            name = visitors.chance.choices(list(MIX), weights)[0]
            await timed(visitors, connection, name, MIX[name][1])
            if pause:
                await asyncio.sleep(visitors.chance.expovariate(1 / pause))
        connection.close()

    async def maintainer() -> None:
        connection = Connection(visitors.port, visitors.maintainer_key)
        while time.perf_counter() < until:
            await timed(visitors, connection, "upload to findable to gone", upload)
            await asyncio.sleep(2.0)
        connection.close()

    await asyncio.gather(maintainer(), *(client() for _ in range(clients)))


async def timed(visitors: Visitors, connection: Connection, name: str, kind: Kind) -> None:
    """Do one request and note how it went."""
    started = time.perf_counter()
    try:
        error = await kind(visitors, connection)
    except (OSError, asyncio.IncompleteReadError, ValueError, KeyError) as broken:
        connection.close()
        error = type(broken).__name__
    ended = time.perf_counter()
    visitors.done.append(Done(name, ended, ended - started, error))
