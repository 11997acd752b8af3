"""What people do with elements on their screen, as Slack reports it: a click, a choice, a filled-in form."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from slack.block_rules import elements
from slack.payloads import Payload


def find_element(blocks: list[Payload], action_id: str) -> tuple[Payload, Payload]:
    """The element with this action_id, and the block that holds it.

    Raises:
        LookupError: there is none.
    """
    found = list(elements(blocks))
    for element, block in found:
        if element["action_id"] == action_id:
            return element, block
    raise LookupError(f"no element {action_id!r}; there are {[element['action_id'] for element, _ in found]}")


def taken_action(element: Payload, block: Payload, value: str | None, ts: str) -> Payload:
    """The action that a click or a choice gives.

    Raises:
        LookupError: no button or option has this value.
    """
    base: Payload = {"type": element["type"], "action_id": element["action_id"], "block_id": block["block_id"]}
    base["action_ts"] = ts
    match element["type"]:
        case "feedback_buttons":
            sides = [element["positive_button"], element["negative_button"]]
            chosen = _one(sides, value)
            return base | {"text": chosen["text"], "value": chosen["value"]}
        case "overflow" | "static_select" | "radio_buttons":
            return base | {"selected_option": _one(element["options"], value)}
        case _:
            return base | {key: element[key] for key in ("text", "value", "url", "style") if key in element}


def filled_in(view: Payload, values: dict[str, str]) -> Payload:
    """The state of a form: what was filled in by action_id, and what stood there already.

    Raises:
        LookupError: an input is unknown, or one that is needed is empty.
    """
    inputs = [(block, block["element"]) for block in view["blocks"] if block["type"] == "input"]
    if unknown := values.keys() - {element["action_id"] for _, element in inputs}:
        raise LookupError(f"no inputs {sorted(unknown)}")
    state: Payload = {}
    for block, element in inputs:
        given = values.get(element["action_id"], element.get("initial_value"))
        state[block["block_id"]] = {element["action_id"]: dict(_entry(element, given, block))}
    return state


def _entry(element: Payload, given: str | None, block: Payload) -> Iterator[tuple[str, Any]]:
    yield "type", element["type"]
    options = element.get("options")
    if options is None:
        if not given and not block.get("optional"):
            raise LookupError(f"input {element['action_id']!r} may not be empty")
        yield "value", given or None
    else:
        chosen = _one(options, given) if given else element.get("initial_option")
        if chosen is None and not block.get("optional"):
            raise LookupError(f"input {element['action_id']!r} may not be empty")
        yield "selected_option", chosen


def _one(choices: list[Payload], value: str | None) -> Payload:
    for choice in choices:
        if choice["value"] == value:
            return choice
    raise LookupError(f"no choice {value!r}; there are {[choice['value'] for choice in choices]}")
