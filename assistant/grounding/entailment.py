"""Judges whether a passage makes a claim true: any cross-encoder for natural language inference, by name or path."""

from __future__ import annotations

import threading
from functools import cached_property
from typing import Protocol

from assistant.embeddings import Vector


class Entailment(Protocol):
    """A model that judges whether a premise makes a claim true."""

    def supports(self, premise: str, claim: str) -> float:
        """The probability, from 0 to 1."""
        ...


class PairClassifier(Protocol):
    """Gives for each pair of texts the probability of each of its labels."""

    @property
    def labels(self) -> tuple[str, ...]: ...

    def probabilities(self, pairs: list[tuple[str, str]]) -> Vector:
        """One row a pair, one column a label."""
        ...


class SentenceTransformersEntailment:
    """A sentence-transformers cross-encoder with a label "entailment"; loads on first use."""

    def __init__(self, name: str, classifier: PairClassifier | None = None) -> None:
        """Remembers the name on the hub or the path."""
        self._name = name
        self._given = classifier
        self._lock = threading.RLock()

    def supports(self, premise: str, claim: str) -> float:
        """The probability that the premise makes the claim true.

        Raises:
            ModelError: the model cannot be loaded or does not judge entailment.
        """
        with self._lock:
            row = self._classifier.probabilities([(premise, claim)])[0]
            return float(row[self._label])

    @cached_property
    def _classifier(self) -> PairClassifier:
        if self._given is not None:
            return self._given
        from assistant.sentence_transformers_embedder import load_pair_classifier

        return load_pair_classifier(self._name)

    @cached_property
    def _label(self) -> int:
        from assistant.errors import ModelError

        for number, label in enumerate(self._classifier.labels):
            if label.lower() in ("entailment", "entailed", "supported"):
                return number
        raise ModelError(
            f"Het model {self._name} beoordeelt niet of een bron een zin ondersteunt. "
            'Kies een cross-encoder met het label "entailment".'
        )
