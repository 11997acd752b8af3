"""Documents without the private phone numbers and e-mail addresses of the people who wrote them."""

from __future__ import annotations

from assistant.privacy.emails import emails
from assistant.privacy.finding import Finding, Kind, replaced
from assistant.privacy.folding import fold
from assistant.privacy.phone_numbers import mobile_numbers


def contact_details(text: str) -> tuple[Finding, ...]:
    """The mobile numbers and personal e-mail addresses in a document, in order and without overlap."""
    folded = fold(text)
    spans: list[tuple[int, int, Kind]] = [(*folded.span(*span), "e-mail") for span in emails(folded.text)]
    spans += [(*folded.span(*span), "telefoon") for span in mobile_numbers(folded.text)]
    findings: list[Finding] = []
    for begin, end, kind in sorted(spans):
        if not findings or begin >= findings[-1].end:
            findings.append(Finding(kind, begin, end))
    return tuple(findings)


def without_contact_details(text: str) -> str:
    """The text with a placeholder for every mobile number and personal e-mail address.

    Numbers and boxes of organisations (fixed lines, info@) stay: a reader may need them.
    """
    return replaced(text, contact_details(text))
