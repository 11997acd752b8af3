"""The word lists behind the recognition of names, as packaged; plain files that a maintainer can add to."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from assistant.privacy.folding import fold

PARTICLES = frozenset(
    "van de der den ter ten te 't het el al bin bint ben ibn abu ait ould le la du di da dos von".split()
)
# "in 't Veld", "op den Camp": a part of a name only inside it, before one of these.
INNER_PARTICLES = frozenset("in op aan uit".split())
AFTER_INNER = frozenset(["'t", "den"])


@cache
def first_names() -> frozenset[str]:
    """First names that stand for a person wherever they stand, small letters."""
    return frozenset(name for name in _words("first_names.txt") if not name.endswith("*"))


@cache
def doubtful_first_names() -> frozenset[str]:
    """First names that are also everyday words, small letters."""
    return frozenset(name[:-1] for name in _words("first_names.txt") if name.endswith("*"))


@cache
def surnames() -> frozenset[str]:
    """Common surnames, small letters, without the words before them."""
    return frozenset(_words("surnames.txt"))


@cache
def words_with_capitals() -> frozenset[str]:
    """Words that are no names although they have a capital, small letters."""
    return frozenset(_words("words_with_capitals.txt"))


@cache
def places() -> frozenset[str]:
    """Towns and provinces, small letters."""
    return frozenset(_words("places.txt"))


@cache
def public_names() -> frozenset[str]:
    """People whom a policy question may name."""
    return frozenset(_lines("public_names.txt"))


def _words(name: str) -> list[str]:
    return [fold(word).text.casefold() for line in _lines(name) for word in line.split()]


def _lines(name: str) -> list[str]:
    lines = files("assistant.privacy").joinpath(name).read_text(encoding="utf-8").splitlines()
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]
