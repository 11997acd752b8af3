"""One page of a PDF in, the stretches of text that it draws out, with their place, letter size, font and tag."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from assistant.loaders.pdf_lines import Fragment

if TYPE_CHECKING:
    from pypdf import PageObject


def fragments_of(page: PageObject) -> tuple[list[Fragment], float]:
    """The stretches of text in the order in which the page draws them, as if it lay upright, and its height."""
    fragments: list[Fragment] = []
    stack: list[tuple[str, int | None]] = []
    pending: list[tuple[str, int | None]] = []
    fonts: dict[int, str] = {}
    turns: Counter[int] = Counter()

    def before(operator: bytes, operands: Any, _cm: Any, _tm: Any) -> None:
        if operator == b"BDC":
            stack.append((str(operands[0]), _content_id(operands[1])))
        elif operator == b"BMC":
            stack.append((str(operands[0]), None))
        elif operator == b"EMC" and stack:
            stack.pop()
        elif operator in (b"Tj", b"TJ", b"'", b'"') and not pending:
            # The text is handed over later, when its line or font ends; its tag is the one in force now.
            pending.append(_tag(stack))

    def text(
        string: str, cm: Sequence[float], tm: Sequence[float], font: Mapping[str, Any] | None, size: float
    ) -> None:
        if not string:
            return
        if string.strip() == "o" and "Courier" in _font_name(font):
            string = string.replace("o", "◦")  # Word's second bullet is an o in Courier
        tag, content_id = pending.pop() if pending else _tag(stack)
        x, y, scale, turn = _place(cm, tm)
        if id(font) not in fonts:
            fonts[id(font)] = _font_name(font)
        turns[turn] += len(string.strip())
        fragments.append(Fragment(string, x, y, abs(size) * scale, fonts[id(font)], content_id, tag == "/Artifact"))

    page.extract_text(visitor_operand_before=before, visitor_text=text)
    return _upright(fragments, turns.most_common(1)[0][0] if turns else 0, page)


def _upright(fragments: list[Fragment], turn: int, page: PageObject) -> tuple[list[Fragment], float]:
    """The fragments as if the text ran to the right; a landscape page is often an upright one with its text turned.

    Args:
        turn: how many quarters to the left the text is turned.
    """
    box = page.mediabox
    left, bottom, width, height = float(box.left), float(box.bottom), float(box.width), float(box.height)
    shifted = [replace(each, x=each.x - left, y=each.y - bottom) for each in fragments]
    if turn == 1:
        return [replace(each, x=each.y, y=width - each.x) for each in shifted], width or 595.0
    if turn == 2:
        return [replace(each, x=width - each.x, y=height - each.y) for each in shifted], height or 842.0
    if turn == 3:
        return [replace(each, x=height - each.y, y=each.x) for each in shifted], width or 595.0
    return shifted, height or 842.0


def _tag(stack: Sequence[tuple[str, int | None]]) -> tuple[str, int | None]:
    if any(tag == "/Artifact" for tag, _ in stack):
        return "/Artifact", None
    return next(((tag, number) for tag, number in reversed(stack) if number is not None), ("", None))


def _content_id(properties: Any) -> int | None:
    number = properties.get("/MCID") if hasattr(properties, "get") else None
    return int(number) if isinstance(number, int) else None


def _place(cm: Sequence[float], tm: Sequence[float]) -> tuple[float, float, float, int]:
    """Where text stands, how much it is enlarged, and how many quarters to the left it is turned."""
    x = tm[4] * cm[0] + tm[5] * cm[2] + cm[4]
    y = tm[4] * cm[1] + tm[5] * cm[3] + cm[5]
    up = (tm[2] * cm[0] + tm[3] * cm[2], tm[2] * cm[1] + tm[3] * cm[3])
    turn = round(math.atan2(-up[0], up[1]) / (math.pi / 2)) % 4
    return x, y, (up[0] ** 2 + up[1] ** 2) ** 0.5, turn


def _font_name(font: Mapping[str, Any] | None) -> str:
    """The name without the tag of six capitals that a subset of a font carries."""
    return re.sub(r"^/?(?:[A-Z]{6}\+)?", "", str(font.get("/BaseFont", ""))) if font else ""
