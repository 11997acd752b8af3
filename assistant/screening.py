"""The gate before everything else: no client data gets past it, not into search, a log, a model or an echo."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from assistant.language import detect_language
from assistant.privacy import Kind, PrivacyGate
from assistant.settings_sections import PrivacySettings
from assistant.types import Answer, Caution, Language, Turn

Mode = Literal["block", "redact"]
_REDACTED: dict[Language, str] = {
    "nl": "In de vraag of in het gesprek stonden gegevens van een persoon. Die zijn weggelaten.",
    "en": "The question or the conversation held personal data. It was left out.",
}
_NOT_USED: dict[Language, str] = {
    "nl": "De vraag is niet gebruikt en niet bewaard.",
    "en": "The question was not used and not stored.",
}


@dataclass(frozen=True)
class Screened:
    """A question and its conversation without client data."""

    question: str
    history: tuple[Turn, ...]
    found: tuple[Kind, ...] = ()  # kinds of client data that were found, in the order of finding
    is_blocked: bool = False


class Screening:
    """Blocks or redacts what holds client data."""

    def __init__(self, gate: PrivacyGate | None = None, mode: Mode = "block") -> None:
        self._gate, self._mode = gate or PrivacyGate(), mode

    def screen(self, question: str, history: Sequence[Turn] = ()) -> Screened:
        """The question and the conversation as they may be used."""
        in_question = self._kinds(question)
        turns = self._unblocked(history)
        # What the assistant said came from public sources, so a name in it blocks nothing; it is left out all the same.
        said = [kind for turn in turns if turn.role == "user" for kind in self._kinds(turn.text)]
        found = tuple(dict.fromkeys([*in_question, *said]))
        clean = tuple(Turn(turn.role, self._gate.redacted(turn.text)) for turn in turns)
        if not found:
            return Screened(question, clean)
        return Screened(self._gate.redacted(question), clean, found, self._mode == "block")

    def advice(self, screened: Screened) -> str:
        """What to leave out, in the language of the question; repeats nothing of it."""
        return self._gate.advice(screened.found, detect_language(screened.question))

    def blocked_answer(self, screened: Screened) -> Answer:
        """What a blocked question gets instead of an answer."""
        language = detect_language(screened.question)
        return Answer(
            question=screened.question,
            text=self.advice(screened),
            completeness="none",
            method="extractive",
            language=language,
            warnings=(Caution("clientgegevens", _NOT_USED[language]),),
            blocked=screened.found,
        )

    def cautions(self, screened: Screened, language: Language) -> tuple[Caution, ...]:
        """What the reader of an answer to a redacted question must know."""
        return (Caution("weggelaten", _REDACTED[language]),) if screened.found else ()

    def _kinds(self, text: str) -> list[Kind]:
        return [finding.kind for finding in self._gate.findings(text)]

    def _unblocked(self, history: Sequence[Turn]) -> list[Turn]:
        """The turns without the questions that were blocked when they were asked, and without what was said to them.

        A chat program that sends the whole conversation each time would otherwise never get an answer again.
        """
        kept: list[Turn] = []
        for turn in history:
            was_blocked = turn.role == "assistant" and kept and kept[-1].role == "user" and self._kinds(kept[-1].text)
            if was_blocked and turn.text.strip() in self._advices(kept[-1].text):
                kept.pop()
            else:
                kept.append(turn)
        return kept

    def _advices(self, text: str) -> set[str]:
        kinds = self._kinds(text)
        return {self._gate.advice(kinds, "nl"), self._gate.advice(kinds, "en")}


def open_screening(settings: PrivacySettings) -> Screening:
    """The screening that the settings ask for; names by the [privacy] extra are looked for once it has loaded."""
    if not settings.names:
        return Screening(mode=settings.mode)
    from assistant.privacy_names import BackgroundNames

    return Screening(PrivacyGate(names=BackgroundNames()), settings.mode)
