"""What counts as client data: found before a question is embedded, logged, echoed or sent to a model.

Rules and word lists, no model: `PrivacyGate().findings(text)` takes well under a millisecond. A file a kind of data;
`gate.py` puts them together.
"""

from __future__ import annotations

from assistant.privacy.contact_details import contact_details, without_contact_details
from assistant.privacy.finding import PLACEHOLDERS, Finding, Kind
from assistant.privacy.gate import NameFinder, PrivacyGate

__all__ = [
    "PLACEHOLDERS",
    "Finding",
    "Kind",
    "NameFinder",
    "PrivacyGate",
    "contact_details",
    "without_contact_details",
]
