"""Answers and errors as plain text, for doors that show nothing but text."""

from __future__ import annotations

import re

from assistant import Answer, Citation
from integrations.http.problems import Problem

SOURCES = {"nl": "Bronnen:", "en": "Sources:"}
_LINK = re.compile(r"(?<=: )(?=/bronnen/\S+$)", re.MULTILINE)  # as a refusal ends the line of each place
_CAUTION = {"nl": "Let op: ", "en": "Note: "}


def answer_text(answer: Answer, base: str) -> str:
    """The answer itself; the links that a refusal holds work from anywhere."""
    return answer.text if answer.citations else refusal_text(answer.text, base)


def refusal_text(text: str, base: str) -> str:
    """What says that there is no answer, or a piece of it, with links that work from anywhere."""
    return _LINK.sub(lambda _: base, text)


def below(answer: Answer, base: str) -> str:
    """What stands under the answer: what to be careful about, and the sources with their addresses; may be empty."""
    parts = [f"{_CAUTION[answer.language]}{caution.text}" for caution in answer.warnings]
    if answer.citations:
        places = (f"[{each.number}] {place(each)}: {address(each.link, base)}" for each in answer.citations)
        parts.append("\n".join((SOURCES[answer.language], *places)))
    return "".join(f"\n\n{part}" for part in parts)


def place(citation: Citation) -> str:
    """The title of the source, and the page if it has pages."""
    page = f", p. {citation.page}" if citation.page is not None else ""
    return f"{citation.document.title}{page}"


def address(link: str, base: str) -> str:
    """The link of a citation as it works from anywhere; `base` is the address of the service."""
    return f"{base}{link}" if link.startswith("/") else link


def sentence(problem: Problem) -> str:
    """What is wrong, field by field where fields are wrong."""
    wrong = (": ".join(filter(None, (error["veld"], error["melding"]))) for error in problem.errors)
    return " ".join(wrong) or problem.detail
