"""What the privacy gate reports: which kind of client data stands where, never the data itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["bsn", "telefoon", "e-mail", "iban", "geboortedatum", "adres", "kenteken", "naam"]

# What a reader sees in the place of a finding.
PLACEHOLDERS: dict[Kind, str] = {
    "bsn": "[BSN]",
    "telefoon": "[telefoonnummer]",
    "e-mail": "[e-mailadres]",
    "iban": "[IBAN]",
    "geboortedatum": "[geboortedatum]",
    "adres": "[adres]",
    "kenteken": "[kenteken]",
    "naam": "[naam]",
}


@dataclass(frozen=True)
class Finding:
    """One stretch of a text that is client data."""

    kind: Kind
    begin: int
    end: int  # exclusive


def replaced(text: str, findings: tuple[Finding, ...]) -> str:
    """The text with a placeholder for every finding; findings are sorted and do not overlap."""
    parts = []
    place = 0
    for finding in findings:
        parts += [text[place : finding.begin], PLACEHOLDERS[finding.kind]]
        place = finding.end
    return "".join((*parts, text[place:]))
