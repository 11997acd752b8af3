"""Cuts what a chat model writes into claims as it comes: a sentence or list item with the markers behind it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from assistant.sentences import split_sentences

MAX_CHARACTERS = 12_000  # more than any answer; a model that goes on is cut off
_TRAILING_MARKERS = re.compile(r"\s*(?:\[[\d,; ]{1,12}\]\s*[.!?]?\s*)+")
_ITEM = re.compile(r"^\s*(?:[-•*]|\d{1,2}[.)])\s+")
_OPEN_MARKER = re.compile(r"\s*(?:\[[\d,; ]*)?\Z")
_OPENS = re.compile(r"[^\s\[]")


@dataclass(frozen=True)
class WrittenClaim:
    """One claim as it was written."""

    text: str  # with its markers
    separator: str  # what stood between it and the claim before: a space, a line end or an empty line


def written_claims(pieces: Iterable[str]) -> Iterator[WrittenClaim]:
    """The claims in a stream of text, each as soon as the text behind it shows that it is whole."""
    buffer, separator, length = "", "", 0
    for piece in pieces:
        length += len(piece)
        buffer += piece
        while (cut := _whole(buffer)) is not None:
            claim, separator_after, buffer = cut
            if claim:
                yield WrittenClaim(claim, separator)
                separator = separator_after
            elif separator:
                separator = max(separator, separator_after, key=len)
        if length > MAX_CHARACTERS:
            return  # the last claim is not whole
    if buffer.strip():
        yield from _last(buffer, separator)


def _last(buffer: str, separator: str) -> Iterator[WrittenClaim]:
    spans = split_sentences(buffer, 0, len(buffer))
    for begin, end in _with_markers(buffer, spans):
        yield WrittenClaim(buffer[begin:end].strip(), separator)
        separator = " "


def _whole(buffer: str) -> tuple[str, str, str] | None:
    """The first claim of the buffer that cannot go on, what separates it from the next, and the rest."""
    line_end = buffer.find("\n")
    line = buffer if line_end < 0 else buffer[:line_end]
    spans = list(_with_markers(line, split_sentences(line, 0, len(line))))
    if len(spans) > 1:
        (_, end), (begin, _) = spans[0], spans[1]
        # The next sentence must have begun: what looks like its start may still become a marker of this one.
        if _OPENS.match(line, begin):
            return line[:end].strip(), " ", buffer[begin:]
    if line_end < 0:
        return None
    rest = buffer[line_end:]
    if not rest.strip():
        return None  # more line ends, or a marker on a line of its own, may follow
    following = rest.lstrip()
    marker = _TRAILING_MARKERS.match(following)
    if following.startswith("["):
        if marker is None or marker.end() == len(following):
            return None
        return f"{line.strip()} {marker[0].strip()}", "\n", following[marker.end() :]
    blank = rest[: len(rest) - len(following)].count("\n") > 1
    return line.strip(), "\n\n" if blank else "\n", following


def _with_markers(text: str, spans: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """The sentences with the markers that stand behind their full stop."""
    taken = 0
    for begin, end in spans:
        start = max(begin, taken)
        if start >= end:
            continue
        marker = _TRAILING_MARKERS.match(text, end)
        taken = marker.end() if marker else end
        # "[1] Het team …": the markers at the start belong to the sentence before.
        yield start, taken


def item_mark(claim: str) -> tuple[str, str]:
    """The claim's list mark ("- "; empty for running text) and the claim without it."""
    found = _ITEM.match(claim)
    return ("- ", claim[found.end() :]) if found else ("", claim)
