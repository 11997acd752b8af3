"""How soon the bot acknowledges, and shows its first words, with 50 questions at once in 10 channels of a local Slack.

    python -m benchmarks.slack [--questions 50] [--rounds 3]

The reference is a Bolt application that only acknowledges, asked the same in the same run. The starter corpus is
indexed in a folder of its own; the local Slack (tests/slack) keeps to Slack's own rate limits.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from slack.fake_slack import FakeSlack
    from slack.workspace import Message

ROOT = Path(__file__).parents[1]
QUESTIONS = ROOT / "tests" / "data" / "regression_questions.jsonl"
CHANNELS = 10
BELEIDSWIJZER = (str(Path(sys.executable).with_name("beleidswijzer")),)
BUDGETS = {"acknowledgement": "p99 < 1 s", "first words": "< 2 s"}


def main() -> None:
    """Prints the figures of the bot and of the reference, each in a process of its own as in real life."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--questions", type=int, default=50)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--reference", metavar="API_URL", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.reference:
        acknowledge_only(options.reference)
        return
    sys.path.insert(0, str(ROOT / "tests"))  # where the local Slack is
    lines = QUESTIONS.read_text(encoding="utf-8").splitlines()
    questions = [str(json.loads(line)["question"]) for line in lines[: options.questions]]
    with tempfile.TemporaryDirectory(prefix="beleidswijzer-benchmark-") as folder:
        index = [
            *BELEIDSWIJZER,
            "--corpus",
            str(ROOT / "corpus"),
            "--index",
            f"{folder}/index",
            "index",
            "build",
            "--stil",
        ]
        subprocess.run(index, check=True, capture_output=True)
        for _ in range(options.rounds):
            measure_bot(Path(folder), questions)
            measure_reference(questions)


def measure_bot(folder: Path, questions: Sequence[str]) -> None:
    """One round of the bot."""
    from slack.bot_parts import is_done

    with fake_slack() as slack:
        (folder / "beleidswijzer.toml").write_text(
            f'corpus = "{ROOT / "corpus"}"\nindex = "index"\ndata = "gegevens"\n[slack]\napi_url = "{slack.api_url}"\n'
        )
        with process(slack, [*BELEIDSWIJZER, "slack"], folder):
            asked = ask_all(slack, questions)
            slack.wait_for(lambda: all(any(map(is_done, replies(slack, each))) for each in asked), 120)
            slack.settle()
        sent = {each.payload["event"]["ts"]: each.attempts[0].sent for each in slack.deliveries if is_asked(each)}
        first = [replies(slack, each)[0].versions[0][0] - sent[each.ts] for each in asked]
        whole = [replies(slack, each)[0].versions[-1][0] - sent[each.ts] for each in asked]
        lost = sum(len(replies(slack, each)) != 1 for each in asked)
        show("bot: acknowledgement", acknowledged(slack), BUDGETS["acknowledgement"])
        show("bot: first words", first, BUDGETS["first words"])
        show("bot: whole answer", whole)
        print(f"  lost or doubled {lost} of {len(asked)}, breaches of Slack's rules {len(slack.violations)}")


def measure_reference(questions: Sequence[str]) -> None:
    """One round of an application that does nothing."""
    with fake_slack() as slack:
        with process(slack, [sys.executable, "-m", "benchmarks.slack", "--reference", slack.api_url], ROOT):
            ask_all(slack, questions)
            slack.settle()
        show("reference: acknowledgement", acknowledged(slack))


def acknowledge_only(api_url: str) -> None:
    """The reference: Bolt, which acknowledges events by itself."""
    from slack_bolt import App
    from slack_bolt.adapter.socket_mode import SocketModeHandler
    from slack_sdk import WebClient

    app = App(client=WebClient(os.environ["SLACK_BOT_TOKEN"], base_url=api_url))
    app.event(re.compile(".*"))(lambda: None)
    SocketModeHandler(app, os.environ["SLACK_APP_TOKEN"], web_client=app.client).start()  # type: ignore[no-untyped-call]


@contextmanager
def process(slack: FakeSlack, command: Sequence[str], folder: Path) -> Iterator[None]:
    """A process that has connected to the local Slack."""
    environment = {**os.environ, "SLACK_BOT_TOKEN": slack.bot_token, "SLACK_APP_TOKEN": slack.app_token}
    started = subprocess.Popen(
        command, cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        slack.connected(seconds=60)
        yield
    finally:
        started.terminate()
        started.wait(40)


@contextmanager
def fake_slack() -> Iterator[FakeSlack]:
    """A local Slack with ten channels."""
    from slack.fake_slack import FakeSlack

    with FakeSlack() as slack:
        for number in range(CHANNELS):
            slack.add_channel(f"C{number}", members=[f"U{number}"])
        yield slack


def ask_all(slack: FakeSlack, questions: Sequence[str]) -> list[Message]:
    """All questions at once, spread over the channels."""
    return [
        slack.say(f"U{number % CHANNELS}", f"C{number % CHANNELS}", f"{slack.mention} {question}")
        for number, question in enumerate(questions)
    ]


def replies(slack: FakeSlack, asked: Message) -> list[Message]:
    """What the bot said to one question."""
    return slack.thread(asked.channel, asked.ts)[1:]


def is_asked(delivery: Any) -> bool:
    """Whether a delivery tells of a question."""
    return bool(delivery.payload.get("event", {}).get("type") == "app_mention")


def acknowledged(slack: FakeSlack) -> list[float]:
    """How long each acknowledgement took."""
    return [each.attempts[0].seconds or float("inf") for each in slack.deliveries]


def show(name: str, seconds: Sequence[float], budget: str = "") -> None:
    """Prints the median, the 99th percentile and the slowest."""
    ordered = sorted(seconds)
    p99 = ordered[min(len(ordered) - 1, int(0.99 * len(ordered)))]
    note = f", budget {budget}" if budget else ""
    print(f"{name:28} median {statistics.median(ordered):.3f} s, p99 {p99:.3f} s, slowest {ordered[-1]:.3f} s{note}")


if __name__ == "__main__":
    main()
