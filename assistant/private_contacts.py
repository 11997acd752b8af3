"""Takes the private phone numbers and e-mail addresses out of a document before it is indexed."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace

from assistant.privacy import PLACEHOLDERS, Finding, contact_details
from assistant.types import Source


def without_private_contacts(source: Source) -> Source:
    """The same source with a placeholder for each private number and address, and a warning that says how many."""
    findings = contact_details(source.text)
    if not findings:
        return source
    places = _Places(findings)
    return replace(
        source,
        text=places.text(source.text),
        blocks=tuple(
            replace(block, begin=places.moved(block.begin), end=places.moved(block.end)) for block in source.blocks
        ),
        pages=tuple(replace(page, begin=places.moved(page.begin), end=places.moved(page.end)) for page in source.pages),
        warnings=(*source.warnings, f"privénummers of e-mailadressen weggelaten: {len(findings)}"),
    )


class _Places:
    """Where each offset of the old text is in the new one."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        self._findings = findings
        self._begins = [finding.begin for finding in findings]
        self._grown = [0]  # by how much the text has grown after so many findings
        for finding in findings:
            self._grown.append(self._grown[-1] + len(PLACEHOLDERS[finding.kind]) - (finding.end - finding.begin))

    def text(self, old: str) -> str:
        parts, place = [], 0
        for finding in self._findings:
            parts += [old[place : finding.begin], PLACEHOLDERS[finding.kind]]
            place = finding.end
        return "".join([*parts, old[place:]])

    def moved(self, offset: int) -> int:
        """The new offset; one inside a finding moves to the end of its placeholder."""
        before = bisect_right(self._begins, offset - 1)
        if before and offset < self._findings[before - 1].end:
            offset = self._findings[before - 1].end
        return offset + self._grown[before]
