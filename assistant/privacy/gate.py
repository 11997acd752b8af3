"""The privacy gate: a text in, where the client data stands out."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Protocol

from assistant.privacy.addresses import addresses
from assistant.privacy.advice import advice
from assistant.privacy.bank_accounts import bank_accounts
from assistant.privacy.birth_dates import birth_dates
from assistant.privacy.case_context import CaseContext
from assistant.privacy.citizen_numbers import citizen_numbers
from assistant.privacy.emails import emails
from assistant.privacy.finding import PLACEHOLDERS, Finding, Kind, replaced
from assistant.privacy.folding import MASK, Folded, fold
from assistant.privacy.licence_plates import licence_plates
from assistant.privacy.name_lists import public_names
from assistant.privacy.person_names import PersonNames
from assistant.privacy.phone_numbers import phone_numbers
from assistant.types import Language

_PLACEHOLDER = re.compile("|".join(map(re.escape, PLACEHOLDERS.values())))
_DIGIT = re.compile(r"\d")


class NameFinder(Protocol):
    """Something that knows more names than our lists, such as `privacy_names.BackgroundNames`."""

    def names(self, text: str) -> Sequence[tuple[int, int]]: ...


class PrivacyGate:
    """Finds client data in a question; stateless and safe to use from several threads."""

    def __init__(self, glossary_names: frozenset[str] | None = None, names: NameFinder | None = None) -> None:
        """A gate that lets public names through.

        Args:
            glossary_names: names of people that a policy question may hold; the packaged ones when left out.
            names: finds more names of people; they count when the text is about a case.
        """
        self._person_names = PersonNames(public_names() if glossary_names is None else glossary_names)
        self._names = names

    def findings(self, text: str) -> tuple[Finding, ...]:
        """The client data in a text, in order and without overlap; offsets are places in `text`."""
        reading = _Reading(fold(text))
        reading.take("e-mail", emails(reading.text))
        context = reading.context
        others = reading.folded_spans(self._names.names(text)) if self._names else []

        def names() -> list[tuple[int, int]]:
            return self._person_names.find(reading.text, context, others)

        if _DIGIT.search(reading.text):
            reading.take("iban", bank_accounts(reading.text))
            reading.take("telefoon", phone_numbers(reading.text, context))
            reading.take("bsn", citizen_numbers(reading.text, context))
            reading.take("kenteken", licence_plates(reading.text))
            reading.take("geboortedatum", birth_dates(reading.text, names))
            reading.take("adres", addresses(reading.text, context, names))
        reading.take("naam", names())
        return reading.findings()

    def redacted(self, text: str) -> str:
        """The text with every finding replaced by a word in brackets; nothing is found in it any more."""
        # What stood in the shadow of one finding may come out when that is gone; every round takes something away.
        while findings := self.findings(text):
            text = replaced(text, findings)
        return text

    def advice(self, kinds: Iterable[Kind], language: Language = "nl") -> str:
        """What to leave out of the question, in plain words, without repeating any of it."""
        return advice(kinds, language)


class _Reading:
    """One text while the detectors read it; what one of them took is hidden from the next."""

    def __init__(self, folded: Folded) -> None:
        self._folded = folded
        self._found: list[tuple[Kind, int, int]] = []
        self.text = _PLACEHOLDER.sub(lambda match: MASK * len(match[0]), folded.text)

    def take(self, kind: Kind, spans: Iterable[tuple[int, int]]) -> None:
        """Note what a detector found, and hide it from the next one."""
        taken = []
        for begin, end in list(spans):
            if MASK not in self.text[begin:end]:
                taken.append((begin, end))
                self.text = f"{self.text[:begin]}{MASK * (end - begin)}{self.text[end:]}"
        self._found += [(kind, begin, end) for begin, end in taken]
        if kind != "e-mail":  # an address alone shows no case
            self.context.add(taken)

    @cached_property
    def context(self) -> CaseContext:
        """The case context of the text."""
        return CaseContext(self.text)

    def folded_spans(self, spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
        """Stretches of the original as stretches of the folded text."""
        origins = self._folded.origins
        found = ((bisect_left(origins, begin), bisect_left(origins, end)) for begin, end in spans)
        return [(begin, end) for begin, end in found if begin < end]

    def findings(self) -> tuple[Finding, ...]:
        spans = sorted((*self._folded.span(begin, end), kind) for kind, begin, end in self._found)
        findings: list[Finding] = []
        for begin, end, kind in spans:
            if not findings or begin >= findings[-1].end:
                findings.append(Finding(kind, begin, end))
        return tuple(findings)
