"""Verdicts to the figures of a run: shares with intervals, by type of question, calibration and thresholds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from assistant.evaluation.calibration import (
    Bin,
    RefusalPoint,
    RiskPoint,
    area_under_risk,
    calibration_bins,
    calibration_error,
    refusal_curve,
    refused_while_answering,
    risk_curve,
)
from assistant.evaluation.judging import Verdict
from assistant.evaluation.resampling import Estimate, estimate_mean, estimate_ratio

LABELS = {
    "answer_found": "Antwoord gevonden: een gouden zin of anker staat in een citaat",
    "answer_found_all": "Antwoord gevonden, onzekere plaatsen meegeteld",
    "answer_found_first": "Antwoord gevonden in het eerste citaat alleen",
    "answer_covered": "Hele antwoord geciteerd: elke gouden zin en elk onderdeel",
    "answer_text_quoted": "Woorden van het antwoord staan in een citaat, uit welke bron ook",
    "gold_cited": "Juiste bron geciteerd",
    "answered": "Beantwoordbare vragen die een antwoord kregen (volledig of gedeeltelijk)",
    "answered_complete": "Beantwoordbare vragen met een volledig antwoord",
    "citation_precision": "Citaatprecisie: deel van de citaten dat klopt",
    "citation_recall": "Citaatdekking: deel van de gouden zinnen en onderdelen dat is geciteerd",
    "sentences_quoted": "Geciteerde zinnen per antwoord",
    "refusal_precision": "Weigerprecisie: deel van de weigeringen dat terecht is",
    "refusal_recall": "Weigerdekking: deel van de onbeantwoordbare vragen dat is geweigerd",
    "unanswerable_not_complete": "Onbeantwoordbare vragen zonder volledig antwoord (geweigerd of gedeeltelijk)",
    "left_out_refused": "Gouden passage weggelaten: geweigerd",
    "left_out_not_complete": "Gouden passage weggelaten: geweigerd of gedeeltelijk",
    "left_out_refused_at_90": "Gouden passage weggelaten: geweigerd bij de drempel waar 90 % nog antwoord krijgt",
    "unknown_refused": "Vragen uit een ander veld: geweigerd",
    "unknown_not_complete": "Vragen uit een ander veld: geweigerd of gedeeltelijk",
    "forbidden_said": "Antwoorden met verboden tekst (moet 0 zijn)",
    "unsupported_claims": "Niet-onderbouwde beweringen (moet 0 zijn)",
    "ece": "Kalibratiefout van de zekerheid (ECE)",
    "aurc": "Gemiddeld risico over alle dekkingen (AURC)",
    "latency_p50_ms": "Duur, mediaan (ms)",
    "latency_p95_ms": "Duur, 95e percentiel (ms)",
}
SHARES = frozenset(LABELS) - {"sentences_quoted", "ece", "aurc", "latency_p50_ms", "latency_p95_ms"}


@dataclass(frozen=True)
class TypeFigures:
    """How one type of question fared."""

    type: str
    questions: int
    answer_found: float | None  # of the answerable questions: the gold or, where its place is unknown, its source
    not_complete: float | None  # of the unanswerable questions


@dataclass(frozen=True)
class Figures:
    """All figures of one run."""

    estimates: dict[str, Estimate]  # in the order of LABELS; what cannot be measured is absent
    types: tuple[TypeFigures, ...]
    calibration: tuple[Bin, ...]
    risk: tuple[RiskPoint, ...]
    refusal: tuple[RefusalPoint, ...]

    def as_json(self) -> dict[str, Any]:
        """Plain numbers by name, with their intervals beside them."""
        return {
            **{name: rounded(estimate.value) for name, estimate in self.estimates.items()},
            "intervals": {
                name: [rounded(estimate.low), rounded(estimate.high)] for name, estimate in self.estimates.items()
            },
            "counts": {name: estimate.count for name, estimate in self.estimates.items()},
            "by_type": [asdict(each) for each in self.types],
            "calibration": [asdict(each) for each in self.calibration],
            "risk_coverage": [asdict(each) for each in self.risk],
            "refusal_curve": [asdict(each) for each in self.refusal],
        }


def rounded(value: float) -> float:
    """Four decimals: more than any of these sets can tell apart."""
    return round(value, 4)


def compute_figures(verdicts: Sequence[Verdict]) -> Figures:
    """The figures of a run; `verdicts` may be of several variants."""
    answered = [verdict for verdict in verdicts if verdict.completeness != "none"]
    calibration = calibration_bins(*_outcomes(verdicts, lambda verdict: verdict.could_answer))
    shown = [(verdict.confidence, verdict.right) for verdict in answered]
    risk = risk_curve([pair[0] for pair in shown], [pair[1] for pair in shown], total=len(verdicts))
    refusal = refusal_curve(
        [verdict.confidence for verdict in verdicts if verdict.answerable],
        # Of a stated gap that was found, both refusing and answering are right.
        [verdict.confidence for verdict in verdicts if not verdict.answerable and not verdict.could_answer],
    )
    estimates = {
        **_answering(verdicts),
        **_refusing(verdicts),
        **_honesty(verdicts),
        **_plain("ece", calibration_error(calibration), len(verdicts)),
        **_plain("aurc", area_under_risk(risk), len(verdicts)),
        **_latency(verdicts),
    }
    ordered = {name: estimate for name in LABELS if (estimate := estimates.get(name)) is not None}
    return Figures(ordered, tuple(_types(verdicts)), tuple(calibration), tuple(risk), tuple(refusal))


def _outcomes(verdicts: Iterable[Verdict], outcome: Callable[[Verdict], bool]) -> tuple[list[float], list[bool]]:
    # A blocked question was never read, so its confidence says nothing.
    read = [verdict for verdict in verdicts if not verdict.blocked]
    return [verdict.confidence for verdict in read], [outcome(verdict) for verdict in read]


def _share(verdicts: Iterable[Verdict], outcome: Callable[[Verdict], bool | None]) -> Estimate | None:
    return estimate_mean([float(value) for verdict in verdicts if (value := outcome(verdict)) is not None])


def _answering(verdicts: Sequence[Verdict]) -> dict[str, Estimate | None]:
    asked = [verdict for verdict in verdicts if verdict.answerable]
    exact = [verdict for verdict in asked if verdict.exact]
    inexact = any(verdict.found is not None and not verdict.exact for verdict in asked)
    return {
        "answer_found": _share(exact, lambda verdict: verdict.found),
        "answer_found_all": _share(asked, lambda verdict: verdict.found) if inexact else None,
        "answer_found_first": _share(exact, lambda verdict: verdict.found_first),
        "answer_covered": _share(exact, lambda verdict: verdict.covered),
        "answer_text_quoted": _share(exact, lambda verdict: verdict.text_quoted),
        "gold_cited": _share(asked, lambda verdict: verdict.gold_cited),
        "answered": _share(asked, lambda verdict: verdict.completeness != "none"),
        "answered_complete": _share(asked, lambda verdict: verdict.completeness == "complete"),
        "citation_precision": estimate_ratio(
            [sum(quote.right for quote in verdict.quotes) for verdict in asked],
            [len(verdict.quotes) for verdict in asked],
        ),
        "citation_recall": estimate_ratio(
            [verdict.anchors_covered for verdict in asked], [verdict.anchors for verdict in asked]
        ),
        "sentences_quoted": estimate_mean([verdict.sentences for verdict in asked if verdict.quotes]),
    }


def _refusing(verdicts: Sequence[Verdict]) -> dict[str, Estimate | None]:
    unanswerable = [verdict for verdict in verdicts if verdict.variant == "gewoon" and not verdict.answerable]
    left_out = [verdict for verdict in verdicts if verdict.variant == "weggelaten"]
    unknown = [verdict for verdict in verdicts if verdict.variant == "onbekend"]
    refused = [verdict for verdict in verdicts if verdict.completeness == "none"]
    curve = refusal_curve(
        [verdict.confidence for verdict in verdicts if verdict.answerable],
        [verdict.confidence for verdict in left_out],
    )
    can_refuse_rightly = any(not verdict.answerable for verdict in verdicts)
    return {
        "refusal_precision": _share(refused, lambda verdict: not verdict.answerable) if can_refuse_rightly else None,
        "refusal_recall": _share(unanswerable, _is_declined),
        "unanswerable_not_complete": _share(unanswerable, _is_held_back),
        "left_out_refused": _share(left_out, _is_declined),
        "left_out_not_complete": _share(left_out, _is_held_back),
        **_plain("left_out_refused_at_90", refused_while_answering(curve, 0.9), len(left_out)),
        "unknown_refused": _share(unknown, _is_declined),
        "unknown_not_complete": _share(unknown, _is_held_back),
    }


def _is_declined(verdict: Verdict) -> bool:
    return verdict.declined


def _is_held_back(verdict: Verdict) -> bool:
    return verdict.held_back


def _honesty(verdicts: Sequence[Verdict]) -> dict[str, Estimate | None]:
    return {
        "forbidden_said": _share(verdicts, lambda verdict: verdict.forbidden_said),
        "unsupported_claims": estimate_ratio(
            [verdict.unsupported for verdict in verdicts], [verdict.claims for verdict in verdicts]
        ),
    }


def _latency(verdicts: Sequence[Verdict]) -> dict[str, Estimate | None]:
    durations = [verdict.duration_ms for verdict in verdicts if not verdict.blocked]
    if not durations:
        return {}
    p50, p95 = np.percentile(durations, [50, 95])
    return {
        **_plain("latency_p50_ms", float(p50), len(durations)),
        **_plain("latency_p95_ms", float(p95), len(durations)),
    }


def _plain(name: str, value: float | None, count: int) -> dict[str, Estimate | None]:
    """A figure without an interval of its own."""
    return {} if value is None else {name: Estimate(value, value, value, count)}


def _types(verdicts: Sequence[Verdict]) -> Iterable[TypeFigures]:
    own = [verdict for verdict in verdicts if verdict.variant == "gewoon"]
    for name in sorted({verdict.type for verdict in own}):
        these = [verdict for verdict in own if verdict.type == name]
        found = _share((verdict for verdict in these if verdict.answerable), lambda verdict: verdict.right)
        refused = _share((verdict for verdict in these if not verdict.answerable), _is_held_back)
        yield TypeFigures(name, len(these), found.value if found else None, refused.value if refused else None)


def question_key(verdict: Verdict) -> str:
    """A name for one question in one variant."""
    return verdict.id if verdict.variant == "gewoon" else f"{verdict.id} ({verdict.variant})"


def question_scores(verdicts: Sequence[Verdict]) -> dict[str, dict[str, float]]:
    """Scores a question by metric, for laying two runs beside each other; a question that a metric skips is absent."""
    outcomes: dict[str, Callable[[Verdict], float | None]] = {
        "answer_found": lambda verdict: verdict.found if verdict.answerable and verdict.exact else None,
        "gold_cited": lambda verdict: verdict.gold_cited,
        "answered": lambda verdict: verdict.completeness != "none" if verdict.answerable else None,
        "citation_precision": _own_precision,
        "not_complete": lambda verdict: None if verdict.answerable else _is_held_back(verdict),
        "refused": lambda verdict: None if verdict.answerable else _is_declined(verdict),
    }
    return {
        name: {question_key(verdict): float(score) for verdict in verdicts if (score := outcome(verdict)) is not None}
        for name, outcome in outcomes.items()
    }


def _own_precision(verdict: Verdict) -> float | None:
    if not verdict.answerable or not verdict.quotes:
        return None
    return sum(quote.right for quote in verdict.quotes) / len(verdict.quotes)
