"""A server under a mix of real work, beside embedding alone; with what it uses, and what its time goes to.

    python -m benchmarks load [--seconds 60] [--clients 32] [--processes 2] [--pause 0] [--slack 2] [--no-profile]

Programs, chat programs, the web page, verdicts, a maintainer who uploads, and people on Slack (tests/slack, over HTTP)
ask a server in processes of its own, on 10,000 chunks. Embedding alone is measured just before and just after: look at
ratios. The profile needs py-spy. Ends with 1 if a request failed.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from assistant.embeddings import open_embedder
from assistant.settings import Settings
from assistant.snapshot import open_current
from benchmarks.http import children
from benchmarks.policy_rules import CITIZEN_QUESTIONS, RULES, policy_questions, policy_rules
from benchmarks.service import ROOT, Service, Use, serving, watched
from benchmarks.shared import or_skip
from benchmarks.traffic import Done, Visitors, visit

if TYPE_CHECKING:
    from slack.fake_slack import FakeSlack

QUESTIONS = 600
_REFERENCE_QUESTIONS = 100
_WARMING_SECONDS = 8.0
_PROFILE_SECONDS = 40
_TOGETHER = 32  # questions that are embedded at the same time
_SLACK_PAUSE = 2.0
# Where threads wait; on a busy machine py-spy takes some of them for threads that work.
_WAITING = (
    "_worker (concurrent/",
    "Condition.wait (",
    "Event.wait (",
    "EpollSelector.select (",
    "_stop_without_parent (",
)


@dataclass(frozen=True)
class Reference:
    """Questions a second that embedding alone allows: many at once, and one by one on each core."""

    together: float
    apart: float


@dataclass(frozen=True)
class Measured:
    """One measurement."""

    done: Sequence[Done]
    uses: Sequence[Use]
    began: float
    ended: float


def main() -> None:
    """Prints the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60)
    arguments(parser, clients=32, pause=0.0)
    parser.add_argument("--no-profile", action="store_true")
    options = parser.parse_args()
    settings, questions, embedding = prepared()
    before = embedding.measure()
    with server(settings, options.processes, options.slack) as (service, slack):
        visitors = Visitors.of(service.port, service.keys, questions)
        asyncio.run(visit(visitors, 8, _WARMING_SECONDS))
        visitors.done.clear()
        with profiled(service.process, min(_PROFILE_SECONDS, options.seconds), options.no_profile) as samples:
            measured = measure(service, visitors, slack, options)
    after = embedding.measure()
    show(measured, options.clients)
    show_reference(measured, before, after)
    show_use(measured)
    show_profile(samples)
    if any(each.error for each in measured.done):
        sys.exit(1)


def arguments(parser: argparse.ArgumentParser, clients: int, pause: float) -> None:
    """What load and soak can both be told."""
    parser.add_argument("--clients", type=int, default=clients)
    parser.add_argument(
        "--pause", type=float, default=pause, help="mean seconds between an answer and the next request"
    )
    parser.add_argument("--processes", type=int, help="of the server (default: what suits the machine)")
    parser.add_argument("--slack", type=int, default=2, help="people who ask on Slack")


class Embedding:
    """The reference: the same model, in this process, while the server has nothing to do."""

    def __init__(self, settings: Settings, questions: Sequence[str]) -> None:
        self._embedder = open_embedder(settings.embedding_model, settings.cache)
        self._questions = list(questions)
        for words in range(64):
            self._embedder.embed_query("woord " * words)

    def measure(self) -> Reference:
        """Both rates, each with questions that were not embedded before."""
        return Reference(self._rate(_TOGETHER), self._rate(len(os.sched_getaffinity(0))))

    def _rate(self, threads: int) -> float:
        some = [self._questions.pop() for _ in range(_REFERENCE_QUESTIONS)]
        with ThreadPoolExecutor(threads) as pool:
            started = time.perf_counter()
            list(pool.map(self._embedder.embed_query, some))
            return len(some) / (time.perf_counter() - started)


def prepared() -> tuple[Settings, list[str], Embedding]:
    """An index of 10,000 chunks, questions about it, and the reference with questions of its own."""
    or_skip(RULES, CITIZEN_QUESTIONS)
    settings = policy_rules()
    apart = 4 * _REFERENCE_QUESTIONS
    questions = policy_questions(open_current(settings.index), QUESTIONS + apart)
    return settings, questions[apart:], Embedding(settings, questions[:apart])


@contextmanager
def server(settings: Settings, processes: int | None, slack_people: int) -> Iterator[tuple[Service, FakeSlack | None]]:
    """A server, and the Slack that its bot is on."""
    if not slack_people:
        with serving(settings, processes) as service:
            yield service, None
        return
    sys.path.insert(0, str(ROOT / "tests"))  # where the local Slack is
    from slack.fake_slack import FakeSlack

    with FakeSlack() as slack:
        for number in range(slack_people):
            slack.add_channel(f"C{number}", members=[f"U{number}"])
        secrets = {"SLACK_BOT_TOKEN": slack.bot_token, "SLACK_SIGNING_SECRET": slack.signing_secret}
        with serving(settings, processes, slack.api_url, secrets) as service:
            slack.use_http(f"http://127.0.0.1:{service.port}/slack/events")
            yield service, slack


def measure(
    service: Service, visitors: Visitors, slack: FakeSlack | None, options: argparse.Namespace, every: float = 1.0
) -> Measured:
    """Let everybody ask for `options.seconds`, and watch the server meanwhile."""
    began = time.perf_counter()
    with watched(service.process, every) as uses, on_slack(visitors, slack, options.slack):
        asyncio.run(visit(visitors, options.clients, options.seconds, options.pause))
        ended = time.perf_counter()
    return Measured(tuple(visitors.done), tuple(uses), began, ended)


@contextmanager
def on_slack(visitors: Visitors, slack: FakeSlack | None, people: int) -> Iterator[None]:
    """People who ask on Slack until the block ends, each in a channel of their own."""
    if slack is None:
        yield
        return
    is_over = threading.Event()
    threads = [threading.Thread(target=_ask_on_slack, args=(visitors, slack, n, is_over)) for n in range(people)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        is_over.set()
        for thread in threads:
            thread.join()


def _ask_on_slack(visitors: Visitors, slack: FakeSlack, number: int, is_over: threading.Event) -> None:
    from slack.bot_parts import is_done

    while not is_over.is_set():
        started = time.perf_counter()
        asked = slack.say(f"U{number}", f"C{number}", f"{slack.mention} {next(visitors.questions)}")
        until = started + 60.0
        while not any(map(is_done, slack.thread(asked.channel, asked.ts)[1:])) and time.perf_counter() < until:
            time.sleep(0.05)
        ended = time.perf_counter()
        replies = len(slack.thread(asked.channel, asked.ts)) - 1
        error = "" if ended < until and replies == 1 else f"{replies} replies"
        visitors.done.append(Done("Slack, whole answer", ended, ended - started, error))
        is_over.wait(_SLACK_PAUSE)


def show(measured: Measured, clients: int) -> None:
    """A line for each kind of request."""
    seconds = measured.ended - measured.began
    kinds: dict[str, list[Done]] = defaultdict(list)
    for each in measured.done:
        kinds[each.kind].append(each)
    print(f"\n{clients} clients, {seconds:.0f} s, load of the machine {os.getloadavg()[0]:.1f}")
    print("    kind                          number    a second   p50 ms   p95 ms   p99 ms   p99/p50  errors")
    for kind, some in sorted(kinds.items(), key=lambda pair: -len(pair[1])):
        middle, high, highest = np.percentile([1000 * each.seconds for each in some], (50, 95, 99))
        errors = sum(bool(each.error) for each in some)
        print(
            f"    {kind:28} {len(some):7} {len(some) / seconds:10.2f} {middle:9.0f} {high:8.0f} {highest:8.0f} "
            f"{highest / middle:8.1f} {errors:7}"
        )
    for (kind, error), count in Counter((each.kind, each.error) for each in measured.done if each.error).most_common():
        print(f"    {count} times in {kind}: {error}")


_EMBEDDED = {"API, whole answer", "API, stream", "OpenAI chat", "search", "web page, question", "Slack, whole answer"}


def show_reference(measured: Measured, before: Reference, after: Reference) -> None:
    """Questions of every kind a second, beside embedding alone."""
    asked = sum(each.kind in _EMBEDDED for each in measured.done)
    rate = asked / (measured.ended - measured.began)
    processor = (measured.uses[-1].processor - measured.uses[0].processor) if measured.uses else 0.0
    spent = measured.uses[-1].at - measured.uses[0].at if measured.uses else 1.0
    for name, alone in (
        ("many at once", (before.together + after.together) / 2),
        ("one by one on each core", (before.apart + after.apart) / 2),
    ):
        print(f"{rate:.1f} questions a second; embedding alone, {name}: {alone:.1f}; ratio {rate / alone:.2f}")
    each = 1000 * processor / max(1.0, rate * spent)
    print(f"processor time of the server: {processor / spent:.2f} cores, {each:.1f} ms a question with all other work")


def show_use(measured: Measured) -> None:
    """Memory, file descriptors and threads, at the beginning, at most and at the end."""
    for name, values in (
        ("memory (PSS), MiB", [use.memory for use in measured.uses]),
        ("file descriptors", [use.descriptors for use in measured.uses]),
        ("threads", [use.threads for use in measured.uses]),
    ):
        print(f"{name:20} first {values[0]:.0f}, most {max(values):.0f}, last {values[-1]:.0f}")


@contextmanager
def profiled(process: int, seconds: float, is_off: bool) -> Iterator[list[tuple[list[str], int]]]:
    """What one of the server's processes was doing, again and again: (calls, outermost first; how many times)."""
    samples: list[tuple[list[str], int]] = []
    program = Path(sys.executable).with_name("py-spy")
    if is_off or not program.exists():
        yield samples
        return
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "samples"
        watching = [children(process)[0] if children(process) else process]
        command = [str(program), "record", "-p", str(watching[0]), "-d", f"{seconds:.0f}", "-r", "100", "-f", "raw"]
        with subprocess.Popen(
            [*command, "-o", str(file)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as spying:
            yield samples
            with contextlib.suppress(subprocess.TimeoutExpired):
                spying.wait(30)
        if file.exists():
            for line in file.read_text(encoding="utf-8").splitlines():
                calls, _, count = line.rpartition(" ")
                if not calls.rpartition(";")[2].startswith(_WAITING):
                    samples.append((calls.split(";"), int(count)))


def show_profile(samples: Sequence[tuple[list[str], int]]) -> None:
    """Which functions and which of our modules were at work; the first line is the bottleneck."""
    total = sum(count for _, count in samples)
    if not total:
        print("no profile (for one: pip install py-spy)")
        return
    functions, modules = Counter[str](), Counter[str]()
    for calls, count in samples:
        functions[calls[-1].rpartition(":")[0]] += count
        ours = (call for call in reversed(calls) if "(assistant/" in call or "(integrations/" in call)
        modules[next(ours, "elsewhere (").split("(")[1].split(":")[0] or "elsewhere"] += count
    for name, found in (("innermost function", functions), ("innermost module of ours", modules)):
        print(f"    share  {name} ({total} samples of one process, threads that wait left out)")
        for each, count in found.most_common(12):
            print(f"    {count / total:5.1%}  {each}")


if __name__ == "__main__":
    main()
