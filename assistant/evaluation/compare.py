"""Two saved runs on the same questions: what changed, which questions were won and lost, and how sure that is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from assistant.errors import UsageError
from assistant.evaluation.resampling import mcnemar_test, permutation_test
from assistant.evaluation.saved_runs import SavedRun

SIGNIFICANT = 0.05


@dataclass(frozen=True)
class Difference:
    """One metric in both runs, on the questions that both scored."""

    metric: str
    first: float
    second: float
    p_value: float
    test: str  # "McNemar" for yes/no scores, "permutatie" for others
    questions: int
    won: tuple[str, ...]  # question ids that the second run does better
    lost: tuple[str, ...]

    @property
    def change(self) -> float:
        """Second minus first."""
        return self.second - self.first


def compare_runs(first: SavedRun, second: SavedRun) -> list[Difference]:
    """The differences of every metric that both runs have; refused when they share no questions."""
    if first.kind != second.kind:
        raise UsageError(
            "De metingen zijn van een andere soort: vergelijk retrieval met retrieval en answers met answers."
        )
    differences = [
        _difference(metric, first.scores[metric], second.scores[metric])
        for metric in first.scores
        if first.scores[metric].keys() & second.scores.get(metric, {}).keys()
    ]
    if not differences:
        raise UsageError("De twee metingen hebben geen vraag gemeen. Vergelijk metingen op dezelfde vragenset.")
    return differences


def _difference(metric: str, first: dict[str, float], second: dict[str, float]) -> Difference:
    shared = [question for question in first if question in second]
    before = np.array([first[question] for question in shared])
    after = np.array([second[question] for question in shared])
    change = after - before
    won = tuple(question for question, step in zip(shared, change, strict=True) if step > 0)
    lost = tuple(question for question, step in zip(shared, change, strict=True) if step < 0)
    is_binary = bool(np.isin(np.concatenate([before, after]), (0.0, 1.0)).all())
    p_value = mcnemar_test(len(won), len(lost)) if is_binary else permutation_test(change)
    test = "McNemar" if is_binary else "permutatie"
    return Difference(metric, float(before.mean()), float(after.mean()), p_value, test, len(shared), won, lost)


def comparison_json(differences: list[Difference], questions: dict[str, str]) -> dict[str, Any]:
    """The comparison for programs, with the text of every question that changed."""
    return {
        each.metric: {
            "first": round(each.first, 4),
            "second": round(each.second, 4),
            "difference": round(each.change, 4),
            "p_value": round(each.p_value, 5),
            "test": each.test,
            "questions": each.questions,
            "won": [{"id": name, "question": questions.get(name, "")} for name in each.won],
            "lost": [{"id": name, "question": questions.get(name, "")} for name in each.lost],
        }
        for each in differences
    }


def comparison_words(differences: list[Difference], questions: dict[str, str], most: int = 20) -> Iterator[str]:
    """The comparison in Dutch, line by line; names at most `most` questions won and lost for each metric."""
    for each in differences:
        sure = "verschil is significant" if each.p_value < SIGNIFICANT else "verschil kan toeval zijn"
        yield (
            f"{each.metric}: {_number(each.first)} → {_number(each.second)} ({_number(each.change, '+')}), "
            f"p = {_number(each.p_value)} ({each.test}, {each.questions} vragen): {sure}"
        )
        yield from _named("gewonnen", each.won, questions, most)
        yield from _named("verloren", each.lost, questions, most)


def _named(word: str, names: tuple[str, ...], questions: dict[str, str], most: int) -> Iterator[str]:
    yield f"  {word}: {len(names)}"
    for name in names[:most]:
        yield f"    {name}: {questions.get(name, '')}"
    if len(names) > most:
        yield f"    … en nog {len(names) - most}; alles staat in de uitvoer van --json"


def _number(value: float, sign: str = "") -> str:
    return f"{value:{sign}.4f}".replace(".", ",")
