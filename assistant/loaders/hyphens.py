"""Two pieces of a text that was broken at a line end in, one text out: hyphens of word breaks go, real ones stay."""

from __future__ import annotations

import re

_LAST_WORD = re.compile(r"([^\W\d_]+(?:['’-][^\W\d_]+)*|[\w.]+)[-\u00ad]$")
_FIRST_WORD = re.compile(r"[^\W\d_]+")
# "zorg- en welzijn": the hyphen stands for the rest of a word, so a space follows.
_ELLIPSIS = frozenset({"en", "of", "tot", "als", "maar", "respectievelijk", "resp", "noch"})
_ADDRESS = re.compile(r"(?:://|www\.)\S*[-/]$")  # of a web page, broken behind a hyphen or slash that belongs to it
_CLASHES = frozenset({"aa", "ee", "ii", "oo", "uu", "ai", "au", "ei", "eu", "ie", "oe", "oi", "ou", "ui", "ij"})
_TREMA = {"e": "ë", "i": "ï"}


def join_broken(left: str, right: str, vocabulary: frozenset[str] = frozenset()) -> str:
    """`left` and `right` as running text.

    Args:
        vocabulary: lower-case words of the document, to see how it writes a word elsewhere.
    """
    if left.endswith("\u00ad"):
        return left[:-1] + right
    if _ADDRESS.search(left):
        return left + right
    tail, head = _LAST_WORD.search(left), _FIRST_WORD.match(right)
    if tail is None or head is None or left.endswith((" -", "--")):
        slash = left.endswith("/") and not left.endswith(" /")
        return left + right if slash and right[:1].islower() else f"{left} {right}"
    word, rest = tail[1], head[0]
    if rest.lower() in _ELLIPSIS and right[len(rest) : len(rest) + 1] in ("", " "):  # "GGD-en," is one word
        return f"{left} {right}"
    if _keeps_hyphen(word, rest, vocabulary):
        return left + right
    return left[:-1] + _with_trema(word, right, vocabulary)


def _keeps_hyphen(word: str, rest: str, vocabulary: frozenset[str]) -> bool:
    if f"{word}-{rest}".lower() in vocabulary:
        return True
    if f"{word}{rest}".lower() in vocabulary:
        return False
    last = word.rsplit("-", 1)[-1]
    if last.lower() == "niet":  # "niet-westers"; no other word breaks there
        return True
    is_abbreviation = any(character.isdigit() for character in last) or sum(map(str.isupper, last)) > 1
    is_short_name = last[:1].isupper() and len(last) <= 4 and last.lower() in vocabulary
    if is_abbreviation or is_short_name or rest[0].isupper() or len(last) == 1:
        return True
    return (last[-1] + rest[0]).lower() in _CLASHES and last.lower() in vocabulary and rest.lower() in vocabulary


def _with_trema(word: str, right: str, vocabulary: frozenset[str]) -> str:
    """Dutch drops a diaeresis at a word break ("ge-interesseerd"), so it comes back ("geïnteresseerd")."""
    first = right[:1]
    if first not in _TREMA or word[-1] not in "aeiou":
        return right
    restored = _TREMA[first] + right[1:]
    head = _FIRST_WORD.match(restored)
    known = head is not None and f"{word}{head[0]}".lower() in vocabulary
    return restored if known or word.lower() in ("ge", "be") else right
