"""What is wrong with a text written in Slack's own markup (mrkdwn) or in a markdown block: pings, links, escapes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

GROUP_PING = re.compile(r"<!(?:channel|here|everyone|subteam\^)[^>]*>")
PERSON_PING = re.compile(r"<@[UWB][A-Z0-9]*(?:\|[^>]*)?>")
ANGLED = re.compile(r"<([^<>]*)>")
QUOTE = re.compile(r"^>+", re.MULTILINE)  # a quotation, the one place where a bare > means something
ESCAPED = re.compile(r"&(?:amp|lt|gt);")
DATE = re.compile(r"!date\^\d+\^[^|]+\|.+")
CHANNEL = re.compile(r"#[CG][A-Z0-9]+(?:\|[^|]*)?")
MARKDOWN_LINK = re.compile(r"(?<!\\)\]\(")
LONGEST_LINK = 3000


def broadcasts(text: str) -> list[str]:
    """Every ping in a text: of a channel, a group or a person."""
    return GROUP_PING.findall(text) + PERSON_PING.findall(text)


def group_pings(text: str) -> list[str]:
    """Every ping of more than one person."""
    return GROUP_PING.findall(text)


def link_fault(url: str) -> str | None:
    """Why Slack would not make this a link that opens, or None."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError as reason:
        return f"no valid URL ({reason})"
    if parts.scheme == "mailto":
        return None if "@" in parts.path else "mailto without an address"
    if parts.scheme not in ("http", "https"):
        return "neither http nor https"
    if not host or host.startswith(".") or ".." in host:
        return "no host"
    if re.search(r"[\s<>\"|\\^`{}]", url):
        return "a character that must be percent-encoded"
    return "longer than 3000 characters" if len(url) > LONGEST_LINK else None


def mrkdwn_faults(text: str) -> Iterator[str]:
    """Links that break and characters that should have been escaped, in mrkdwn."""
    for inside in ANGLED.findall(text):
        if fault := _angled_fault(inside):
            yield f"{fault}: {('<' + inside + '>')[:80]!r}"
    left = ANGLED.sub("", text)
    if "<" in left:
        yield f"unescaped '<' in {_around(left, left.index('<'))!r}"
    unquoted = QUOTE.sub("", left)
    if ">" in unquoted:
        yield f"unescaped '>' in {_around(unquoted, unquoted.index('>'))!r}"
    if "&" in ESCAPED.sub("", left):
        bare = ESCAPED.sub("", left)
        yield f"unescaped '&' in {_around(bare, bare.index('&'))!r}"


def _angled_fault(inside: str) -> str | None:
    if inside.startswith(("@", "!")) or DATE.fullmatch(inside) or CHANNEL.fullmatch(inside):
        return None
    url, bar, label = inside.partition("|")
    if "://" not in url and not url.startswith("mailto:"):
        return "unescaped '<' and '>'"
    if fault := link_fault(url.replace("&amp;", "&")):
        return f"broken link, {fault}"
    if bar and (not label.strip() or "|" in label or "\n" in label):
        return "broken link, empty label, or one with a bar or a line break"
    return None


def markdown_faults(text: str) -> Iterator[str]:
    """Links that break in a markdown block or a streamed text."""
    for start in MARKDOWN_LINK.finditer(text):
        url, closed = _target(text, start.end())
        if not closed:
            yield f"broken link, no closing parenthesis: {url[:80]!r}"
        elif fault := link_fault(url):
            yield f"broken link, {fault}: {url[:80]!r}"
        elif not _label(text, start.start()).strip():
            yield f"broken link, no label: {url[:80]!r}"


def _target(text: str, start: int) -> tuple[str, bool]:
    """The address from `start` up to the parenthesis that closes it, counting those inside."""
    depth = 0
    for place in range(start, len(text)):
        if text[place] == "(":
            depth += 1
        elif text[place] == ")":
            if depth == 0:
                return text[start:place], True
            depth -= 1
        elif text[place] == "\n":
            break
    return text[start : start + 200], False


def _label(text: str, end: int) -> str:
    """The label that ends at the bracket on `end`, counting brackets inside; empty when it was never opened."""
    depth = 0
    for place in range(end - 1, -1, -1):
        if place and text[place - 1] == "\\":
            continue
        if text[place] == "]":
            depth += 1
        elif text[place] == "[":
            if depth == 0:
                return text[place + 1 : end]
            depth -= 1
    return ""


def _around(text: str, place: int) -> str:
    return text[max(0, place - 20) : place + 20]
