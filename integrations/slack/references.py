"""What a button remembers: ids and places only, so that a click finds back what it is about without anything stored.

Never the text of a question or an answer: Slack keeps the values of buttons as long as the message.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from zlib import crc32

from assistant import Citation

_LONGEST_VALUE = 1_900  # Slack takes 2,000


@dataclass(frozen=True)
class QuotePlace:
    """Where a quote stands in a document, and a sum that tells whether the text there is still the same."""

    number: int
    document_id: str
    begin: int
    end: int
    checksum: str

    @classmethod
    def of(cls, citation: Citation) -> QuotePlace:
        """The place of a citation."""
        return cls(citation.number, citation.document.id, citation.begin, citation.end, checksum(citation.quote))


@dataclass(frozen=True)
class Reference:
    """One answer: its id, the message with the question (empty for a command), and the quotes that it stands on."""

    answer_id: str = ""
    channel: str = ""
    ts: str = ""
    thread_ts: str = ""
    places: tuple[QuotePlace, ...] = ()

    def value(self) -> str:
        """As text for a button, without the last places where it would be too long."""
        places = [[each.number, each.document_id, each.begin, each.end, each.checksum] for each in self.places]
        while True:
            content = [self.answer_id, self.channel, self.ts, self.thread_ts, places]
            text = json.dumps(content, separators=(",", ":"), ensure_ascii=False)
            if len(text) <= _LONGEST_VALUE or not places:
                return text
            places.pop()

    @classmethod
    def read(cls, value: str) -> Reference:
        """The reference that a button holds; an empty one for anything else."""
        try:
            answer_id, channel, ts, thread_ts, places = json.loads(value)
            found = tuple(
                QuotePlace(int(number), str(document_id), int(begin), int(end), str(total))
                for number, document_id, begin, end, total in places
            )
            return cls(str(answer_id), str(channel), str(ts), str(thread_ts), found)
        except (ValueError, TypeError):
            return cls()


def checksum(quote: str) -> str:
    """A short sum of a quote."""
    return f"{crc32(quote.encode('utf-8', 'replace')):08x}"


def places_of(citations: Sequence[Citation]) -> tuple[QuotePlace, ...]:
    """The places of citations."""
    return tuple(QuotePlace.of(citation) for citation in citations)
