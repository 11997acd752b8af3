"""Metrics: our scores beside those of ir-measures (trec_eval), and the statistics beside known values."""

from __future__ import annotations

import random
import warnings

import numpy as np
import pytest

from assistant.evaluation.calibration import (
    area_under_risk,
    calibration_bins,
    calibration_error,
    refusal_curve,
    refused_while_answering,
    risk_curve,
)
from assistant.evaluation.metrics import ranking, score_run
from assistant.evaluation.resampling import estimate_mean, estimate_ratio, mcnemar_test, permutation_test


def _random_case(seed: int) -> tuple[dict[str, dict[str, float]], dict[str, dict[str, int]]]:
    """A run with many equal scores and missing questions, and graded judgements."""
    generator = random.Random(seed)
    passages = [f"p{number}" for number in range(150)]
    judgements = {
        f"q{number}": {passage: generator.choice([0, 1, 1, 2]) for passage in generator.sample(passages, 12)}
        for number in range(40)
    }
    run = {
        question: {passage: float(generator.randint(0, 12)) for passage in generator.sample(passages, 120)}
        for question in judgements
        if generator.random() > 0.1
    }
    return run, judgements


@pytest.mark.parametrize("seed", range(4))
def test_scores_are_those_of_ir_measures_with_ties_and_missing_questions(seed: int) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the library's own deprecated imports
        import ir_measures
        from ir_measures import RR, R, nDCG
    run, judgements = _random_case(seed)
    names = {"ndcg@10": nDCG @ 10, "recall@10": R @ 10, "recall@100": R @ 100}

    ours = score_run(run, judgements)

    reference = {(str(m.measure), m.query_id): m.value for m in ir_measures.iter_calc(names.values(), judgements, run)}
    for name, measure in names.items():
        expected = [reference.get((str(measure), question), 0.0) for question in judgements]
        assert list(ours[name].values()) == pytest.approx(expected), name
    # RR@10 has another provider there, with another order of ties: so the whole-ranking RR is cut off here.
    whole = {m.query_id: m.value for m in ir_measures.iter_calc([RR], judgements, run)}
    expected = [value if (value := whole.get(question, 0.0)) >= 1 / 10 else 0.0 for question in judgements]
    assert list(ours["mrr@10"].values()) == pytest.approx(expected)


def test_means_over_all_questions_are_those_of_ir_measures() -> None:
    import ir_measures
    from ir_measures import nDCG

    run, judgements = _random_case(9)

    ours = score_run(run, judgements)["ndcg@10"]

    assert np.mean(list(ours.values())) == pytest.approx(
        ir_measures.calc_aggregate([nDCG @ 10], judgements, run)[nDCG @ 10]
    )


def test_equal_scores_are_ranked_by_id_from_the_back() -> None:
    assert ranking({"a": 1.0, "c": 1.0, "b": 2.0}) == ["b", "c", "a"]


def test_interval_holds_the_mean_and_is_the_same_every_time() -> None:
    scores = [0.0, 1.0] * 50

    estimate = estimate_mean(scores)

    assert estimate is not None
    assert (estimate.value, estimate.count) == (0.5, 100)
    assert estimate.low == pytest.approx(0.40, abs=0.02)
    assert estimate.high == pytest.approx(0.60, abs=0.02)
    assert estimate == estimate_mean(scores)


def test_ratio_counts_every_citation_once_and_is_absent_without_citations() -> None:
    estimate = estimate_ratio([1, 0, 3], [1, 0, 5])

    assert estimate is not None
    assert estimate.value == pytest.approx(4 / 6)
    assert estimate.count == 2
    assert estimate_ratio([0, 0], [0, 0]) is None
    assert estimate_mean([]) is None


def test_permutation_test_agrees_with_counting_all_signs() -> None:
    # Of the 2^8 ways to turn eight equal differences, two are as extreme as this one.
    assert permutation_test([0.1] * 8) == pytest.approx(2 / 256, abs=0.004)
    assert permutation_test([0.1, -0.1]) == 1.0
    assert permutation_test([0.0, 0.0]) == 1.0


def test_mcnemar_is_the_exact_binomial_test() -> None:
    assert mcnemar_test(0, 5) == pytest.approx(2 / 32)
    assert mcnemar_test(10, 2) == pytest.approx(0.03857421875)
    assert mcnemar_test(3, 3) == 1.0
    assert mcnemar_test(0, 0) == 1.0


def test_calibration_error_weighs_bins_by_their_questions() -> None:
    bins = calibration_bins([0.95, 0.95, 0.15, 1.0], [True, False, False, True])

    assert [(each.low, each.count) for each in bins] == [(0.1, 1), (0.9, 3)]
    assert calibration_error(bins) == pytest.approx((0.15 + 3 * abs(2.9 / 3 - 2 / 3)) / 4)
    assert calibration_error([]) is None


def test_risk_is_the_share_of_wrong_answers_among_those_shown() -> None:
    points = risk_curve([0.9, 0.8, 0.7], [True, False, True], total=4)

    assert [(point.coverage, point.risk) for point in points] == [(0.25, 0.0), (0.5, 0.5), (0.75, pytest.approx(1 / 3))]
    assert area_under_risk(points) == pytest.approx((0 + 0.5 + 1 / 3) / 3)


def test_refusal_curve_finds_what_can_be_refused_at_a_share_of_answers() -> None:
    points = refusal_curve([0.2, 0.6, 0.8, 0.9], [0.1, 0.3, 0.7])

    assert refused_while_answering(points, 0.75) == pytest.approx(2 / 3)
    assert refused_while_answering(points, 1.0) == pytest.approx(1 / 3)
    assert refusal_curve([0.5], []) == []
