"""What an answer lacks although its passages fit the question: then it is partial at most.

A near miss is the dangerous case: the text says that there are four goals, not which four.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from assistant.composing import Quote
from assistant.language import forms, grams, stem
from assistant.question import Question
from assistant.sentences import split_sentences
from assistant.wording import MONTHS

_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
_DATE = re.compile(rf"\b\d{{1,2}}\s+(?:{'|'.join(MONTHS)})\b|\b(?:19|20)\d\d\b", re.IGNORECASE)
_PERCENTAGE_ASKED = re.compile(r"percentage|procent|percent", re.IGNORECASE)
_PERCENTAGE = re.compile(r"\d\s*(?:%|procent)", re.IGNORECASE)
_PLACE_TO_GET = re.compile(
    r"\bwaar\b[^?]*\b(?:download\w*|vind\w*|staat|kan ik|haal\w*)\b|\b(?:link|website|url|webadres)\b", re.IGNORECASE
)
_ADDRESS = re.compile(
    r"https?://|www\.|\b[\w-]+\.(?:nl|eu|org|com)\b|\b(?:website|site|webpagina|loket|pagina)\b", re.IGNORECASE
)
_CONTACT = re.compile(r"\b(?:telefoon\w*|mailadres|e-mailadres|emailadres|phone|e-?mail)\b", re.IGNORECASE)
_CONTACT_GIVEN = re.compile(r"\d{2,4}[- ]?\d{5,}|[^\s@]{1,64}@[^\s@]{1,255}\.\w")
_ORDINALS = re.compile(r"(?:^|\s)(?:\(?\d[).]|punt \d|één is|ten (?:eerste|tweede|derde))", re.IGNORECASE)


def is_doubtful(question: Question, quotes: Sequence[Quote]) -> bool:
    """Whether the quotes miss something that a complete answer to the question must hold."""
    text = " ".join(quote.text for quote in quotes)
    context = " ".join(" ".join((q.passage.document.title, *q.passage.chunk.heading_path)) for q in quotes)
    return (
        any(year not in text and year not in context for year in _YEAR.findall(question.text))
        or (_PERCENTAGE_ASKED.search(question.text) is not None and not _PERCENTAGE.search(text))
        or (_asks_address(question) and not _ADDRESS.search(text))
        or (_CONTACT.search(question.text) is not None and not _CONTACT_GIVEN.search(text))
        or ("number" in question.expected and not _counts_focus(question, quotes))
        or _lacks_list(question, quotes)
        or _lacks_focus(question, f"{context} {text}")
        or _lacks_name(question, f"{context} {text}")
    )


def _asks_address(question: Question) -> bool:
    """Whether the question asks where to find something; "waar staat RvdK voor" asks what it means."""
    return "definition" not in question.expected and _PLACE_TO_GET.search(question.text) is not None


def _has_number(text: str) -> bool:
    """Whether there is a number, in digits or words, that is not part of a date."""
    return any(stem(form)[:1].isdigit() for form in forms(_DATE.sub(" ", text))) or bool(
        re.search(r"\b(?:miljoen|miljard|duizend|tientallen|helft|geen|alle)\b", text, re.IGNORECASE)
    )


def _counts_focus(question: Question, quotes: Sequence[Quote]) -> bool:
    """Whether some quote holds a number in a sentence that, or whose neighbour, names what is counted."""
    for quote in quotes:
        spans = split_sentences(quote.text, 0, len(quote.text))
        texts = [quote.text[begin:end] for begin, end in spans]
        for place, text in enumerate(texts):
            near = " ".join((*quote.passage.chunk.heading_path[-1:], *texts[max(0, place - 1) : place + 2]))
            if _has_number(text) and not _lacks_focus(question, near):
                return True
    return False


def _lacks_list(question: Question, quotes: Sequence[Quote]) -> bool:
    if "list" not in question.expected:
        return False
    least = question.count or 2
    return not any(quote.items >= least or _names(quote.text, least, question.count) for quote in quotes)


def _names(quote: str, least: int, count: int | None) -> bool:
    """Whether a sentence enumerates; of the sentences that say "vier", only those are looked at."""
    sentences = [quote[begin:end] for begin, end in split_sentences(quote, 0, len(quote))]
    counting = [sentence for sentence in sentences if count is not None and _says(sentence, count)]
    return any(enumerated(sentence) >= least for sentence in counting or sentences)


def _says(sentence: str, count: int) -> bool:
    return str(count) in map(stem, forms(sentence))


def enumerated(text: str) -> int:
    """About how many things a sentence names one after the other."""
    after = text.split(":", 1)[1] if ":" in text else text
    joints = len(re.findall(r",|;| en | of |\n|\band\b", after))
    return max(len(_ORDINALS.findall(text)), 1 + joints)


def _lacks_focus(question: Question, text: str) -> bool:
    """Who the chairman is, or how many there are of something: that word must be there."""
    if question.language != "nl" or not question.focus or not question.expected & {"person", "number"}:
        return False
    if _PERCENTAGE_ASKED.search(question.text):
        return False  # "percentage" itself need not be there: "12%" says it
    words = frozenset(forms(text))
    present = {gram for word in words | set(map(stem, words)) for gram in grams(word)}
    return len(question.focus & present) < len(question.focus) / 2


def _lacks_name(question: Question, text: str) -> bool:
    """Whether something that the question names stands nowhere in the quotes, under none of its names."""
    if not question.named:
        return False
    words = f" {' '.join(map(stem, forms(text)))} "
    return any(not any(_stands(name, words) for name in names) for names in question.named)


def _stands(form: Sequence[str], words: str) -> bool:
    """Whether a name stands among the words; a long one may be glued to the next (Hart van Brabantgemeenten)."""
    name = " ".join(map(stem, form))
    return f" {name}" in words if len(form) > 1 else f" {name} " in words
