"""The fake Slack refuses blocks and views that Slack refuses, and notices texts that Slack shows wrongly."""

from __future__ import annotations

from typing import Any

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from slack.block_rules import block_faults
from slack.fake_slack import FakeSlack
from slack.markup_rules import broadcasts, link_fault, markdown_faults, mrkdwn_faults
from slack.view_rules import view_faults

Part = dict[str, Any]


def plain(text: str) -> Part:
    return {"type": "plain_text", "text": text}


def mrkdwn(text: str) -> Part:
    return {"type": "mrkdwn", "text": text}


def section(text: str = "tekst", **more: Any) -> Part:
    return {"type": "section", "text": mrkdwn(text), **more}


def button(**more: Any) -> Part:
    return {"type": "button", "text": plain("Toon passages"), "action_id": "toon", **more}


def actions(*elements: Part) -> Part:
    return {"type": "actions", "elements": list(elements)}


def feedback(**more: Any) -> Part:
    sides = {
        "positive_button": {"text": plain("Nuttig"), "value": "goed"},
        "negative_button": {"text": plain("Niet nuttig"), "value": "fout"},
    }
    return {
        "type": "context_actions",
        "elements": [{"type": "feedback_buttons", "action_id": "oordeel", **(sides | more)}],
    }


def field(label: str = "Opmerking", **more: Any) -> Part:
    element = {"type": "plain_text_input", "action_id": "opmerking", "multiline": True}
    return {"type": "input", "block_id": "o", "label": plain(label), "element": element, **more}


def overflow(number: int) -> Part:
    options = [{"text": plain(f"{each}"), "value": f"{each}"} for each in range(number)]
    return {"type": "overflow", "action_id": "meer", "options": options}


ALL_AT_THEIR_LIMIT = [
    {"type": "header", "text": plain("k" * 150)},
    section("s" * 3000, accessory=overflow(5), block_id="b" * 255),
    {"type": "section", "fields": [mrkdwn("f")] * 10},
    {"type": "context", "elements": [mrkdwn("c")] * 10},
    actions(
        button(text=plain("t" * 75), value="v" * 2000, url="https://voorbeeld.nl/" + "p" * 2979, style="primary"),
        *[button(action_id=f"{each}") for each in range(24)],
    ),
    {"type": "markdown", "text": "m" * 9000},
    {"type": "divider"},
    {"type": "image", "image_url": "https://voorbeeld.nl/a.png", "alt_text": "een kaart"},
    {"type": "table", "rows": [[{"type": "raw_text", "text": "x"}] * 20] * 100},
    {"type": "alert", "text": mrkdwn("Verouderd"), "level": "warning"},
    feedback(),
]


def test_blocks_at_their_limits_are_accepted(slack: FakeSlack, client: WebClient) -> None:
    client.chat_postMessage(channel="C1", text="alles", blocks=ALL_AT_THEIR_LIMIT)

    assert [each["action_id"] for each in slack.bot_messages("C1")[0].elements][-2:] == ["23", "oordeel"]


@pytest.mark.parametrize(
    ("blocks", "fault"),
    [
        ([{"type": "divider"}] * 51, "no more than 50 items"),
        ([{"type": "poem"}], "unsupported type: poem in a message"),
        ([section("x" * 3001)], "blocks/0/text: must be at most 3000 characters, has 3001"),
        ([section("")], "at least 1 character"),
        ([{"type": "section"}], "needs text or fields"),
        ([{"type": "section", "fields": [mrkdwn("x")] * 11}], "1 to 10"),
        ([{"type": "section", "fields": [mrkdwn("x" * 2001)]}], "at most 2000"),
        ([section(colour="red")], "invalid additional property: colour"),
        ([{"type": "section", "text": "tekst"}], "must be a text object"),
        ([{"type": "header", "text": plain("x" * 151)}], "at most 150"),
        ([{"type": "header", "text": mrkdwn("x")}], "must be plain_text"),
        ([{"type": "context", "elements": [mrkdwn("x")] * 11}], "1 to 10"),
        ([{"type": "context", "elements": [button()]}], "must be a text object"),
        ([actions(*[button(action_id=f"{each}") for each in range(26)])], "1 to 25"),
        ([actions()], "1 to 25"),
        ([actions(button(text=plain("x" * 76)))], "at most 75"),
        ([actions(button(text=mrkdwn("x")))], "must be plain_text"),
        ([actions(button(value="x" * 2001))], "at most 2000"),
        ([actions(button(url="https://a.nl/" + "x" * 3000))], "longer than 3000"),
        ([actions(button(url="voorbeeld.nl"))], "invalid url, neither http nor https"),
        ([actions(button(url="https://"))], "invalid url, no host"),
        ([actions(button(url="https://a.nl/een twee"))], "percent-encoded"),
        ([actions(button(style="blue"))], "primary or danger"),
        ([actions(button(action_id="x" * 256))], "at most 255"),
        ([actions(button(), button())], "action_id 'toon' occurs 2 times"),
        ([actions(button()), actions(button())], "action_id 'toon' occurs 2 times"),
        ([section(block_id="b"), section(block_id="b")], "block_id 'b' occurs 2 times"),
        ([section(block_id="b" * 256)], "at most 255"),
        ([actions(feedback()["elements"][0])], "unsupported element 'feedback_buttons'"),
        ([actions(overflow(6))], "1 to 5"),
        ([section(accessory={"type": "plain_text_input", "action_id": "a"})], "unsupported element"),
        ([feedback(negative_button=None)], "negative_button: missing"),
        ([feedback(positive_button={"text": mrkdwn("x"), "value": "x"})], "must be plain_text"),
        ([feedback(positive_button={"text": plain("x")})], "value: must be a string"),
        ([feedback(positive_button={"text": plain("x"), "value": "x", "style": "primary"})], "property: style"),
        ([{"type": "context_actions", "elements": feedback()["elements"] * 6}], "1 to 5"),
        ([{"type": "context_actions", "elements": [button()]}], "unsupported element 'button'"),
        ([{"type": "markdown", "text": "x" * 7000}, {"type": "markdown", "text": "x" * 5001}], "12001 characters"),
        ([{"type": "image", "image_url": "https://a.nl/a.png"}], "alt_text: must be a string"),
        ([{"type": "table", "rows": [[]] * 101}], "1 to 100"),
        ([{"type": "table", "rows": [[{}] * 21]}], "1 to 20"),
        ([{"type": "table", "rows": [[{}]]}] * 2, "only one table"),
        ([{"type": "alert", "text": mrkdwn("x"), "level": "loud"}], "unknown level"),
        ([{"type": "card", "title": mrkdwn("x" * 151)}], "at most 150"),
        ([actions(button(confirm={"title": plain("x" * 101)}))], "at most 100"),
        (["tekst"], "must be a list of objects"),
    ],
)
def test_blocks_over_a_limit_are_refused(slack: FakeSlack, client: WebClient, blocks: list[Any], fault: str) -> None:
    with pytest.raises(SlackApiError) as raised:
        client.chat_postMessage(channel="C1", text="x", blocks=blocks)

    assert raised.value.response["error"] == "invalid_blocks"
    assert any(fault in each for each in raised.value.response["response_metadata"]["messages"])
    assert any(fault in each for each in slack.take_violations())
    assert slack.channel_messages("C1") == []


def test_blocks_that_are_no_json_are_refused(slack: FakeSlack, client: WebClient) -> None:
    with pytest.raises(SlackApiError, match="invalid_blocks_format"):
        client.api_call("chat.postMessage", data={"channel": "C1", "text": "x", "blocks": "[{"})


@pytest.mark.parametrize(
    ("text", "blocks", "answer", "violation"),
    [
        ("x" * 40_001, None, "msg_too_long", "text has 40001 characters"),
        ("", None, "no_text", "no text"),
        ("x", [section("x" * 2900)] * 5, "msg_blocks_too_long", "too long"),
    ],
)
def test_messages_over_a_limit_are_refused(
    slack: FakeSlack, client: WebClient, text: str, blocks: list[Part] | None, answer: str, violation: str
) -> None:
    with pytest.raises(SlackApiError) as raised:
        client.api_call("chat.postMessage", json={"channel": "C1", "text": text, "blocks": blocks})

    assert raised.value.response["error"] == answer
    assert violation in slack.take_violations()[0]


def test_blocks_need_a_text_for_screen_readers(slack: FakeSlack, client: WebClient) -> None:
    with pytest.warns(UserWarning, match="text"):  # slack_sdk warns too
        client.chat_postMessage(channel="C1", blocks=[section()])

    assert "blocks without text" in slack.take_violations()[0]


@pytest.mark.parametrize(
    ("view", "fault"),
    [
        ({"title": plain("x" * 25)}, "view/title: must be at most 24"),
        ({"title": mrkdwn("x")}, "view/title: must be plain_text"),
        ({"submit": plain("x" * 25)}, "view/submit: must be at most 24"),
        ({"close": plain("x" * 25)}, "view/close: must be at most 24"),
        ({"private_metadata": "x" * 3001}, "view/private_metadata: must be at most 3000"),
        ({"callback_id": "x" * 256}, "view/callback_id: must be at most 255"),
        ({"blocks": [section()] * 101}, "no more than 100 items"),
        ({"blocks": [field()]}, "view/submit: needed"),
        ({"blocks": [field("x" * 2001)]}, "at most 2000"),
        ({"blocks": [field(element=button())]}, "unsupported element 'button'"),
        ({"blocks": [{"type": "markdown", "text": "x"}]}, "unsupported type: markdown in a modal"),
        ({"blocks": [feedback()]}, "unsupported type: context_actions in a modal"),
        ({"blocks": None}, "must be a list"),
        ({"colour": "red"}, "invalid additional property: colour"),
        ({"type": "page"}, "type modal or home"),
    ],
)
def test_views_over_a_limit_are_refused(slack: FakeSlack, client: WebClient, view: Part, fault: str) -> None:
    right = {"type": "modal", "title": plain("Passages"), "blocks": [section()]}
    assert view_faults(right) == []

    with pytest.raises(SlackApiError) as raised:
        client.views_open(trigger_id=slack.workspace.new_trigger("U1"), view=right | view)

    assert raised.value.response["error"] == "invalid_arguments"
    assert any(fault in each for each in slack.take_violations())
    assert slack.modals("U1") == []


def test_a_modal_at_its_limits_is_accepted() -> None:
    modal = {
        "type": "modal",
        "title": plain("t" * 24),
        "submit": plain("s" * 24),
        "close": plain("c" * 24),
        "private_metadata": "p" * 3000,
        "callback_id": "c" * 255,
        "blocks": [field(), *[section()] * 99],
    }

    assert view_faults(modal) == []


@pytest.mark.parametrize(
    "text",
    [
        "gewoon &amp; &lt;b&gt;",
        "<https://voorbeeld.nl/a?b=1&amp;c=2#:~:text=een%20twee|Leidraad (2025)>",
        "<https://voorbeeld.nl>",
        "<mailto:post@voorbeeld.nl|Post>",
        "> een citaat\n> tweede regel",
        "<!date^1392734382^{date}|18 februari>",
        "<#C123|wijkteam>",
    ],
)
def test_right_markup_passes(text: str) -> None:
    assert list(mrkdwn_faults(text)) == []


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("jeugd & gezin", "unescaped '&'"),
        ("3 < 4", "unescaped '<'"),
        ("4 > 3", "unescaped '>'"),
        ("een <b>dik</b> woord", "unescaped '<' and '>'"),
        ("<https://voor beeld.nl|x>", "percent-encoded"),
        ("<https://voorbeeld.nl/a|>", "empty label"),
        ("<https://voorbeeld.nl/a|a|b>", "a bar"),
        ("<https://|x>", "no host"),
        ("<ftp://voorbeeld.nl|x>", "neither http nor https"),
    ],
)
def test_wrong_markup_is_a_violation(slack: FakeSlack, client: WebClient, text: str, fault: str) -> None:
    client.chat_postMessage(channel="C1", text=text)
    in_text = slack.take_violations()
    client.chat_postMessage(channel="C1", text="x", blocks=[section(text)])
    in_block = slack.take_violations()

    assert any(fault in each for each in in_text)
    assert any(fault in each for each in in_block)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("[Leidraad](https://voor beeld.nl)", "percent-encoded"),
        ("[Leidraad](voorbeeld.nl)", "neither http nor https"),
        ("[Leidraad](https://voorbeeld.nl/a", "no closing parenthesis"),
        ("[](https://voorbeeld.nl)", "no label"),
        ("een] los](https://voorbeeld.nl)", "no label"),
    ],
)
def test_wrong_markdown_is_a_violation(slack: FakeSlack, client: WebClient, text: str, fault: str) -> None:
    client.chat_postMessage(channel="C1", text="x", blocks=[{"type": "markdown", "text": text}])

    assert fault in slack.take_violations()[0]


def test_right_markdown_passes() -> None:
    text = r"**Kernteam** [a \[b\] (2025) [1]](https://voorbeeld.nl/a_(b)?c=d#:~:text=x) en \[geen link\](haakjes)"

    assert list(markdown_faults(text)) == []


@pytest.mark.parametrize("ping", ["<!channel>", "<!here|here>", "<!everyone>", "<!subteam^S1>"])
def test_to_ping_a_group_is_a_violation(slack: FakeSlack, client: WebClient, ping: str) -> None:
    client.chat_postMessage(channel="C1", text=f"let op {ping}")
    client.chat_postEphemeral(channel="C1", user="U1", text="x", blocks=[section(ping)])
    client.chat_postMessage(channel="C1", text="x", blocks=[{"type": "markdown", "text": ping}])

    assert slack.broadcasts == [ping] * 3
    assert [each.split(": ")[1] for each in slack.take_violations()] == [f"broadcast {ping}"] * 3


def test_to_ping_a_person_is_kept_without_a_violation(slack: FakeSlack, client: WebClient) -> None:
    client.chat_postMessage(channel="C1", text="<@U1> vraagt iets")

    assert (slack.broadcasts, broadcasts("&lt;!channel&gt; @channel <@U2|jan>")) == (["<@U1>"], ["<@U2|jan>"])


def test_rich_text_and_loose_names_can_ping_too(slack: FakeSlack, client: WebClient) -> None:
    ping = {"type": "rich_text_section", "elements": [{"type": "broadcast", "range": "here"}]}

    client.chat_postMessage(channel="C1", text="x", blocks=[{"type": "rich_text", "elements": [ping]}])
    client.chat_postMessage(channel="C1", text="@channel let op", link_names=True)

    assert [each.split(": ")[1] for each in slack.take_violations()] == [
        "broadcast <!here>",
        "link_names or parse turns a word into a ping of the whole channel",
    ]


@pytest.mark.parametrize("url", ["https://a.nl", "http://localhost:8000/x#page=3", "mailto:a@b.nl"])
def test_a_right_link_has_no_fault(url: str) -> None:
    assert link_fault(url) is None


def test_plain_text_is_not_markup(slack: FakeSlack, client: WebClient) -> None:
    client.chat_postMessage(channel="C1", text="x", blocks=[{"type": "header", "text": plain("a < b & <!channel>")}])

    assert (slack.broadcasts, block_faults([section()], "home")) == ([], [])
