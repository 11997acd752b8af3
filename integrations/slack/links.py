"""Where a citation's link leads: our own page of the source, or the original; an address that opens, or none."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import quote, urldefrag, urlsplit

from assistant import Citation, text_fragment

LONGEST_LINK = 2_900  # Slack takes 3,000
_UNSAFE = re.compile(r"[\s<>\"|\\^`{}\x00-\x1f\x7f]")


def source_address(base_url: str | None) -> Callable[[Citation], str]:
    """Makes the address of a citation; empty when there is none that colleagues can open.

    Args:
        base_url: where `beleidswijzer serve` is found by its users.
    """

    def address(citation: Citation) -> str:
        if base_url:
            place = f"/bronnen/{quote(citation.document.id, safe='')}#z{citation.begin}"
            return openable(base_url.rstrip("/") + place)
        return _original(citation)

    return address


def openable(url: str) -> str:
    """The address if Slack makes a link of it that opens, else nothing."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return ""
    known = parts.scheme in ("http", "https") and host and not host.startswith(".") and ".." not in host
    return url if known and not _UNSAFE.search(url) and len(url) <= LONGEST_LINK else ""


def _original(citation: Citation) -> str:
    url = urldefrag(citation.document.url or "").url
    if not openable(url):
        return ""
    if urlsplit(url).path.lower().endswith(".pdf"):
        return f"{url}#page={citation.page}" if citation.page else url
    return openable(f"{url}#{text_fragment(citation.quote)}") or url
