"""What Slack refuses in the parts of a block: texts, buttons, menus, inputs and feedback buttons."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from slack.markup_rules import link_fault, mrkdwn_faults

Part = dict[str, Any]

IN_ACTIONS = frozenset(
    "button checkboxes datepicker datetimepicker timepicker static_select external_select users_select"
    " conversations_select channels_select multi_static_select multi_external_select multi_users_select"
    " multi_conversations_select multi_channels_select overflow radio_buttons workflow_button".split()
)
IN_SECTION = (IN_ACTIONS - {"datetimepicker"}) | {"image"}
IN_INPUT = (IN_ACTIONS - {"button", "overflow", "workflow_button"}) | frozenset(
    "plain_text_input rich_text_input email_text_input url_text_input number_input file_input".split()
)
IN_CONTEXT_ACTIONS = frozenset({"feedback_buttons", "icon_button"})
BUTTON_KEYS = frozenset("type text action_id url value style confirm accessibility_label".split())
FEEDBACK_KEYS = frozenset({"text", "value", "accessibility_label"})
OPTION_KEYS = frozenset({"text", "value", "description", "url"})
TEXT_KEYS = {
    "plain_text": frozenset({"type", "text", "emoji"}),
    "mrkdwn": frozenset({"type", "text", "verbatim"}),
}


def text_faults(part: Any, where: str, longest: int, *, plain: bool = False, shortest: int = 1) -> Iterator[str]:
    """Faults of a text object that may be at most `longest` characters; with `plain`, mrkdwn is refused too."""
    if not isinstance(part, dict) or part.get("type") not in TEXT_KEYS or not isinstance(part.get("text"), str):
        yield f"{where}: must be a text object (plain_text or mrkdwn)"
        return
    if plain and part["type"] != "plain_text":
        yield f"{where}: must be plain_text"
    yield from unknown_keys(part, TEXT_KEYS[part["type"]], where)
    yield from length_faults(part["text"], where, longest, shortest)


def markup_faults(part: Any, where: str) -> Iterator[str]:
    """Links and characters in a text object that Slack accepts and shows wrongly."""
    if isinstance(part, dict) and part.get("type") == "mrkdwn" and isinstance(part.get("text"), str):
        yield from (f"{where}: {fault}" for fault in mrkdwn_faults(part["text"]))


def length_faults(text: Any, where: str, longest: int, shortest: int = 1) -> Iterator[str]:
    """Faults of a plain string."""
    if not isinstance(text, str):
        yield f"{where}: must be a string"
    elif len(text) > longest:
        yield f"{where}: must be at most {longest} characters, has {len(text)}"
    elif len(text) < shortest:
        yield f"{where}: must be at least {shortest} character"


def unknown_keys(part: Part, known: frozenset[str], where: str) -> Iterator[str]:
    """Keys that Slack doesn't know: it refuses the whole message for one."""
    yield from (f"{where}: invalid additional property: {key}" for key in sorted(part.keys() - known))


def element_faults(element: Any, where: str, allowed: frozenset[str]) -> Iterator[str]:
    """Faults of one interactive element, of a kind that its block allows."""
    kind = element.get("type") if isinstance(element, dict) else None
    if kind not in allowed:
        yield f"{where}: unsupported element {kind!r}"
        return
    if "action_id" in element:
        yield from length_faults(element["action_id"], f"{where}/action_id", 255)
    if "confirm" in element:
        yield from _confirm_faults(element["confirm"], f"{where}/confirm")
    if "placeholder" in element:
        yield from text_faults(element["placeholder"], f"{where}/placeholder", 150, plain=True)
    yield from FAULTS.get(kind, _no_faults)(element, where)


def _no_faults(element: Part, where: str) -> Iterator[str]:
    yield from ()


def _button(element: Part, where: str) -> Iterator[str]:
    yield from unknown_keys(element, BUTTON_KEYS, where)
    yield from text_faults(element.get("text"), f"{where}/text", 75, plain=True)
    if "value" in element:
        yield from length_faults(element["value"], f"{where}/value", 2000)
    if "url" in element:
        yield from _url_faults(element["url"], f"{where}/url")
    if element.get("style", "primary") not in ("primary", "danger"):
        yield f"{where}/style: must be primary or danger"
    if "accessibility_label" in element:
        yield from length_faults(element["accessibility_label"], f"{where}/accessibility_label", 75)


def _url_faults(url: Any, where: str) -> Iterator[str]:
    fault = link_fault(url) if isinstance(url, str) else "no string"
    if fault:
        yield f"{where}: invalid url, {fault}"


def _feedback(element: Part, where: str) -> Iterator[str]:
    yield from unknown_keys(element, frozenset({"type", "action_id", "positive_button", "negative_button"}), where)
    for side in ("positive_button", "negative_button"):
        button, place = element.get(side), f"{where}/{side}"
        if not isinstance(button, dict):
            yield f"{place}: missing"
            continue
        yield from unknown_keys(button, FEEDBACK_KEYS, place)
        yield from text_faults(button.get("text"), f"{place}/text", 75, plain=True)
        yield from length_faults(button.get("value"), f"{place}/value", 2000)
        if "accessibility_label" in button:
            yield from length_faults(button["accessibility_label"], f"{place}/accessibility_label", 75)


def _icon_button(element: Part, where: str) -> Iterator[str]:
    if element.get("icon") != "trash":
        yield f"{where}/icon: must be trash"
    yield from text_faults(element.get("text"), f"{where}/text", 75, plain=True)


def _overflow(element: Part, where: str) -> Iterator[str]:
    yield from _options(element, where, 1, 5)


def _radio(element: Part, where: str) -> Iterator[str]:
    yield from _options(element, where, 1, 10)


def _static_select(element: Part, where: str) -> Iterator[str]:
    if "option_groups" not in element:
        yield from _options(element, where, 1, 100)


def _options(element: Part, where: str, fewest: int, most: int) -> Iterator[str]:
    options = element.get("options")
    if not isinstance(options, list) or not fewest <= len(options) <= most:
        yield f"{where}/options: must be {fewest} to {most}"
        return
    for number, option in enumerate(options):
        place = f"{where}/options/{number}"
        yield from unknown_keys(option, OPTION_KEYS, place)
        yield from text_faults(option.get("text"), f"{place}/text", 75)
        yield from length_faults(option.get("value"), f"{place}/value", 150)
        if "description" in option:
            yield from text_faults(option["description"], f"{place}/description", 75)
        if "url" in option:
            yield from _url_faults(option["url"], f"{place}/url")
    if "initial_option" in element and element["initial_option"] not in options:
        yield f"{where}/initial_option: must be one of the options"


def _plain_text_input(element: Part, where: str) -> Iterator[str]:
    longest = element.get("max_length", 3000)
    if not isinstance(longest, int) or not 1 <= longest <= 3000:
        yield f"{where}/max_length: must be 1 to 3000"
    if "initial_value" in element:
        yield from length_faults(element["initial_value"], f"{where}/initial_value", 3000)


def _image(element: Part, where: str) -> Iterator[str]:
    yield from length_faults(element.get("alt_text"), f"{where}/alt_text", 2000)
    if "slack_file" not in element:
        yield from _url_faults(element.get("image_url"), f"{where}/image_url")


def _confirm_faults(part: Any, where: str) -> Iterator[str]:
    if not isinstance(part, dict):
        yield f"{where}: must be a confirmation dialog"
        return
    yield from text_faults(part.get("title"), f"{where}/title", 100, plain=True)
    yield from text_faults(part.get("text"), f"{where}/text", 300)
    yield from text_faults(part.get("confirm"), f"{where}/confirm", 30, plain=True)
    yield from text_faults(part.get("deny"), f"{where}/deny", 30, plain=True)


FAULTS = {
    "button": _button,
    "feedback_buttons": _feedback,
    "icon_button": _icon_button,
    "overflow": _overflow,
    "radio_buttons": _radio,
    "checkboxes": _radio,
    "static_select": _static_select,
    "multi_static_select": _static_select,
    "plain_text_input": _plain_text_input,
    "image": _image,
}
