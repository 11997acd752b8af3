"""Small plots as inline SVG, drawn so that they also read in black and white; each has a table beside it."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

Point = tuple[float, float]  # both from 0 to 1

_WIDTH, _HEIGHT = 420, 300
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 24, 12, 48
_INK, _LINE, _BAR = "#1a1a1a", "#154273", "#5b8fc7"
_BAR_HEIGHT, _NAME_WIDTH = 22, 150


def bars(title: str, values: Sequence[tuple[str, float]]) -> str:
    """Horizontal bars of shares from 0 to 1, each with its name and percentage."""
    height = len(values) * _BAR_HEIGHT + 8
    scale = _WIDTH - _NAME_WIDTH - 60
    rows = []
    for number, (name, value) in enumerate(values):
        top = number * _BAR_HEIGHT + 4
        length = value * scale
        bar = f'<rect x="{_NAME_WIDTH}" y="{top}" width="{length:.1f}" height="{_BAR_HEIGHT - 5}" fill="{_BAR}"/>'
        name_words = _text(_NAME_WIDTH - 6, top + 14, name, "end")
        rows.append(name_words + bar + _text(_NAME_WIDTH + length + 5, top + 14, percentage(value)))
    return _svg(title, height, "".join(rows))


def curve(
    title: str,
    x_name: str,
    y_name: str,
    points: Sequence[Point],
    *,
    diagonal: bool = False,
    dots: bool = False,
) -> str:
    """One line through `points` in a unit square; `diagonal` draws where the ideal lies."""
    line = " ".join(f"{_x(x):.1f},{_y(y):.1f}" for x, y in points)
    parts = [_axes(x_name, y_name)]
    if diagonal:
        ends = f'x1="{_x(0)}" y1="{_y(0)}" x2="{_x(1)}" y2="{_y(1)}"'
        parts.append(f'<line {ends} stroke="{_INK}" stroke-dasharray="4 4"/>')
    parts.append(f'<polyline points="{line}" fill="none" stroke="{_LINE}" stroke-width="2.5"/>')
    if dots:
        parts.extend(f'<circle cx="{_x(x):.1f}" cy="{_y(y):.1f}" r="4" fill="{_LINE}"/>' for x, y in points)
    return _svg(title, _HEIGHT, "".join(parts))


def percentage(value: float) -> str:
    """A share as Dutch readers write it: 93,4 %."""
    return f"{value * 100:.1f} %".replace(".", ",")


def _x(value: float) -> float:
    return _LEFT + value * (_WIDTH - _LEFT - _RIGHT)


def _y(value: float) -> float:
    return _HEIGHT - _BOTTOM - value * (_HEIGHT - _TOP - _BOTTOM)


def _axes(x_name: str, y_name: str) -> str:
    parts = []
    for step in range(0, 101, 25):
        share = step / 100
        parts.append(f'<line x1="{_x(0)}" y1="{_y(share)}" x2="{_x(1)}" y2="{_y(share)}" stroke="#c4c4c4"/>')
        parts.append(_text(_LEFT - 6, _y(share) + 4, f"{step} %", "end"))
        parts.append(_text(_x(share), _HEIGHT - _BOTTOM + 18, f"{step} %", "middle"))
    parts.append(_text((_x(0) + _x(1)) / 2, _HEIGHT - 8, x_name, "middle"))
    middle = _y(0.5)
    parts.append(
        f'<text x="12" y="{middle}" text-anchor="middle" transform="rotate(-90 12 {middle})">{escape(y_name)}</text>'
    )
    return "".join(parts)


def _text(x: float, y: float, words: str, anchor: str = "start") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(words)}</text>'


def _svg(title: str, height: int, content: str) -> str:
    return (
        f'<svg role="img" aria-label="{escape(title)}" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" '
        f'height="{height}" font-size="12" font-family="system-ui, sans-serif" fill="{_INK}">'
        f"<title>{escape(title)}</title>{content}</svg>"
    )
