"""What the grounding check catches and lets through of the written and made claims, and what it costs.

    python -m benchmarks.grounding [--half tuning] [--faults] [--without-embedder]

--faults shows the claims that were judged wrongly. The time of a claim stands beside that of embedding it alone
(budget: 30 ms a claim).
"""

from __future__ import annotations

import argparse
import json
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from assistant.embeddings import Embedder, open_embedder
from assistant.grounding import Evidence, Grounding, Verdict
from assistant.settings import load_settings
from benchmarks.grounding_claims import CLAIMS, Claim, as_passage, read_sections

BUDGET_MS = 30.0
HALVES = ("tuning", "held_out", "unseen", "blind")


@dataclass(frozen=True)
class Outcome:
    """One claim with its verdict and the milliseconds that it took."""

    claim: Claim
    verdict: Verdict
    milliseconds: float

    @property
    def is_right(self) -> bool:
        """Whether a true claim passed, or a false one did not."""
        return self.verdict.supported == self.claim.supported


def main() -> None:
    """Prints the table, and the time beside a reference from the same run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--half", choices=HALVES)
    parser.add_argument("--faults", action="store_true")
    parser.add_argument("--without-embedder", action="store_true")
    options = parser.parse_args()
    claims = [claim for claim in read_claims() if options.half in (None, claim.half)]
    embedder = None if options.without_embedder else _embedder()
    outcomes = judge(claims, Grounding(embedder))
    if options.faults:
        _print_faults(outcomes)
    _print_table(outcomes)
    _print_times(outcomes, embedder)


def read_claims() -> list[Claim]:
    """The claims of the file."""
    lines = CLAIMS.read_text(encoding="utf-8").splitlines()
    return [_claim(json.loads(line)) for line in lines]


def judge(claims: Sequence[Claim], grounding: Grounding) -> list[Outcome]:
    """Every claim checked against its evidence."""
    evidence = {section.place: as_passage(section) for section in read_sections()}
    outcomes = []
    for claim in claims:
        cited = [Evidence(number, evidence[place]) for number, place in enumerate(claim.evidence, start=1)]
        started = time.perf_counter()
        verdict = grounding.check(claim.claim, cited)
        outcomes.append(Outcome(claim, verdict, 1000 * (time.perf_counter() - started)))
    return outcomes


def share_right(outcomes: Sequence[Outcome], supported: bool, half: str | None = None) -> float:
    """The share of the false claims that were caught, or of the true claims that passed."""
    chosen = [each for each in outcomes if each.claim.supported == supported and half in (None, each.claim.half)]
    return sum(each.is_right for each in chosen) / len(chosen)


def _claim(line: dict[str, object]) -> Claim:
    places: list[list[str]] = line.pop("evidence")  # type: ignore[assignment]  # as the other script wrote it
    return Claim(**line, evidence=tuple((document, heading) for document, heading in places))  # type: ignore[arg-type]


def _embedder() -> Embedder:
    settings = load_settings()
    embedder = open_embedder(settings.embedding_model, settings.cache, settings.threads)
    for words in (1, 12, 24, 36, 48):  # every length is compiled once
        embedder.embed_query("dit " * words)
    return embedder


def _print_faults(outcomes: Sequence[Outcome]) -> None:
    for each in outcomes:
        if not each.is_right:
            claim, reason = each.claim, each.verdict.reason or "passed"
            print(f"{claim.half} {claim.id} {claim.by} {reason}: {claim.claim}")


def _print_table(outcomes: Sequence[Outcome]) -> None:
    halves = [half for half in HALVES if any(each.claim.half == half for each in outcomes)]
    rows: dict[str, dict[str, list[bool]]] = defaultdict(lambda: defaultdict(list))
    for each in outcomes:
        kinds = (
            (f"true, {each.claim.by}", "all true")
            if each.claim.supported
            else (each.claim.kind, f"false, by {each.claim.by}", "all false")
        )
        for kind in kinds:
            rows[kind][each.claim.half].append(each.is_right)
    print(f"{'kind':18}" + "".join(f"{half:>20}" for half in halves))
    for kind in sorted(rows):
        cells = [rows[kind][half] for half in halves]
        print(
            f"{kind:18}"
            + "".join(
                f"{f'{sum(cell)}/{len(cell)} {sum(cell) / len(cell):6.1%}':>20}" if cell else f"{'-':>20}"
                for cell in cells
            )
        )


def _print_times(outcomes: Sequence[Outcome], embedder: Embedder | None) -> None:
    spent = [each.milliseconds for each in outcomes]
    middle, high = np.percentile(spent, (50, 95))
    print(f"a claim: median {middle:.1f} ms, p95 {high:.1f} ms (budget {BUDGET_MS:.0f})", end="")
    if embedder:
        alone = []
        for each in outcomes[:100]:
            started = time.perf_counter()
            embedder.embed_query(each.claim.claim + " ")
            alone.append(1000 * (time.perf_counter() - started))
        print(
            f"; embedding a claim alone: median {np.median(alone):.1f} ms, p95 {np.percentile(alone, 95):.1f} ms",
            end="",
        )
    print()


if __name__ == "__main__":
    main()
