"""The first page of a paper of parliament in, the title by which people know it out; its largest print is the name of
the chamber.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import takewhile

from assistant.loaders.hyphens import join_broken
from assistant.loaders.pdf_lines import Line

_CHAMBER = re.compile(r"(?:tweede|eerste) kamer der staten-generaal.*", re.I)
_QUESTIONS = re.compile(r"vragen van (?:het lid|de leden)\b.*", re.I)
_AFTER = re.compile(r"\s*\(ingezonden\b.*", re.I | re.S)
_DOSSIER = re.compile(r"\d{2}\s?\d{3}(?:[ -][IVXLC\d]{1,5})?")
_NUMBER = re.compile(r"(nr\.\s*\w{1,4})\b.*", re.I)
_TOP_LINES = 8
_MOST_LINES = 12


def parliamentary_title(page: Sequence[Line]) -> str | None:
    """What questions are about, or the subject of the dossier with its number; None for any other document."""
    if not any(_CHAMBER.fullmatch(line.text) for line in page[:_TOP_LINES]):
        return None
    return _of_questions(page) or _of_dossier(page)


def _of_questions(page: Sequence[Line]) -> str | None:
    start = next((index for index, line in enumerate(page) if _QUESTIONS.fullmatch(line.text)), None)
    if start is None:
        return None
    title = ""
    for line in page[start : start + _MOST_LINES]:
        title = join_broken(title, line.text) if title else line.text
        if line.text.endswith(".") or _AFTER.search(title):
            break
    return _AFTER.sub("", title).rstrip(". ")


def _of_dossier(page: Sequence[Line]) -> str | None:
    dossier = next((line for line in page if _DOSSIER.fullmatch(line.text)), None)
    number = next((match for line in page if (match := _NUMBER.fullmatch(line.text))), None)
    if dossier is None or number is None:
        return None
    # By height: the number may be drawn after its subject.
    below = sorted((line for line in page if line.y <= dossier.y + 1 and line is not dossier), key=lambda line: -line.y)
    title = ""
    for line in takewhile(lambda line: not _NUMBER.fullmatch(line.text), below[:_MOST_LINES]):
        title = join_broken(title, line.text) if title else line.text
    return f"{title} (Kamerstuk {dossier.text}, {number[1].lower()})" if title else None
