"""What changed between two texts, as a person reads it in the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

    from assistant.document_diff import Difference

SIGNS = {"added": "+", "removed": "-", "changed": "~", "moved": "»"}
COUNTED = {"added": "toegevoegd", "removed": "vervallen", "changed": "gewijzigd", "moved": "verplaatst"}


def print_differences(console: Console, found: Sequence[Difference], most: int | None = None) -> None:
    """How many sentences changed, and each of them (or the first few) under its heading."""
    console.print(_summary(found))
    for path, group in groupby(found[:most], key=lambda each: each.heading_path):
        console.print()
        console.print(" › ".join(path) or "(boven de eerste kop)", style="bold")
        for each in group:
            _print_difference(console, each)
    if most is not None and len(found) > most:
        console.print(f"… en nog {len(found) - most} zinnen.")


def _summary(found: Sequence[Difference]) -> str:
    counts = {kind: sum(each.kind == kind for each in found) for kind in COUNTED}
    parts = [f"{words}: {counts[kind]}" for kind, words in COUNTED.items() if counts[kind]]
    return f"Zinnen {', '.join(parts)}." if parts else "Er is geen verschil in de tekst."


def _print_difference(console: Console, each: Difference) -> None:
    if each.kind == "changed":
        console.print(f"~ {each.old}", style="yellow")
        console.print(f"  wordt: {each.new}", style="yellow")
    elif each.kind == "moved":
        console.print(f"» {each.new} (stond onder: {' › '.join(each.old_path) or 'het begin'})")
    else:
        console.print(f"{SIGNS[each.kind]} {each.old or each.new}", style="green" if each.kind == "added" else "red")
