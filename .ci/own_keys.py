"""A detector for detect-secrets: the API keys of Beleidswijzer itself (assistant/records/keys.py)."""

from __future__ import annotations

import re

from detect_secrets.plugins.base import RegexBasedDetector


class OwnKeyDetector(RegexBasedDetector):
    """Keys as `beleidswijzer keys create` shows them."""

    secret_type = "Beleidswijzer key"
    denylist = (re.compile(r"bw_[0-9a-f]{8}_[0-9a-f]{64}"),)
