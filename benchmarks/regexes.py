"""How the time of each regular expression of ours grows with hostile text: twice the text should take twice the time.

    python -m benchmarks regexes

Every pattern in `assistant` and `integrations` is given texts made from its own parts, repeated: first short ones, then
the slowest of those at growing lengths. Reported: each pattern whose time grows faster than its text.
"""

from __future__ import annotations

import ast
import itertools
import math
import random
import re
import time
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # the parser of `re`, under the name that every version has
    import sre_constants as parts
    import sre_parse

ROOT = Path(__file__).parents[1]
_FUNCTIONS = {"compile", "search", "match", "fullmatch", "sub", "subn", "split", "findall", "finditer"}
_SHORT, _LENGTHS = 120, (400, 800, 1_600, 3_200)
_TEXTS = 150  # short ones for each pattern
_KEPT = 2  # slowest short texts that are made longer
_STEEP = 1.6  # of the exponent: 1 is in proportion to the text, 2 is its square
_NOTICED_SECONDS = 0.01  # at the greatest length: 3,200 times a part of the pattern


@dataclass(frozen=True)
class Written:
    """One regular expression in our code."""

    place: str  # "assistant/claim_stream.py:17"
    pattern: re.Pattern[str]


@dataclass(frozen=True)
class Growth:
    """How one pattern did on the text that was worst for it."""

    written: Written
    text: tuple[str, str, str]  # what stands in front, is repeated, and stands behind
    exponent: float
    seconds: float  # at the greatest length


def patterns() -> Iterator[Written]:
    """Every pattern that is written out in our code, compiled as it is there."""
    for path in sorted(each for folder in ("assistant", "integrations") for each in (ROOT / folder).rglob("*.py")):
        names: dict[str, object] = {}
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                value = _value(node.value, names)
                if isinstance(value, str):
                    names[node.targets[0].id] = value
        for node in (each for each in ast.walk(tree) if isinstance(each, ast.Call)):
            if compiled := _compiled(node, names):
                yield Written(f"{path.relative_to(ROOT)}:{node.lineno}", compiled)


def _compiled(node: ast.Call, names: dict[str, object]) -> re.Pattern[str] | None:
    if not (isinstance(node.func, ast.Attribute) and node.func.attr in _FUNCTIONS):
        return None
    if not (isinstance(node.func.value, ast.Name) and node.func.value.id == "re" and node.args):
        return None
    written = _value(node.args[0], names)
    flags = [each for each in ast.walk(node) if isinstance(each, ast.Attribute) and each.attr.isupper()]
    value = 0
    for each in flags:
        value |= int(getattr(re, each.attr, 0))
    try:
        return re.compile(written, value) if isinstance(written, str) else None
    except re.error:
        return None


def _value(node: ast.expr, names: dict[str, object]) -> object:
    """The text that an expression stands for, as far as it is written out in the same file."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.Name(id=name):
            return names.get(name)
        case ast.JoinedStr(values=values):
            found = [_value(each.value if isinstance(each, ast.FormattedValue) else each, names) for each in values]
            return "".join(each if isinstance(each, str) else "x" for each in found)
        case ast.BinOp(left=left, right=right):
            both = _value(left, names), _value(right, names)
            return both[0] + both[1] if isinstance(both[0], str) and isinstance(both[1], str) else None
    return None


def hostile(pattern: re.Pattern[str]) -> Iterator[tuple[str, str, str]]:
    """Texts made of the pattern's own parts: in front, repeated, behind."""
    dice = random.Random(1)
    samples = [_example(sre_parse.parse(pattern.pattern, pattern.flags), dice) for _ in range(6)]
    signs = sorted({*"a1 \n.,-(", *"".join(samples)})[:40]
    begins = {sample[:place] for sample in samples[:3] for place in range(min(len(sample), 12) + 1)}
    pieces = {*signs, *(a + b for a, b in itertools.product(signs[:14], repeat=2)), *samples}
    pieces |= {sample[a:b] for sample in samples[:3] for a in range(min(len(sample), 8)) for b in range(a + 2, a + 6)}
    texts = list(itertools.product(sorted(begins), sorted(pieces), ("", "\0")))
    dice.shuffle(texts)
    yield from texts[:_TEXTS]


def _example(tree: Any, dice: random.Random) -> str:
    """A text that the pattern takes, or nearly."""
    return "".join(_example_of(kind, value, dice) for kind, value in tree)


def _example_of(kind: Any, value: Any, dice: random.Random) -> str:
    text = ""
    match kind:
        case parts.LITERAL:
            text = chr(value)
        case parts.ANY:
            text = "x"
        case parts.IN:
            text = _member(value, dice)
        case parts.MAX_REPEAT | parts.MIN_REPEAT | parts.POSSESSIVE_REPEAT:
            least, most, inner = value
            times = min(max(int(least), dice.randint(0, 3)), int(most))
            text = "".join(_example(inner, dice) for _ in range(times))
        case parts.BRANCH:
            text = _example(dice.choice(value[1]), dice)
        case parts.SUBPATTERN:
            text = _example(value[3], dice)
        case parts.ATOMIC_GROUP:
            text = _example(value, dice)
    return text


_CATEGORIES = {
    parts.CATEGORY_DIGIT: "1",
    parts.CATEGORY_SPACE: " ",
    parts.CATEGORY_WORD: "a",
    parts.CATEGORY_NOT_DIGIT: "a",
    parts.CATEGORY_NOT_SPACE: "a",
    parts.CATEGORY_NOT_WORD: "-",
}


def _member(members: Any, dice: random.Random) -> str:
    kind, value = dice.choice(members)
    match kind:
        case parts.LITERAL:
            return chr(value)
        case parts.RANGE:
            return chr(dice.randint(*value))
        case parts.CATEGORY:
            return _CATEGORIES.get(value, "a")
    return "~"  # NEGATE: something that is hardly ever left out


def growth(written: Written) -> Growth:
    """How the pattern's time grows on the text that is worst for it."""
    short = sorted(
        ((_seconds(written.pattern, text, _SHORT), text) for text in hostile(written.pattern)), reverse=True
    )[:_KEPT]
    return max((_at_lengths(written, text) for _, text in short), key=lambda each: each.seconds)


def _at_lengths(written: Written, text: tuple[str, str, str]) -> Growth:
    times = []
    for length in _LENGTHS:
        times.append(_seconds(written.pattern, text, length))
        if times[-1] > 0.5:
            break  # it is clear already
    steps = math.log2(_LENGTHS[len(times) - 1] / _LENGTHS[0]) or 1.0
    first = max(times[0], 1e-6)
    exponent = math.log2(times[-1] / first) / steps if len(times) > 1 else math.inf
    return Growth(written, text, exponent, times[-1])


def _seconds(pattern: re.Pattern[str], text: tuple[str, str, str], length: int) -> float:
    whole = text[0] + text[1] * length + text[2]
    best = math.inf
    for _ in range(2):
        started = time.process_time_ns()
        for _ in pattern.finditer(whole):
            pass
        best = min(best, (time.process_time_ns() - started) / 1e9)
    return best


def main() -> int:
    """Print the patterns that grow faster than their text as they are found; the exit code says if there are any."""
    count = steep = 0
    for written in patterns():
        count += 1
        found = growth(written)
        if found.exponent > _STEEP and found.seconds > _NOTICED_SECONDS:
            steep += 1
            print(f"{written.place}  n^{found.exponent:.1f}  {found.seconds:.3f} s  {found.text!r}", flush=True)
            print(f"    {written.pattern.pattern[:150]!r}", flush=True)
    print(f"{count} patterns, {steep} whose time grows faster than the text.")
    return 1 if steep else 0


if __name__ == "__main__":
    raise SystemExit(main())
