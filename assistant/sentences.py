"""Dutch sentence boundaries: a stretch of text to the offsets of its sentences."""

from __future__ import annotations

import re

# Never the end of a sentence, whatever follows.
_ABBREVIATIONS = frozenset(
    """
    art arts bijv blz bv ca cq dhr dr drs evt excl fig hfst hr incl ing ir jhr jl jr kst lic max mej mevr mgr min mln
    mld mr mrs ms mw nl nr nrs ong pag par prof resp ref sec sr st stb stcrt tab tel temp toel trb vgl vlg vs zgn zg
    afd afl alg ambt bijl bgt dept dir div gem geb inz kl mnd nom ob onderd plm prov reg secr tit verg verz vnl wnd
    jan feb mrt apr jun jul aug sept sep okt nov dec
    """.split()
)
# The end of a sentence only when a capital follows and the sentence is long enough to be one.
_CLOSING_ABBREVIATIONS = frozenset({"etc", "enz", "e.d", "e.a", "c.s", "n.v.t", "m.m"})

# Runs are taken whole ("++"): what follows a run never fits inside it, and a line of dots would be tried in every way.
_CANDIDATE = re.compile(
    r"(?P<mark>[.!?…]++)(?P<closing>[\"'”’»)\]]*+(?: [”’»])?)(?P<note>(?:\[\d{1,3}\])*+)(?P<space>\s++)"
    r"(?=(?P<next>[\"'“‘„«(\[]*[^\W_]|[\"'“‘„«(\[•–-]))"
)
_BEFORE_A_WORD = frozenset("([\"'“‘„«/")


def split_sentences(text: str, begin: int, end: int) -> list[tuple[int, int]]:
    """Offsets (begin, end) of the sentences in `text[begin:end]`, in order, without white space around them.

    Splits after . ! ? … when what follows can start a sentence, but not after abbreviations ("o.a.", "d.d.",
    "art. 2.3", "prof. dr."), initials ("H. Boutellier"), ordinals ("1. ") or inside numbers.
    """
    spans: list[tuple[int, int]] = []
    start = _skip_space(text, begin, end)
    for match in _CANDIDATE.finditer(text, begin, end):
        if match.start() < start or not _ends_sentence(text, start, match):
            continue
        spans.append((start, match.start("space")))
        start = _skip_space(text, match.end(), end)
    stop = len(text[start:end].rstrip()) + start
    if stop > start:
        spans.append((start, stop))
    return spans


def _skip_space(text: str, begin: int, end: int) -> int:
    while begin < end and text[begin].isspace():
        begin += 1
    return begin


def _ends_sentence(text: str, start: int, match: re.Match[str]) -> bool:
    following = match.group("next").lstrip("\"'“‘„«([")
    starts_like_sentence = not following or following[0].isupper() or following[0].isdigit() or following[0] in "•–-"
    if not starts_like_sentence:
        return False
    if match.group("mark") != ".":
        return not match.group("closing") or following[:1].isupper() or match.group("mark")[-1] == "."
    word_begin, word = _last_word(text, start, match.start())
    bare = word.lower().rstrip(".")
    if bare in _CLOSING_ABBREVIATIONS:
        return following[:1].isupper() and match.start() - start > 25
    if (
        bare in _ABBREVIATIONS
        or re.fullmatch(r"[a-zà-ÿ]\w?(?:\.[a-zà-ÿ]\w?)+", bare)
        or re.fullmatch(r"(?:[^\W\d_]\.)*[^\W\d_]", word)
    ):
        return False
    ordinal = re.fullmatch(r"\d{1,3}(?:\.\d+)*", bare) is not None
    return not (ordinal and not text[start:word_begin].strip())


def _last_word(text: str, begin: int, end: int) -> tuple[int, str]:
    """Where the last word of `text[begin:end]` begins, and the word; read backwards, for a word may be very long."""
    if end > begin and text[end - 1] == "\n":
        end -= 1
    start = end
    while start > begin and not text[start - 1].isspace() and text[start - 1] not in _BEFORE_A_WORD:
        start -= 1
    return start, text[start:end]
