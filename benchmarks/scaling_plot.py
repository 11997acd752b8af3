"""A plot of how the cost of a search grows, as SVG: logarithmic on both axes, made without a plotting library."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

_WIDTH, _HEIGHT, _LEFT, _TOP, _RIGHT, _BOTTOM = 640, 400, 70, 40, 150, 50
_LINES = (("exact processor ms p50", "alles vergelijken", "#8a5a00"), ("processor ms p50", "de index", "#154273"))


def plot(rows: Sequence[dict[str, Any]], budget_ms: float = 20) -> str:
    """The median processor time of a search, ours and the reference, against the number of chunks."""
    sizes = [row["chunks"] for row in rows]
    values = [row[key] for row in rows for key, _, _ in _LINES]
    lowest, highest = math.floor(math.log10(min(values))), math.ceil(math.log10(max(*values, budget_ms)))
    first, last = math.log10(min(sizes)), math.log10(max(sizes))

    def across(size: float) -> float:
        return _LEFT + (math.log10(size) - first) / (last - first) * (_WIDTH - _LEFT - _RIGHT)

    def down(value: float) -> float:
        return _TOP + (highest - math.log10(value)) / (highest - lowest) * (_HEIGHT - _TOP - _BOTTOM)

    parts = [_text(_LEFT, 22, "Processortijd per zoekvraag (milliseconden, mediaan)", size=15)]
    for power in range(lowest, highest + 1):
        y = down(10**power)
        parts.append(f'<path d="M{_LEFT} {y:.1f}H{_WIDTH - _RIGHT}" stroke="#ccc"/>')
        parts.append(_text(_LEFT - 8, y + 4, f"{10**power:g}".replace(".", ","), anchor="end"))
    for size in sizes:
        parts.append(f'<path d="M{across(size):.1f} {_TOP}V{_HEIGHT - _BOTTOM}" stroke="#ccc"/>')
        parts.append(_text(across(size), _HEIGHT - _BOTTOM + 20, f"{size:,}".replace(",", "."), anchor="middle"))
    parts.append(_text((_LEFT + _WIDTH - _RIGHT) / 2, _HEIGHT - 10, "stukken tekst in de index", anchor="middle"))
    y = down(budget_ms)
    parts.append(f'<path d="M{_LEFT} {y:.1f}H{_WIDTH - _RIGHT}" stroke="#a00" stroke-dasharray="6 4"/>')
    parts.append(_text(_WIDTH - _RIGHT + 8, y + 4, f"grens {budget_ms:g} ms", colour="#a00"))
    for key, name, colour in _LINES:
        places = [(across(row["chunks"]), down(row[key])) for row in rows]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2.5"/>')
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{colour}"/>' for x, y in places]
        parts.append(_text(places[-1][0] + 8, places[-1][1] + 4, name, colour=colour))
    box = f'viewBox="0 0 {_WIDTH} {_HEIGHT}" font-family="sans-serif" font-size="13"'
    label = "Processortijd per zoekvraag tegen het aantal stukken tekst"
    background = f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#fff"/>'
    opening = f'<svg xmlns="http://www.w3.org/2000/svg" {box} role="img" aria-label="{label}">'
    return "\n".join([opening, background, *parts, "</svg>"]) + "\n"


def _text(x: float, y: float, text: str, *, anchor: str = "start", colour: str = "#222", size: int = 13) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}" font-size="{size}">{text}</text>'
