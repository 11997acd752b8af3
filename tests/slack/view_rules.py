"""What Slack refuses in a modal or a Home tab as a whole."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from slack.block_rules import block_faults
from slack.element_rules import length_faults, text_faults, unknown_keys

KEYS = frozenset(
    "type title blocks close submit private_metadata callback_id clear_on_close notify_on_close external_id".split()
)


def view_faults(view: Any) -> list[str]:
    """Everything for which Slack would refuse this view."""
    if not isinstance(view, dict) or view.get("type") not in ("modal", "home"):
        return ["view: must be an object of type modal or home"]
    return list(_faults(view))


def _faults(view: dict[str, Any]) -> Iterator[str]:
    yield from unknown_keys(view, KEYS, "view")
    modal = view["type"] == "modal"
    if modal:
        yield from text_faults(view.get("title"), "view/title", 24, plain=True)
    for key in ("submit", "close"):
        if key in view:
            yield from text_faults(view[key], f"view/{key}", 24, plain=True)
    for key, longest in (("private_metadata", 3000), ("callback_id", 255), ("external_id", 255)):
        if key in view:
            yield from length_faults(view[key], f"view/{key}", longest, shortest=0)
    blocks = view.get("blocks")
    yield from block_faults(blocks, "modal" if modal else "home")
    inputs = isinstance(blocks, list) and any(isinstance(each, dict) and each.get("type") == "input" for each in blocks)
    if modal and inputs and "submit" not in view:
        yield "view/submit: needed when there are inputs"
