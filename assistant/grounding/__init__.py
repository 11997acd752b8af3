"""The grounding check: no claim of a chat model reaches a reader that its cited passages do not carry."""

from assistant.grounding.check import Evidence, Grounding, Verdict
from assistant.grounding.entailment import Entailment, SentenceTransformersEntailment
from assistant.grounding.markers import markers, without_markers

__all__ = [
    "Entailment",
    "Evidence",
    "Grounding",
    "SentenceTransformersEntailment",
    "Verdict",
    "markers",
    "without_markers",
]
