"""How well the product's search finds the judged passages: dense, lexical and hybrid side by side."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from assistant.evaluation.beir import QuestionSet
from assistant.evaluation.figures import rounded
from assistant.evaluation.metrics import METRICS, Scores, score_run
from assistant.evaluation.resampling import Estimate, estimate_mean
from assistant.retriever import Mode

MODES: tuple[Mode, ...] = ("dense", "lexical", "hybrid")
DEPTH = 100  # passages a question, for recall@100
_CHUNKS = 150  # asked for, since a long passage may take several places


class Ranker(Protocol):
    """What is measured: something that ranks chunks for a question."""

    def __call__(self, question: str, mode: Mode, limit: int) -> Sequence[tuple[str, float]]:
        """The best chunks, best first, as document id and score."""
        ...


@dataclass(frozen=True)
class RetrievalFigures:
    """The scores a question of each mode, with their means."""

    scores: dict[Mode, Scores]

    def estimate(self, mode: Mode, metric: str) -> Estimate:
        """The mean of one metric with its interval."""
        found = estimate_mean(list(self.scores[mode][metric].values()))
        assert found is not None, "a question set without questions was refused when it was read"
        return found

    def as_json(self) -> dict[str, Any]:
        """The means by mode and metric."""
        return {mode: {metric: rounded(self.estimate(mode, metric).value) for metric in METRICS} for mode in MODES}

    def intervals(self) -> dict[str, Any]:
        """The 95 % intervals by mode and metric."""
        estimates = {(mode, metric): self.estimate(mode, metric) for mode in MODES for metric in METRICS}
        return {
            mode: {
                metric: [rounded(estimates[mode, metric].low), rounded(estimates[mode, metric].high)]
                for metric in METRICS
            }
            for mode in MODES
        }


def measure_retrieval(
    question_set: QuestionSet, rank: Ranker, progress: Callable[[int, int], None] | None = None
) -> RetrievalFigures:
    """Ask every judged question in every mode; `progress` is told how many questions of how many are done."""
    passage_ids = {passage.document_id: passage.id for passage in question_set.passages.values()}
    runs: dict[Mode, dict[str, dict[str, float]]] = {mode: {} for mode in MODES}
    for done, (identifier, text) in enumerate(question_set.questions.items(), start=1):
        for mode in MODES:
            runs[mode][identifier] = _best_chunks(rank(text, mode, _CHUNKS), passage_ids)
        if progress:
            progress(done, len(question_set.questions))
    return RetrievalFigures({mode: score_run(run, question_set.judgements) for mode, run in runs.items()})


def _best_chunks(hits: Sequence[tuple[str, float]], passage_ids: dict[str, str]) -> dict[str, float]:
    """A passage scores as its best chunk."""
    scores: dict[str, float] = {}
    for document_id, score in sorted(hits, key=lambda hit: -hit[1]):
        if len(scores) < DEPTH:
            scores.setdefault(passage_ids[document_id], score)
    return scores
