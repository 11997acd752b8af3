"""A whole written answer: each part of the question in turn, and the reader's quotes where the chat model fails."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from assistant.assembling import Segment, part_heading, quoted
from assistant.considering import Considered
from assistant.errors import ChatModelError
from assistant.refusals import REFUSAL
from assistant.types import Caution, Language, Length
from assistant.writer import Writer

_NO_MODEL: dict[Language, str] = {
    "nl": "Het taalmodel antwoordt niet. Dit zijn letterlijke citaten uit de bronnen.",
    "en": "The language model does not answer. These are literal quotes from the sources.",
}
_BROKEN_OFF: dict[Language, str] = {
    "nl": "Het taalmodel is gestopt voordat het antwoord af was.",
    "en": "The language model stopped before the answer was finished.",
}
_NOTICE: dict[Language, str] = {
    "nl": "Een taalmodel schreef dit antwoord. Elke zin is vergeleken met de bron erachter. Lees de bron na.",
    "en": "A language model wrote this answer. Every sentence was compared with its source. Read the source.",
}
_REMOVED: dict[Language, str] = {
    "nl": "Zinnen die niet met de bronnen kloppen, zijn weggelaten: {count}.",
    "en": "Sentences that the sources do not support were left out: {count}.",
}


class Writing:
    """One answer while it is written: iterate over `segments`, then read the rest."""

    def __init__(self, writer: Writer, considered: Sequence[Considered], length: Length) -> None:
        self._writer, self._considered, self._length = writer, considered, length
        self.removed = 0
        self.is_written = False  # whether the model wrote anything that is shown
        self.is_whole = True  # whether nothing was removed, broken off or refused by the model
        self.cautions: list[Caution] = []

    def segments(self) -> Iterator[Segment]:
        """The checked pieces of the answer; none at all if nothing is left or the sources do not answer."""
        several = len(self._considered) > 1
        held: list[Segment] = []  # headings and refusals that are said only if some part has an answer
        has_answer = False
        for number, part in enumerate(self._considered, start=1):
            if several:
                held.append(part_heading(number, part))
            shown = 0
            for segment in self._part(part) if part.completeness != "none" else ():
                yield from held
                held, has_answer = [], True
                shown += 1
                yield segment
            if not shown:
                self.is_whole = False
                held.append(Segment(REFUSAL[part.question.language]))
        if several and has_answer:
            yield from held
        if self.is_written:
            self._warn(Caution("taalmodel", _NOTICE[self._considered[0].question.language]))

    def _part(self, part: Considered) -> Iterator[Segment]:
        language, shown = part.question.language, 0
        draft = self._writer.draft(part, self._length)
        try:
            for segment in draft:
                shown += 1
                self.is_written = True
                yield segment
        except ChatModelError:
            if shown:
                self.is_whole = False
                self._warn(Caution("antwoord_afgebroken", _BROKEN_OFF[language]))
            else:
                self._warn(Caution("taalmodel_antwoordt_niet", _NO_MODEL[language]))
                yield from quoted(part)
        self.removed += draft.removed
        if draft.removed:
            self.is_whole = self.is_whole and not self.is_written
            self._warn(Caution("zinnen_weggelaten", _REMOVED[language].format(count=self.removed)))

    def _warn(self, caution: Caution) -> None:
        self.cautions = [each for each in self.cautions if each.code != caution.code] + [caution]
