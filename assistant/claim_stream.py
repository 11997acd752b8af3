"""Cuts what a chat model writes into claims as it comes: a sentence or list item with the markers behind it.

The text is taken in character by character, so that the pieces in which it arrives make no difference.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from assistant.errors import ChatModelError
from assistant.sentences import split_sentences

MAX_CHARACTERS = 12_000  # more than any answer; a model that goes on is cut off
MAX_CLAIM_CHARACTERS = 2_000  # more than any sentence; a model that never ends one is cut off
_MAX_REPEATS = 8  # so often may a model say what it said before; small models can go round for ever
_MARKERS = r"(?:\[[\d,; ]{1,12}\]\s*[.!?]?\s*)+"
_TRAILING_MARKERS = re.compile(rf"\s*{_MARKERS}")
_NEXT_LINE_MARKERS = re.compile(_MARKERS)
_MAY_BECOME_MARKER = re.compile(r"\[[\d,; ]{0,12}\Z")
_ITEM = re.compile(r"^\s*(?:[-–•*]|\d{1,2}[.)])\s+")
_THOUGHTS = re.compile(r"\s*<think>.*?</think>\s*", re.DOTALL)
_MAY_BE_THOUGHTS = re.compile(r"\s*<(?:t(?:h(?:i(?:n(?:k(?:>.*)?)?)?)?)?)?\Z", re.DOTALL)


@dataclass(frozen=True)
class WrittenClaim:
    """One claim as it was written."""

    text: str  # with its markers
    separator: str  # what stood between it and the claim before: a space, a line end or an empty line


def written_claims(pieces: Iterable[str]) -> Iterator[WrittenClaim]:
    """The claims in a stream of text, each as soon as the text behind it shows that it is whole.

    Raises:
        ChatModelError: the text does not end, or says the same again and again; the claims before that stand.
    """
    separator = ""
    seen: set[str] = set()
    repeats = 0
    for claim, following in _claims(pieces):
        if not claim:
            separator = max(separator, following, key=len)
            continue
        yield WrittenClaim(claim, separator)
        separator = following
        repeats += claim in seen
        seen.add(claim)
        if repeats > _MAX_REPEATS:
            raise ChatModelError("Het taalmodel herhaalt zichzelf. Kies een ander model in CHAT_MODEL.")


def item_mark(claim: str) -> tuple[str, str]:
    """The claim's list mark ("- "; empty for running text) and the claim without it."""
    found = _ITEM.match(claim)
    return ("- ", claim[found.end() :]) if found else ("", claim)


def _claims(pieces: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Each claim with what separates it from the next."""
    buffer, last = "", " "
    for character in _characters(pieces):
        buffer += character
        # Inside a word nothing ends.
        if not (character.isalnum() and last.isalnum()):
            while (cut := _first_claim(buffer)) is not None:
                claim, separator, buffer = cut
                yield claim, separator
        last = character
        if len(buffer) > MAX_CLAIM_CHARACTERS:
            raise _endless()
    for begin, end in _with_markers(buffer, split_sentences(buffer, 0, len(buffer))):
        yield buffer[begin:end].strip(), " "


def _characters(pieces: Iterable[str]) -> Iterator[str]:
    """What the model says, without what it thinks aloud before that."""
    thoughts, is_thinking, count = "", True, 0
    for piece in pieces:
        for character in piece:
            count += 1
            if count > MAX_CHARACTERS:
                raise _endless()
            if not is_thinking:
                yield character
                continue
            thoughts += character
            if character == ">" and _THOUGHTS.fullmatch(thoughts):
                thoughts, is_thinking = "", False
            elif not (thoughts.isspace() or _MAY_BE_THOUGHTS.match(thoughts)):
                yield from thoughts
                thoughts, is_thinking = "", False


def _endless() -> ChatModelError:
    return ChatModelError("Het taalmodel houdt niet op met schrijven. Kies een ander model in CHAT_MODEL.")


def _first_claim(buffer: str) -> tuple[str, str, str] | None:
    """The first claim of the buffer if it cannot go on, what separates it from the next, and the rest."""
    line_end = buffer.find("\n")
    line = buffer if line_end < 0 else buffer[:line_end]
    spans = list(_with_markers(line, split_sentences(line, 0, len(line))))
    if len(spans) > 1:
        (_, end), (begin, _) = spans[0], spans[1]
        # What looks like the start of the next sentence may still become a marker of this one.
        if line_end >= 0 or not _MAY_BECOME_MARKER.match(line, begin):
            return line[:end].strip(), " ", buffer[begin:]
    return None if line_end < 0 else _first_line(line, buffer[line_end:])


def _first_line(line: str, rest: str) -> tuple[str, str, str] | None:
    """The line as a claim, once it is clear whether markers of it stand on the next."""
    following = rest.lstrip()
    if not following or _MAY_BECOME_MARKER.match(following):
        return None
    separator = "\n\n" if rest[: len(rest) - len(following)].count("\n") > 1 else "\n"
    marker = _NEXT_LINE_MARKERS.match(following)
    if marker is None:
        return line.strip(), separator, following
    if marker.end() == len(following) or _MAY_BECOME_MARKER.match(following, marker.end()):
        return None  # another marker may follow
    return f"{line.strip()} {marker[0].strip()}", "\n", following[marker.end() :]


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
