"""Text as Slack may show it: nothing in it becomes a ping, a link or mark-up that we did not mean.

Blocks hold their texts as rich text and plain text, which Slack shows to the letter. What remains is the `text` of a
message (Slack's mrkdwn) and streamed text (Markdown).
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

_MENTION = re.compile(r"<@([UW][A-Z0-9]+)(?:\|[^>]*)?>")
_GROUP = re.compile(r"<!([^|>]+)(?:\|([^>]*))?>")
_CHANNEL = re.compile(r"<#[CG][A-Z0-9]+(?:\|([^>]*))?>")
_LINK = re.compile(r"<((?:https?|mailto):[^|>]+)(?:\|([^>]*))?>")
_MARKDOWN = re.compile(r"[\\`*_~\[\]]")
_MARKER = re.compile(r"(?<!\\)\\\[(\d{1,3})\\\]")
_TARGET = re.compile(r"(\])\(")
_LINE_MARKUP = re.compile(r"^(\s*)([#>+=|])", re.MULTILINE)
_ESCAPED = re.compile(r"\\([\\`*_~\[\](#>+=|])")


def escaped(text: str) -> str:
    """A text for the `text` of a message: pings and links in it stay letters."""
    return html.escape(text, quote=False)


def markdown(text: str) -> str:
    """A text for a stream: only its line breaks, list dashes and markers like [1] keep their meaning."""
    # Slack does not take a ping from an escaped "<", nor a link from an escaped bracket.
    marked = _LINE_MARKUP.sub(r"\1\\\2", _MARKDOWN.sub(r"\\\g<0>", text))
    return escaped(_TARGET.sub(r"\1\(", _MARKER.sub(r"[\1]", marked)))


def read_markdown(text: str) -> str:
    """What `markdown` was given, or `escaped`."""
    return _ESCAPED.sub(r"\1", html.unescape(text))


def typed(text: str, bot_user: str) -> str:
    """What a person typed, without the mention of the bot and without Slack's codes for people, channels and links."""
    text = _MENTION.sub(lambda found: " " if found[1] == bot_user else "@collega", text)
    text = _GROUP.sub(lambda found: found[2] or f"@{found[1].split('^')[0]}", text)
    text = _CHANNEL.sub(lambda found: f"#{found[1]}" if found[1] else "#kanaal", text)
    text = _LINK.sub(lambda found: found[2] or found[1].removeprefix("mailto:"), text)
    return html.unescape(text).strip(" \t\n,:")


def mentions_others(text: str, bot_user: str) -> bool:
    """Whether a message calls anybody else than the bot."""
    others = any(found[1] != bot_user for found in _MENTION.finditer(text))
    return others or any(not found[1].startswith("date^") for found in _GROUP.finditer(text))


def clipped(text: str, most: int) -> str:
    """The text on one line, with an ellipsis where it was too long."""
    text = " ".join(text.split())
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"


def split_text(text: str, most: int) -> list[str]:
    """The text in pieces of at most `most` characters, cut between lines, else between words."""
    return list(_pieces(text, most)) or [""]


def _pieces(text: str, most: int) -> Iterator[str]:
    while len(text) > most:
        cut = max(text.rfind("\n", 1, most), 0) or max(text.rfind(" ", 1, most), 0) or most
        yield text[:cut].rstrip()
        text = text[cut:].lstrip("\n ")
    if text:
        yield text
