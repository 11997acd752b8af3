"""What the grounding check adds to a written answer: milliseconds a claim, beside embedding one claim.

A chat model that answers at once from the passages that it was given, so that nothing but our own work is measured.
Run: `python -m benchmarks.writing`, on the starter corpus and its index (`beleidswijzer index build`).
"""

from __future__ import annotations

import re
import statistics
import time
from collections.abc import Iterator, Sequence

from assistant.answering import Assistant
from assistant.embeddings import open_embedder
from assistant.grounding import Evidence, Grounding, Verdict
from assistant.prompts import Message, load_prompts
from assistant.settings import load_settings
from assistant.snapshot_follower import SnapshotFollower
from assistant.writer import Writer

QUESTIONS = (
    "Wat vervangt het kwaliteitskader?",
    "Wat zijn de doelen van de Hervormingsagenda Jeugd?",
    "Welke adviezen gaf de werkgroep Sociale Impact?",
    "Wat doet het kernteam Crisis en (on)Veiligheid?",
    "Wat wil Perspectief 2025 bereiken?",
    "Welke taken heeft een lokaal team?",
)
ROUNDS = 3
BUDGET_MS = 30.0
_PASSAGE = re.compile(r'<bron-\w+ nummer="(\d+)">\nTitel: [^\n]*\nKop: [^\n]*\n(.+?)\n</bron-', re.DOTALL)


class Copying:
    """Says the first sentence of every passage, with its marker."""

    name = "benchmark:copy"

    def stream(self, message: Message) -> Iterator[str]:
        for number, text in _PASSAGE.findall(message.user):
            yield f"{text.splitlines()[0].split('. ')[0].rstrip('.')} [{number}].\n"


class Timed:
    """The grounding check with its times."""

    def __init__(self, grounding: Grounding) -> None:
        self._grounding = grounding
        self.milliseconds: list[float] = []
        self.claims: list[str] = []

    def check(self, claim: str, evidence: Sequence[Evidence]) -> Verdict:
        started = time.perf_counter()
        verdict = self._grounding.check(claim, evidence)
        self.milliseconds.append(1000 * (time.perf_counter() - started))
        self.claims.append(claim)
        return verdict


def main() -> None:
    settings = load_settings()
    embedder = open_embedder(settings.embedding_model, settings.cache, settings.threads)
    timed = Timed(Grounding(embedder))
    writer = Writer(Copying(), load_prompts(settings.prompts), timed)
    follower = SnapshotFollower(settings.index, embedder.description)
    reader, writing = Assistant(follower, embedder), Assistant(follower, embedder, writer=writer)
    for question in QUESTIONS:
        reader.ask(question)
        writing.ask(question)
    first = list(timed.milliseconds)  # passages are taken apart once, and remembered
    timed.milliseconds.clear()
    whole: dict[str, list[float]] = {"reader": [], "writer": []}
    for _ in range(ROUNDS):
        for question in QUESTIONS:
            for name, assistant in (("reader", reader), ("writer", writing)):
                whole[name].append(assistant.ask(question).duration_ms)
    alone = []
    for number, claim in enumerate(timed.claims[: len(timed.milliseconds)]):
        started = time.perf_counter()
        embedder.embed_query(f"{number} {claim}")  # a text that was embedded before would be remembered
        alone.append(1000 * (time.perf_counter() - started))
    print(f"claims checked in the writer: {len(timed.milliseconds)} ({len(timed.milliseconds) / ROUNDS:.0f} a round)")
    print(f"a claim, passages seen for the first time: {_figures(first)}")
    print(f"a claim, passages seen before:             {_figures(timed.milliseconds)} (budget {BUDGET_MS:.0f})")
    print(f"embedding one claim:                       {_figures(alone)}")
    for name, times in whole.items():
        print(f"a whole question, {name}: {_figures(times)}")


def _figures(times: Sequence[float]) -> str:
    ordered = sorted(times)
    return f"median {statistics.median(ordered):.1f} ms, p95 {ordered[int(0.95 * (len(ordered) - 1))]:.1f} ms"


if __name__ == "__main__":
    main()
