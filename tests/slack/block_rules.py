"""What Slack refuses in blocks. In: the blocks and where they are shown; out: sentences, none when all is well."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any, Literal

from slack.element_rules import (
    FAULTS,
    IN_ACTIONS,
    IN_CONTEXT_ACTIONS,
    IN_INPUT,
    IN_SECTION,
    Part,
    element_faults,
    length_faults,
    markup_faults,
    text_faults,
    unknown_keys,
)
from slack.markup_rules import markdown_faults

Surface = Literal["message", "modal", "home"]

EVERYWHERE = frozenset("section header divider context actions image input rich_text video alert".split())
KNOWN: dict[Surface, frozenset[str]] = {
    "message": EVERYWHERE
    | frozenset("markdown context_actions table task_card plan card carousel container file call".split()),
    "modal": EVERYWHERE,
    "home": EVERYWHERE,
}
MOST: dict[Surface, int] = {"message": 50, "modal": 100, "home": 100}
LONGEST_MARKDOWN = 12_000  # of all markdown blocks of a message together
LONGEST_MESSAGE = 13_200  # characters in all blocks together; above it: msg_blocks_too_long (bolt-js 2509)
KEYS = {
    "section": frozenset({"text", "fields", "accessory", "expand"}),
    "header": frozenset({"text", "level"}),
    "divider": frozenset(),
    "context": frozenset({"elements"}),
    "actions": frozenset({"elements"}),
    "context_actions": frozenset({"elements"}),
    "markdown": frozenset({"text"}),
    "image": frozenset({"alt_text", "image_url", "title", "slack_file"}),
    "input": frozenset({"label", "hint", "element", "optional", "dispatch_action"}),
    "table": frozenset({"rows", "column_settings"}),
    "alert": frozenset({"text", "level"}),
}


def block_faults(blocks: Any, surface: Surface) -> list[str]:
    """Everything for which Slack would refuse these blocks."""
    if not isinstance(blocks, list) or not all(isinstance(block, dict) for block in blocks):
        return ["blocks: must be a list of objects"]
    found = [fault for number, block in enumerate(blocks) for fault in _block(block, f"blocks/{number}", surface)]
    if len(blocks) > MOST[surface]:
        found.append(f"blocks: no more than {MOST[surface]} items allowed, got {len(blocks)}")
    found.extend(_repeated(blocks))
    markdown = sum(len(block.get("text", "")) for block in blocks if block.get("type") == "markdown")
    if markdown > LONGEST_MARKDOWN:
        found.append(f"blocks: markdown blocks hold {markdown} characters together, {LONGEST_MARKDOWN} allowed")
    if sum(block.get("type") == "table" for block in blocks) > 1:
        found.append("blocks: only one table allowed")
    return found


def blocks_too_long(blocks: list[Part]) -> bool:
    """Whether the texts of all blocks together are more than a message can hold."""
    return sum(len(text) for text in texts(blocks)) > LONGEST_MESSAGE


def shown_faults(blocks: list[Part]) -> list[str]:
    """What Slack accepts in valid blocks but shows wrongly: broken links, characters that were not escaped."""
    found: list[str] = []
    for number, block in enumerate(blocks):
        where = f"blocks/{number}"
        if block.get("type") == "markdown":
            found.extend(f"{where}: {fault}" for fault in markdown_faults(block["text"]))
        found.extend(fault for part in text_objects(block) for fault in markup_faults(part, where))
    return found


def text_objects(part: Any) -> Iterator[Part]:
    """Every text object in a block, in the order of the page."""
    if isinstance(part, dict):
        if part.get("type") in ("plain_text", "mrkdwn") and isinstance(part.get("text"), str):
            yield part
        else:
            yield from (found for inner in part.values() for found in text_objects(inner))
    elif isinstance(part, list):
        yield from (found for inner in part for found in text_objects(inner))


def texts(blocks: list[Part]) -> Iterator[str]:
    """Every text that a reader sees in the blocks."""
    for block in blocks:
        if block.get("type") == "markdown":
            yield block["text"]
        elif block.get("type") == "rich_text":
            yield "".join(_rich(block))
        else:
            yield from (part["text"] for part in text_objects(block))


def elements(blocks: list[Part]) -> Iterator[tuple[Part, Part]]:
    """Every interactive element, with the block that holds it."""
    for block in blocks:
        held = [*block.get("elements", []), block.get("accessory"), block.get("element")]
        yield from ((element, block) for element in held if isinstance(element, dict) and "action_id" in element)


def with_ids(blocks: list[Part]) -> list[Part]:
    """The blocks with an id for each, which Slack adds where the app gave none."""
    return [{"block_id": f"b{number}"} | block for number, block in enumerate(blocks)]


def _rich(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        yield part["text"] if isinstance(part.get("text"), str) else part.get("url", "")
        yield from _rich(part.get("elements", []))
    elif isinstance(part, list):
        yield from (found for inner in part for found in _rich(inner))


def _repeated(blocks: list[Part]) -> Iterator[str]:
    ids = Counter(block["block_id"] for block in blocks if block.get("block_id"))
    yield from (f"blocks: block_id {each!r} occurs {count} times" for each, count in ids.items() if count > 1)
    # Slack asks this only within one block; a click names just the action, so we hold the whole message to it.
    actions = Counter(element["action_id"] for element, _ in elements(blocks))
    yield from (f"blocks: action_id {each!r} occurs {count} times" for each, count in actions.items() if count > 1)


def _block(block: Part, where: str, surface: Surface) -> Iterator[str]:
    kind = block.get("type")
    if kind not in KNOWN[surface]:
        yield f"{where}: unsupported type: {kind} in a {surface}"
        return
    if kind in KEYS:
        yield from unknown_keys(block, KEYS[kind] | {"type", "block_id"}, where)
    if "block_id" in block:
        yield from length_faults(block["block_id"], f"{where}/block_id", 255, shortest=0)
    check = CHECKS.get(kind)
    if check:
        yield from check(block, where)


def _section(block: Part, where: str) -> Iterator[str]:
    if "text" not in block and not block.get("fields"):
        yield f"{where}: needs text or fields"
    if "text" in block:
        yield from text_faults(block["text"], f"{where}/text", 3000)
    if "fields" in block:
        yield from _count(block["fields"], f"{where}/fields", 10)
        for number, field in enumerate(block["fields"]):
            yield from text_faults(field, f"{where}/fields/{number}", 2000)
    if "accessory" in block:
        yield from element_faults(block["accessory"], f"{where}/accessory", IN_SECTION)


def _header(block: Part, where: str) -> Iterator[str]:
    yield from text_faults(block.get("text"), f"{where}/text", 150, plain=True)


def _context(block: Part, where: str) -> Iterator[str]:
    yield from _count(block.get("elements"), f"{where}/elements", 10)
    for number, element in enumerate(block.get("elements") or []):
        if isinstance(element, dict) and element.get("type") == "image":
            yield from FAULTS["image"](element, f"{where}/elements/{number}")
        else:
            yield from text_faults(element, f"{where}/elements/{number}", 3000)


def _actions(block: Part, where: str) -> Iterator[str]:
    yield from _count(block.get("elements"), f"{where}/elements", 25)
    for number, element in enumerate(block.get("elements") or []):
        yield from element_faults(element, f"{where}/elements/{number}", IN_ACTIONS)


def _context_actions(block: Part, where: str) -> Iterator[str]:
    yield from _count(block.get("elements"), f"{where}/elements", 5)
    for number, element in enumerate(block.get("elements") or []):
        yield from element_faults(element, f"{where}/elements/{number}", IN_CONTEXT_ACTIONS)


def _markdown(block: Part, where: str) -> Iterator[str]:
    yield from length_faults(block.get("text"), f"{where}/text", LONGEST_MARKDOWN)


def _input(block: Part, where: str) -> Iterator[str]:
    yield from text_faults(block.get("label"), f"{where}/label", 2000, plain=True)
    if "hint" in block:
        yield from text_faults(block["hint"], f"{where}/hint", 2000, plain=True)
    yield from element_faults(block.get("element"), f"{where}/element", IN_INPUT)


def _table(block: Part, where: str) -> Iterator[str]:
    yield from _count(block.get("rows"), f"{where}/rows", 100)
    for number, row in enumerate(block.get("rows") or []):
        yield from _count(row, f"{where}/rows/{number}", 20)


def _alert(block: Part, where: str) -> Iterator[str]:
    yield from text_faults(block.get("text"), f"{where}/text", 3000)
    if block.get("level", "default") not in ("default", "info", "warning", "error", "success"):
        yield f"{where}/level: unknown level {block['level']!r}"


def _card(block: Part, where: str) -> Iterator[str]:
    for key, longest in (("title", 150), ("body", 200)):
        if key in block:
            yield from text_faults(block[key], f"{where}/{key}", longest)


def _count(held: Any, where: str, most: int) -> Iterator[str]:
    if not isinstance(held, list) or not 1 <= len(held) <= most:
        yield f"{where}: must be a list of 1 to {most}"


CHECKS = {
    "section": _section,
    "header": _header,
    "context": _context,
    "actions": _actions,
    "context_actions": _context_actions,
    "markdown": _markdown,
    "image": FAULTS["image"],
    "input": _input,
    "table": _table,
    "alert": _alert,
    "card": _card,
}
