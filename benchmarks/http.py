"""Questions over HTTP from 32 clients at once beside embedding those questions alone, on 10,000 chunks; new questions.

    python -m benchmarks.http [--questions 200] [--rounds 3] [--clients 32] [--processes 2]

The server runs in a process of its own, the clients in this one. The sides take turns, so that other work on the
machine slows all of them: look at the ratio (budget: at least 80 % of what embedding alone allows, p99 at most 5 times
p50). "In process" is the assistant without HTTP. Processor time says what each question costs, whoever else is busy.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from assistant.answering import Assistant
from assistant.embeddings import open_embedder
from assistant.glossary import Glossary
from assistant.question import understand
from assistant.settings import Settings
from assistant.snapshot import Snapshot, open_current
from benchmarks.policy_rules import CITIZEN_QUESTIONS, RULES, policy_questions, policy_rules
from benchmarks.questions import OneSnapshot
from benchmarks.shared import or_skip
from integrations.http.workers import Workers

BUDGET, SPREAD = 0.8, 5.0
PROGRAM = "from assistant.cli import main; main()"
WARMING = 64


@dataclass(frozen=True)
class Round:
    """What came of a number of questions."""

    rate: float  # questions a second
    cost: float  # milliseconds of processor time a question
    times: tuple[float, ...] = ()  # of each answer
    errors: int = 0


@dataclass(frozen=True)
class Rounds:
    """The same questions over HTTP and in the ways that it is compared with."""

    served: Round
    inside: Round  # the assistant without HTTP
    together: Round  # embedding alone, where questions that wait for the model share a run
    apart: Round  # embedding alone, each question in a run of its own


class Connection:
    """One client with a connection that stays open."""

    # Not httpx: its client takes as long over a request as the server over an answer, on the same two cores.
    def __init__(self, port: int, accept: str) -> None:
        self._port, self._accept = port, accept

    async def open(self) -> None:
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)

    async def ask(self, question: str) -> bool:
        """Whether the question was answered."""
        body = json.dumps({"vraag": question}).encode()
        head = (
            f"POST /v1/antwoorden HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: {self._accept}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        self._writer.write(head.encode() + body)
        answered = await self._reader.readuntil(b"\r\n\r\n")
        content = await self._content(answered)
        return answered.startswith(b"HTTP/1.1 200 ") and b'"volledigheid"' in content

    async def _content(self, head: bytes) -> bytes:
        if length := re.search(rb"\r\ncontent-length: (\d+)", head):
            return await self._reader.readexactly(int(length[1]))
        parts = []
        while size := int(await self._reader.readline(), 16):
            parts.append(await self._reader.readexactly(size))
            await self._reader.readexactly(2)
        await self._reader.readexactly(2)
        return b"".join(parts)

    def close(self) -> None:
        self._writer.close()


def main() -> None:
    """Prints the figures; ends with 1 if a question failed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--questions", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--clients", type=int, default=32)
    parser.add_argument("--processes", type=int, help="of the server (default: what suits the machine)")
    options = parser.parse_args()
    processes = ["--processes", str(options.processes)] if options.processes else []
    or_skip(RULES, CITIZEN_QUESTIONS)
    settings = policy_rules()
    snapshot = open_current(settings.index)
    # The server remembers the vectors of questions it has seen: each round has questions of its own.
    wanted = WARMING + 2 * options.rounds * options.questions
    questions = policy_questions(snapshot, wanted)
    warming = questions[:WARMING]
    fresh = [questions[place : place + options.questions] for place in range(WARMING, wanted, options.questions)]
    print(f"{options.clients} clients, rounds of {options.questions} questions, {snapshot.store.size} chunks")
    beside = Beside(settings, snapshot)
    errors = 0
    with serving(settings, *processes) as (server, port):
        for accept, rounds in (
            ("application/json", fresh[: options.rounds]),
            ("text/event-stream", fresh[options.rounds :]),
        ):
            asyncio.run(load(port, server, warming, options.clients, accept))
            done = [
                Rounds(asyncio.run(load(port, server, some, options.clients, accept)), *beside.rounds(some))
                for some in rounds
            ]
            print_rounds(accept, done)
            errors += sum(each.served.errors for each in done)
    if errors:
        sys.exit(1)


def print_rounds(accept: str, rounds: Sequence[Rounds]) -> None:
    """The figures of one kind of answer: over HTTP, in process, embedding alone."""
    for name, some in (
        ("over HTTP", [each.served for each in rounds]),
        ("in process", [each.inside for each in rounds]),
        ("embedding alone, as many at once as in the server", [each.together for each in rounds]),
        ("embedding alone, one by one on each core", [each.apart for each in rounds]),
    ):
        rate, cost = np.median([one.rate for one in some]), np.median([one.cost for one in some])
        print(f"    {rate:5.0f} questions/s, {cost:5.1f} ms of processor time a question: {name}")
    together, apart, beside = (
        np.median([each.served.rate / getattr(each, other).rate for each in rounds])
        for other in ("together", "apart", "inside")
    )
    served = [each.served for each in rounds]
    print(
        f"{accept}: ratio {together:.2f} of embedding alone (budget {BUDGET}), {apart:.2f} of embedding one by one, "
        f"{beside:.2f} of the assistant in process"
    )
    middle, high, highest = np.percentile([time for one in served for time in one.times], (50, 95, 99)) * 1000
    errors = sum(one.errors for one in served)
    print(
        f"    p50 {middle:.0f} ms, p95 {high:.0f} ms, p99 {highest:.0f} ms: "
        f"p99 {highest / middle:.1f} times p50 (budget {SPREAD:.0f}); errors {errors} (budget 0); "
        f"load {os.getloadavg()[0]:.1f}"
    )


async def load(port: int, server: int, questions: Sequence[str], clients: int, accept: str) -> Round:
    """All questions, asked by a number of clients at once, each as soon as it has its last answer."""
    waiting = iter(questions)
    times: list[float] = []
    errors = 0

    async def client() -> None:
        nonlocal errors
        connection = Connection(port, accept)
        await connection.open()
        for question in waiting:
            started = time.perf_counter()
            errors += not await connection.ask(question)
            times.append(time.perf_counter() - started)
        connection.close()

    spent, started = _processor_seconds(server), time.perf_counter()
    await asyncio.gather(*(client() for _ in range(clients)))
    seconds = time.perf_counter() - started
    cost = 1000 * (_processor_seconds(server) - spent) / len(questions)
    return Round(len(questions) / seconds, cost, tuple(times), errors)


class Beside:
    """What the server's figures are compared with, in this process."""

    def __init__(self, settings: Settings, snapshot: Snapshot) -> None:
        self._threads = Workers().threads  # as many as the server has: on a busy machine each gets its turn
        self._glossary = Glossary.packaged()
        # Each embedder remembers its questions, so each side has one of its own.
        self._together, self._apart, within = (
            open_embedder(settings.embedding_model, settings.cache) for _ in range(3)
        )
        for embedder in (self._together, self._apart, within):
            for words in range(64):  # every length is compiled once
                embedder.embed_query("woord " * words)
        self._assistant = Assistant(OneSnapshot(snapshot), within, link=lambda *_: "")

    def rounds(self, questions: Sequence[str]) -> tuple[Round, Round, Round]:
        """The assistant without HTTP, and embedding alone in two ways."""
        texts = [understand(question, self._glossary).search_text for question in questions]
        return (
            self._round(self._assistant.ask, questions, self._threads),
            self._round(self._together.embed_query, texts, self._threads),
            self._round(self._apart.embed_query, texts, len(os.sched_getaffinity(0))),
        )

    def _round(self, work: Callable[[str], object], texts: Sequence[str], at_once: int) -> Round:
        with ThreadPoolExecutor(at_once) as threads:
            spent, started = time.process_time(), time.perf_counter()
            list(threads.map(work, texts))
            seconds = time.perf_counter() - started
        return Round(len(texts) / seconds, 1000 * (time.process_time() - spent) / len(texts))


def _processor_seconds(process: int) -> float:
    """What a process and those that it started have used so far."""
    fields = Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    own = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return own + sum(_processor_seconds(child) for child in children(process))


def children(process: int) -> list[int]:
    """The processes that a process started and that are still there."""
    listed = Path(f"/proc/{process}/task").glob("*/children")
    return [int(word) for tasks in listed for word in tasks.read_text(encoding="ascii").split()]


@contextmanager
def serving(settings: Settings, *options: str) -> Iterator[tuple[int, int]]:
    """The process and the port of a server with these settings, in a process of its own."""
    folders = {name: str(getattr(settings, name)) for name in ("corpus", "index", "cache")}
    environment = os.environ | {f"BELEIDSWIJZER_{name.upper()}": folder for name, folder in folders.items()}
    with tempfile.TemporaryDirectory() as data:
        process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, "serve", "--open", "--port", "0", *options],
            env=environment | {"BELEIDSWIJZER_DATA": data},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            assert process.stderr is not None
            told = next((line for line in process.stderr if "http://" in line), None)
            if told is None:
                sys.exit("the server did not start")
            yield process.pid, int(re.findall(r":(\d+)", told)[0])
        finally:
            process.terminate()
            process.wait(30)


if __name__ == "__main__":
    main()
