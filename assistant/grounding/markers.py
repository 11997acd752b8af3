"""The [1] markers of a claim, and what may never stand in one."""

from __future__ import annotations

import re

_MARKER = re.compile(r"\[\s*(\d{1,3}(?:\s*[,;]\s*\d{1,3})*)\s*\](?!\()")
_SPACE_LEFT = re.compile(r"\s+(?=[.,;:!?]|$)|(?<=\s)\s+")
# A reader must never be led away from the citations, and Slack must never call a whole channel.
_FORBIDDEN = re.compile(
    r"[a-z][a-z0-9+.-]{1,15}://|\bwww\.|\b(?:mailto|javascript|data):\S"
    r"|!\[|\]\s*\(|\]\s*\[[^\]\d]|^\s*\[[^\]]+\]:"  # Markdown images, links and their definitions
    r"|</?[a-z!][^>]*>|<!--|&(?:#\w+|lt|gt|amp|quot|nbsp);"  # HTML
    r"|<[!@#][^>]*>|@(?:channel|here|everyone)\b"  # Slack
    r"|```|~~~",
    re.I | re.M,
)


def markers(text: str) -> tuple[int, ...]:
    """The numbers of the markers in a text, in order: 1, 3 for "[1][3]" and for "[1, 3]"."""
    return tuple(int(number) for match in _MARKER.finditer(text) for number in re.findall(r"\d+", match.group(1)))


def without_markers(text: str) -> str:
    """The text without its markers and without the spaces that they leave."""
    return _SPACE_LEFT.sub("", _MARKER.sub(" ", text)).strip()


def has_forbidden_text(text: str) -> bool:
    """Whether a text holds an address, a link, an image, HTML, code or a command for Slack."""
    return _FORBIDDEN.search(text) is not None
