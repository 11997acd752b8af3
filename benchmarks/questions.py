"""A question end to end beside embedding that question alone, on 10,000 chunks of policy rules; new questions, warm.

    python -m benchmarks.questions [--questions 200] [--profile]

The two take turns, so that other work on the machine slows both: look at the ratio (budget: p95 at most 3).
--profile adds the functions that take most time of their own.
"""

from __future__ import annotations

import argparse
import cProfile
import pstats
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from assistant import engine
from assistant.answering import Assistant
from assistant.embeddings import Embedder, open_embedder
from assistant.glossary import Glossary
from assistant.links import view_link
from assistant.question import understand
from assistant.settings import Settings
from assistant.snapshot import Snapshot, open_current
from assistant.types import Completeness
from benchmarks.policy_rules import CITIZEN_QUESTIONS, RULES, policy_questions, policy_rules
from benchmarks.shared import or_skip

BUDGET = 3.0
WARMING = 40  # questions that are asked before the clock starts

Embeddings = Callable[[], Embedder]


@dataclass(frozen=True)
class Turn:
    """One question: milliseconds of embedding alone, of the whole, and of its stages."""

    embedding: float
    whole: float
    stages: dict[str, float]
    is_comparison: bool
    completeness: Completeness


class Stopwatch:
    """Adds up the milliseconds spent in each stage, without those of a stage within it."""

    def __init__(self) -> None:
        self.spent: dict[str, float] = defaultdict(float)
        self._within = 0.0

    @contextmanager
    def running(self, stage: str) -> Iterator[None]:
        started, outside = time.perf_counter(), self._within
        self._within = 0.0
        try:
            yield
        finally:
            whole = 1000 * (time.perf_counter() - started)
            self.spent[stage] += whole - self._within
            self._within = outside + whole

    def around(self, stage: str, work: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*arguments: Any, **named: Any) -> Any:
            with self.running(stage):
                return work(*arguments, **named)

        return timed


class Timed:
    """Stands in for a part of the assistant and times some of its methods; the others are the part's own."""

    def __init__(self, part: object, watch: Stopwatch, stages: dict[str, str]) -> None:
        self._part = part
        for method, stage in stages.items():
            setattr(self, method, watch.around(stage, getattr(part, method)))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._part, name)


@dataclass(frozen=True)
class OneSnapshot:
    """The same snapshot for the whole measurement."""

    snapshot: Snapshot

    def current(self) -> Snapshot:
        return self.snapshot


def main() -> None:
    """Prints the figures, and what the time goes to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--questions", type=int, default=200)
    parser.add_argument("--profile", action="store_true")
    options = parser.parse_args()
    or_skip(RULES, CITIZEN_QUESTIONS)
    settings = policy_rules()
    snapshot = open_current(settings.index)
    questions = policy_questions(snapshot, options.questions + WARMING)
    print(f"{options.questions} questions, {snapshot.store.size} chunks of {len(snapshot.store.documents())} documents")
    for _ in range(2):  # the first time some views of sources have yet to be written
        turns = measure(questions, snapshot, settings)
        print_turns(turns)
    if options.profile:
        profile(questions, snapshot, settings)


def measure(questions: Sequence[str], snapshot: Snapshot, settings: Settings) -> list[Turn]:
    """Every question after the first WARMING ones, embedded alone and answered in turns."""
    # Each embedder remembers its questions, so each side has one of its own.
    alone, within = _embedder(settings), _embedder(settings)
    watch = Stopwatch()
    assistant = _timed_assistant(snapshot, within, settings, watch)
    glossary = Glossary.packaged()
    turns = []
    for number, question in enumerate(questions):
        understood = understand(question, glossary)
        watch.spent.clear()
        spent: dict[str, float] = {}
        answer = None
        for side in ("alone", "whole") if number % 2 else ("whole", "alone"):
            started = time.perf_counter()
            if side == "alone":
                alone.embed_query(understood.search_text)
            else:
                answer = assistant.ask(question)
            spent[side] = 1000 * (time.perf_counter() - started)
        assert answer is not None
        is_comparison = "comparison" in understood.expected
        turns.append(Turn(spent["alone"], spent["whole"], dict(watch.spent), is_comparison, answer.completeness))
    return turns[WARMING:]


def print_turns(turns: Sequence[Turn]) -> None:
    """The figures of one pass."""
    print(f"answers: {dict(Counter(turn.completeness for turn in turns))}")
    plain = [turn for turn in turns if not turn.is_comparison]
    for name, some in (("all questions", turns), (f"{len(plain)} that compare nothing", plain)):
        alone, whole = [turn.embedding for turn in some], [turn.whole for turn in some]
        (middle, high), (whole_middle, whole_high) = np.percentile(alone, (50, 95)), np.percentile(whole, (50, 95))
        print(f"{name}: embedding alone p50 {middle:.1f} ms, p95 {high:.1f} ms; ", end="")
        print(f"end to end p50 {whole_middle:.1f} ms, p95 {whole_high:.1f} ms")
        print(f"    ratio p50 {whole_middle / middle:.2f}, p95 {whole_high / high:.2f} (budget {BUDGET:.0f})", end="")
        print(f"; p95 against the embedding's p50 {whole_high / middle:.2f}")
    _print_stages(plain)  # a comparison runs its stages side by side, which one stopwatch cannot follow


def _print_stages(turns: Sequence[Turn]) -> None:
    print("    stage                    mean ms   p95 ms   share")
    whole = float(np.mean([turn.whole for turn in turns]))
    stages = list(dict.fromkeys(stage for turn in turns for stage in turn.stages))
    rows = {stage: [turn.stages.get(stage, 0.0) for turn in turns] for stage in stages}
    rows["features and composing"] = [turn.whole - sum(turn.stages.values()) for turn in turns]
    for stage, spent in rows.items():
        mean = float(np.mean(spent))
        print(f"    {stage:24} {mean:7.2f}  {np.percentile(spent, 95):7.2f}  {mean / whole:6.0%}")


def profile(questions: Sequence[str], snapshot: Snapshot, settings: Settings) -> None:
    """The functions that take most time of their own; the profiler itself slows Python code down."""
    assistant = Assistant(OneSnapshot(snapshot), _embedder(settings), link=view_link(settings.index / "views"))
    for question in questions[:WARMING]:
        assistant.ask(question)
    profiler = cProfile.Profile()
    profiler.enable()
    for question in questions[WARMING:]:
        assistant.ask(question)
    profiler.disable()
    pstats.Stats(profiler).sort_stats("tottime").print_stats(25)


def _timed_assistant(snapshot: Snapshot, embedder: Embedder, settings: Settings, watch: Stopwatch) -> Assistant:
    parts: dict[str, Any] = {
        "vectors": Timed(snapshot.vectors, watch, {"search": "dense search", "similarities": "similarities"}),
        "lexical": Timed(snapshot.lexical, watch, {"search": "lexical search", "document_frequency": "word rarity"}),
        "store": Timed(
            snapshot.store,
            watch,
            {"chunks": "fetching chunks", "sentence_vectors": "sentence vectors", "source": "reading whole sources"},
        ),
    }
    timed: Any = Timed(embedder, watch, {"embed_query": "embedding"})
    link, timed_snapshot = view_link(settings.index / "views"), replace(snapshot, **parts)

    def timed_link(opened: engine.Snapshot, *place: Any) -> str:
        with watch.running("links and views"):
            return link(opened, *place)

    return Assistant(OneSnapshot(timed_snapshot), timed, link=timed_link)


def _embedder(settings: Settings) -> Embedder:
    embedder = open_embedder(settings.embedding_model, settings.cache, settings.threads)
    for words in (1, 12, 24, 36, 48):  # every length is compiled once
        embedder.embed_query("dit " * words)
    return embedder


if __name__ == "__main__":
    main()
