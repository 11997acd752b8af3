"""Rankings and judgements to scores a question: nDCG, reciprocal rank and recall, as trec_eval defines them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

Run = Mapping[str, Mapping[str, float]]  # question id -> passage id -> score, higher is better
Judgements = Mapping[str, Mapping[str, int]]  # question id -> passage id -> grade
Scores = dict[str, dict[str, float]]  # metric -> question id -> score

METRICS = ("ndcg@10", "mrr@10", "recall@10", "recall@100")


def score_run(run: Run, judgements: Judgements) -> Scores:
    """Every metric for every judged question; a question that the run misses scores 0."""
    scores: Scores = {metric: {} for metric in METRICS}
    for question, grades in judgements.items():
        order = ranking(run.get(question, {}))
        scores["ndcg@10"][question] = ndcg(order, grades, 10)
        scores["mrr@10"][question] = reciprocal_rank(order, grades, 10)
        scores["recall@10"][question] = recall(order, grades, 10)
        scores["recall@100"][question] = recall(order, grades, 100)
    return scores


def ranking(scores: Mapping[str, float]) -> list[str]:
    """Passage ids from the best down; equal scores in reverse order of id.

    Both the tie rule and the comparison in single precision are trec_eval's, so that figures can be laid beside
    published ones.
    """
    return sorted(scores, key=lambda passage: (np.float32(scores[passage]), passage), reverse=True)


def ndcg(order: list[str], grades: Mapping[str, int], depth: int) -> float:
    """Discounted gain of the first `depth` passages as a share of the best possible; the gain is the grade."""
    ideal = _discounted(sorted((max(grade, 0) for grade in grades.values()), reverse=True)[:depth])
    found = _discounted([max(grades.get(passage, 0), 0) for passage in order[:depth]])
    return found / ideal if ideal else 0.0


def _discounted(gains: list[int]) -> float:
    return float(sum(gain / np.log2(place + 2) for place, gain in enumerate(gains)))


def reciprocal_rank(order: list[str], grades: Mapping[str, int], depth: int) -> float:
    """One divided by the place of the first relevant passage; 0 when it is not among the first `depth`."""
    places = (place for place, passage in enumerate(order[:depth], start=1) if grades.get(passage, 0) > 0)
    return 1.0 / next(places, np.inf)


def recall(order: list[str], grades: Mapping[str, int], depth: int) -> float:
    """The share of the relevant passages that is among the first `depth`."""
    relevant = {passage for passage, grade in grades.items() if grade > 0}
    return len(relevant.intersection(order[:depth])) / len(relevant) if relevant else 0.0
