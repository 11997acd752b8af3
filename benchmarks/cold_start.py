"""How long a new process takes for its first answer, beside importing the libraries that it needs; and for its help.

    python -m benchmarks.cold_start [--rounds 5] [--imports]

The ways take turns, so that other work on the machine slows all of them. --imports adds the slowest imports.
"""

from __future__ import annotations

import argparse
import os
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from assistant.settings import VARIABLES

ROOT = Path(__file__).parents[1]
QUESTION = "Wat vervangt het kwaliteitskader?"
COMMAND = (str(Path(sys.executable).with_name("beleidswijzer")),)
WAYS = {
    "first answer": (*COMMAND, "ask", QUESTION),
    "help": (*COMMAND, "--help"),
    "libraries alone": (sys.executable, "-c", "import numpy, faiss, openvino, tokenizers"),
}
BUDGETS = {"first answer": 3.0, "help": 0.3}
STEPS = f"""
import time
seconds = time.perf_counter
before = seconds()

def step(name):
    global before
    now = seconds()
    print(f"    {{name:46}} {{1000 * (now - before):6.0f}} ms")
    before = seconds()

import assistant.cli
step("import of the command line")
from assistant.settings import load_settings
settings = load_settings()
step("settings (pydantic)")
import numpy
step("import of numpy")
from assistant.answering import Assistant
from assistant.links import view_link
step("import of the assistant")
from assistant.embeddings import open_embedder
embedder = open_embedder(settings.embedding_model, settings.cache, settings.threads)
step("embedding model: imports, hash")
import faiss
step("import of faiss")
from assistant.snapshot_follower import SnapshotFollower
follower = SnapshotFollower(settings.index, embedder.description)
step("opening the index")
assistant = Assistant(follower, embedder, link=view_link(settings.index / "views"))
step("glossary and weights")
import openvino, tokenizers
step("import of openvino and tokenizers")
embedder.embed_query("Wat doet het wijkteam?")
step("loading tokenizer and model, first vector")
assistant.ask({QUESTION!r})
step("the answer itself")
from assistant.cli.rendering import print_answer, terminal
step("import of the rendering (rich)")
"""
_IMPORT = re.compile(r"^import time:\s+(\d+) \|\s+(\d+) \|\s+(\S+)$", re.MULTILINE)


@dataclass(frozen=True)
class Spent:
    """Seconds of one process by the clock and on the processor."""

    clock: float
    processor: float


def main() -> None:
    """Prints the figures on the starter corpus, indexed in a folder of its own."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--imports", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="beleidswijzer-benchmark-") as folder:
        places = {VARIABLES["corpus"]: str(ROOT / "corpus"), VARIABLES["index"]: folder}
        environment = {**os.environ, **places}
        subprocess.run([*COMMAND, "index", "build", "--stil"], env=environment, check=True, capture_output=True)
        print_ways(in_turns(WAYS, options.rounds, environment))
        print("one process step by step:", flush=True)
        subprocess.run([sys.executable, "-c", STEPS], env=environment, check=True, cwd=ROOT)
        if options.imports:
            print_imports(environment)


def in_turns(ways: Mapping[str, Sequence[str]], rounds: int, environment: Mapping[str, str]) -> dict[str, list[Spent]]:
    """What each way took in each round, after one round that does not count."""
    spent: dict[str, list[Spent]] = {name: [] for name in ways}
    for number in range(rounds + 1):
        for name, command in ways.items():
            one = _run(command, environment)
            if number:
                spent[name].append(one)
    return spent


def print_ways(spent: Mapping[str, Sequence[Spent]]) -> None:
    """Median and extremes of each way, its budget, and how it compares with the libraries alone."""
    reference = statistics.median(one.clock for one in spent["libraries alone"])
    for name, all_of_it in spent.items():
        clock = sorted(one.clock for one in all_of_it)
        middle = statistics.median(clock)
        processor = statistics.median(one.processor for one in all_of_it)
        budget = f", budget {BUDGETS[name]} s" if name in BUDGETS else ""
        print(f"{name:16} median {middle:.2f} s (lowest {clock[0]:.2f}, highest {clock[-1]:.2f}{budget}), ", end="")
        print(f"processor {processor:.2f} s, {middle / reference:.1f}x the libraries alone")


def print_imports(environment: Mapping[str, str], most: int = 20) -> None:
    """The imports that take longest, with all that they import in turn."""
    code = f"from assistant.cli import run; run(['ask', {QUESTION!r}])"
    command = [sys.executable, "-X", "importtime", "-c", code]
    told = subprocess.run(command, env=dict(environment), check=True, capture_output=True, text=True).stderr
    found = sorted(((int(total), int(own), name) for own, total, name in _IMPORT.findall(told)), reverse=True)
    print("slowest imports:    with all it imports   alone")
    for total, own, name in found[:most]:
        print(f"    {total / 1000:20.0f} ms {own / 1000:9.0f} ms  {name}")


def _run(command: Sequence[str], environment: Mapping[str, str]) -> Spent:
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(command, env=dict(environment), check=True, capture_output=True)
    clock, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    return Spent(clock, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


if __name__ == "__main__":
    main()
