"""The rule on how strongly a claim says it: must, should or may; all, most or some; only; never; certainly."""

from __future__ import annotations

import re
from collections import Counter

from assistant.grounding import wording
from assistant.grounding.clauses import aligned, is_denied
from assistant.grounding.statements import Statement
from assistant.grounding.units import Unit

_SCOPES = {"all": wording.ALL, "some": wording.SOME, "most": wording.MOST, "sure": wording.SURE, "never": wording.NEVER}
_ATTRIBUTED = re.compile(r"\b(?:volgens|according to)\b", re.I)


def wrong_strength(claim: Statement, unit: Unit) -> bool:
    """Whether the claim obliges, allows or generalises otherwise than the piece."""
    return any(
        _strength_differs(ours, theirs, unit.context.plain) for ours, theirs in aligned(claim, unit)
    ) or _scope_differs(claim.plain, unit.statement.plain, unit.context.plain)


def _strengths(text: str) -> Counter[str]:
    """How often a text obliges, wishes, allows, forbids or exempts."""
    found: Counter[str] = Counter()
    text = wording.IF_NEEDED.sub(" ", text)
    for name, pattern in (
        ("need_not", wording.NEED_NOT), ("may_not", wording.MAY_NOT), ("wish", wording.SHOULD),
        ("must", wording.MUST), ("wish", wording.WISH), ("can", wording.CAN),
    ):  # fmt: skip
        text, times = pattern.subn(" ", text)
        found[name] += times
    return +found


def _strength_differs(claim: str, source: str, context: str) -> bool:
    said, meant, around = _strengths(claim), _strengths(source), _strengths(context)
    if said["need_not"] or meant["need_not"]:
        return bool(said["need_not"]) != bool(meant["need_not"])
    if said["may_not"] or meant["may_not"]:
        return _is_forbidden(claim, said) != _is_forbidden(source, meant)
    if said["must"] > meant["must"]:
        return meant["can"] > said["can"] or (not meant["must"] and not _obliged(claim, meant, around))
    if meant["must"] > said["must"] and said["can"] > meant["can"]:
        return True
    return _weaker_differs(claim, source, context)


def _weaker_differs(claim: str, source: str, context: str) -> bool:
    """The same for a claim that obliges no more than the piece does."""
    said, meant, around = _strengths(claim), _strengths(source), _strengths(context)
    if said["wish"]:
        soft = wording.SOFT_WISH.search(source) or wording.SOFT_WISH.search(context)
        return bool(meant) and not ({"wish", "must"} & {*meant, *around} or soft)
    if said["can"]:
        return bool(meant) and not meant["can"]
    return bool(meant) and not said and not wording.SOFT_WISH.search(claim)


def _obliged(claim: str, meant: Counter[str], around: Counter[str]) -> bool:
    """Whether the heading obliges, or says who wishes what the claim calls that party's "moeten"."""
    return bool((not meant and around["must"]) or (around["wish"] and _ATTRIBUTED.search(claim)))


def _is_forbidden(text: str, strengths: Counter[str]) -> bool:
    return bool(strengths["may_not"] or (strengths["must"] and is_denied(text)))


def _scope_differs(claim: str, source: str, context: str) -> bool:
    said, meant = _scopes(claim), _scopes(source)
    if said["never"] and not meant["never"]:
        return True
    if (said["all"] and not meant["all"] and not wording.ALL.search(context)) or (said["sure"] and not meant["sure"]):
        return True
    if wording.ONLY.search(wording.NOT_ONLY.sub(" ", claim)) and not wording.ONLY.search(
        wording.NOT_ONLY.sub(" ", source)
    ):
        return True
    if meant["some"] and not (said["some"] or said["most"] or is_denied(claim)):
        return True
    return (said["some"] or said["most"]) and meant["all"] and not said["all"]


def _scopes(text: str) -> dict[str, bool]:
    text, not_all = wording.NOT_ALL.subn(" ", text)
    found = {name: pattern.search(text) is not None for name, pattern in _SCOPES.items()}
    return found | {"some": found["some"] or not_all > 0}
