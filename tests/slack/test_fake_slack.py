"""The fake Slack behaves as Slack does towards apps and people: messages, streams, modals, tokens, scopes, limits."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.webhook import WebhookClient

from slack.fake_slack import FakeSlack
from slack.payloads import BOT_USER, TEAM

MODAL = {"type": "modal", "title": {"type": "plain_text", "text": "Passages"}, "blocks": [{"type": "divider"}]}


def error(call: Any, **arguments: Any) -> str:
    """The error with which Slack answers a call."""
    with pytest.raises(SlackApiError) as raised:
        call(**arguments)
    return str(raised.value.response["error"])


def start(client: WebClient, thread_ts: str, **more: Any) -> str:
    """A stream in the channel; its timestamp."""
    to = {"recipient_user_id": "U1", "recipient_team_id": TEAM} | more
    return str(client.chat_startStream(channel="C1", thread_ts=thread_ts, **to)["ts"])


# Messages


def test_a_reply_is_seen_in_its_thread(slack: FakeSlack, client: WebClient) -> None:
    asked = slack.say("U1", "C1", "Wat is een kernteam?")

    client.chat_postMessage(channel="C1", text="Een vaste groep.", thread_ts=asked.ts)

    assert [each.shown for each in slack.thread("C1", asked.ts)] == ["Wat is een kernteam?", "Een vaste groep."]


def test_a_thread_can_be_read_back_in_pages(slack: FakeSlack, client: WebClient) -> None:
    asked = slack.say("U1", "C1", "vraag")
    for number in range(5):
        slack.say("U2", "C1", f"antwoord {number}", asked.ts)

    first = client.conversations_replies(channel="C1", ts=asked.ts, limit=4)
    second = client.conversations_replies(channel="C1", ts=asked.ts, limit=4, cursor=_cursor(first))

    assert [each["text"] for each in first["messages"]] == ["vraag", "antwoord 0", "antwoord 1", "antwoord 2"]
    assert [each["text"] for each in second["messages"]] == ["antwoord 3", "antwoord 4"]
    assert (first["messages"][0]["reply_count"], first["messages"][1]["parent_user_id"]) == (5, "U1")
    assert (first["has_more"], second["has_more"]) == (True, False)


def _cursor(answer: Any) -> str:
    return str(answer["response_metadata"]["next_cursor"])


def test_the_history_gives_the_newest_first_without_replies(slack: FakeSlack, client: WebClient) -> None:
    asked = slack.say("U1", "C1", "een")
    slack.say("U2", "C1", "reactie", asked.ts)
    slack.say("U1", "C1", "twee")

    history = client.conversations_history(channel="C1", latest=str(time.time() + 60))

    assert [each["text"] for each in history["messages"]] == ["twee", "een"]


def test_an_update_keeps_blocks_that_it_does_not_name(slack: FakeSlack, client: WebClient) -> None:
    blocks = [{"type": "section", "text": {"type": "mrkdwn", "text": "blok"}}]
    posted = client.chat_postMessage(channel="C1", text="een", blocks=blocks)

    client.chat_update(channel="C1", ts=posted["ts"], text="twee")
    kept = slack.bot_messages("C1")[0].shown
    client.chat_update(channel="C1", ts=posted["ts"], text="twee", blocks=[])

    assert (kept, slack.bot_messages("C1")[0].shown) == ("blok", "twee")


def test_a_deleted_message_is_gone(slack: FakeSlack, client: WebClient) -> None:
    posted = client.chat_postMessage(channel="C1", text="weg")

    client.chat_delete(channel="C1", ts=posted["ts"])

    assert slack.channel_messages("C1") == []
    assert error(client.chat_update, channel="C1", ts=posted["ts"], text="x") == "message_not_found"


def test_a_deleted_question_with_replies_leaves_a_sign(slack: FakeSlack, client: WebClient) -> None:
    asked = slack.say("U1", "C1", "vraag")
    slack.say("U2", "C1", "reactie", asked.ts)

    slack.delete(asked)

    replies = client.conversations_replies(channel="C1", ts=asked.ts)["messages"]
    assert [each.get("subtype") for each in replies] == ["tombstone", None]


def test_an_ephemeral_message_is_seen_by_one_person(slack: FakeSlack, client: WebClient) -> None:
    client.chat_postEphemeral(channel="C1", user="U1", text="alleen voor U1")

    assert [each.shown for each in slack.ephemerals("U1", "C1")] == ["alleen voor U1"]
    assert (slack.ephemerals("U2", "C1"), slack.channel_messages("C1")) == ([], [])
    assert error(client.chat_postEphemeral, channel="C1", user="U9", text="x") == "user_not_in_channel"


def test_a_permalink_leads_to_the_thread(slack: FakeSlack, client: WebClient) -> None:
    asked = slack.say("U1", "C1", "vraag")
    posted = client.chat_postMessage(channel="C1", text="antwoord", thread_ts=asked.ts)

    link = client.chat_getPermalink(channel="C1", message_ts=posted["ts"])["permalink"]

    number = posted["ts"].replace(".", "")
    assert link == f"https://wijkteam.slack.com/archives/C1/p{number}?thread_ts={asked.ts}&cid=C1"


def test_an_app_cannot_write_where_it_is_no_member(slack: FakeSlack, client: WebClient) -> None:
    slack.add_channel("C2", members=["U1"], bot=False)
    slack.workspace.channels["C1"].archived = True

    assert error(client.chat_postMessage, channel="C2", text="x") == "not_in_channel"
    assert error(client.chat_postMessage, channel="C1", text="x") == "is_archived"
    assert error(client.chat_postMessage, channel="C9", text="x") == "channel_not_found"


def test_a_message_to_a_person_arrives_in_their_conversation(slack: FakeSlack, client: WebClient) -> None:
    opened = client.conversations_open(users="U1")["channel"]["id"]

    client.chat_postMessage(channel="U1", text="hallo")

    assert [each.shown for each in slack.channel_messages(opened)] == ["hallo"]
    assert client.conversations_info(channel=opened)["channel"]["is_im"] is True


def test_people_are_told_apart(slack: FakeSlack, client: WebClient) -> None:
    slack.add_user("U3", guest="single")
    slack.add_user("U4", team="T0ELDERS")
    slack.add_user("U5", is_bot=True)

    people = {id: client.users_info(user=id)["user"] for id in ("U1", "U3", "U4", "U5")}

    assert [people[id].get("is_ultra_restricted") for id in ("U1", "U3")] == [False, True]
    assert (people["U4"]["is_stranger"], people["U4"]["team_id"], people["U5"]["is_bot"]) == (True, "T0ELDERS", True)
    assert error(client.users_info, user="U9") == "user_not_found"


def test_a_reply_to_a_reply_or_to_nothing_is_a_violation(slack: FakeSlack, client: WebClient) -> None:
    asked = slack.say("U1", "C1", "vraag")
    reply = slack.say("U2", "C1", "reactie", asked.ts)

    assert error(client.chat_postMessage, channel="C1", text="x", thread_ts=reply.ts) == "invalid_thread_ts"
    assert error(client.chat_postMessage, channel="C1", text="x", thread_ts="1.0") == "invalid_thread_ts"
    assert [each.split(" ")[2:4] for each in slack.take_violations()] == [["is", "a"], ["names", "no"]]


def test_a_shared_file_is_read_with_the_token_only(slack: FakeSlack) -> None:
    shared = slack.upload("U1", "C1", "brief.txt", b"inhoud", "kijk")
    url = shared.event["files"][0]["url_private"]
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {slack.bot_token}"})

    with urllib.request.urlopen(request) as answer:
        assert answer.read() == b"inhoud"
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(url)
    refused.value.close()


# Streams


def test_a_stream_grows_and_ends_with_blocks(slack: FakeSlack, client: WebClient) -> None:
    asked = slack.say("U1", "C1", "vraag")
    stream = client.chat_stream(
        channel="C1", thread_ts=asked.ts, recipient_user_id="U1", recipient_team_id=TEAM, buffer_size=1
    )

    stream.append(markdown_text="Een **kernteam** ")
    stream.append(markdown_text="werkt per regio.")
    half = slack.thread("C1", asked.ts)[1]
    seen = (half.shown, half.stream)
    stream.stop(blocks=[{"type": "section", "text": {"type": "mrkdwn", "text": "Bronnen"}}])

    assert seen == ("Een **kernteam** werkt per regio.", "open")
    assert (half.shown, half.stream) == ("Een **kernteam** werkt per regio.\nBronnen", "stopped")
    assert [text for _, text in half.versions][:2] == ["Een **kernteam** ", "Een **kernteam** werkt per regio."]
    assert slack.open_streams == []


def test_a_stream_that_slack_ended_refuses_more_and_can_be_updated(slack: FakeSlack, client: WebClient) -> None:
    ts = start(client, slack.say("U1", "C1", "vraag").ts, markdown_text="half")

    slack.expire_streams()

    assert error(client.chat_appendStream, channel="C1", ts=ts, markdown_text="x") == "message_not_in_streaming_state"
    client.chat_update(channel="C1", ts=ts, text="heel")
    assert slack.bot_messages("C1")[0].shown == "heel"


def test_a_stream_ends_by_itself_after_its_time(slack: FakeSlack, client: WebClient) -> None:
    slack.timing = replace(slack.timing, stream=0.0)
    ts = start(client, slack.say("U1", "C1", "vraag").ts)

    assert error(client.chat_stopStream, channel="C1", ts=ts) == "message_not_in_streaming_state"


def test_to_append_after_stopping_is_a_violation(slack: FakeSlack, client: WebClient) -> None:
    ts = start(client, slack.say("U1", "C1", "vraag").ts)
    client.chat_stopStream(channel="C1", ts=ts)

    assert error(client.chat_appendStream, channel="C1", ts=ts, markdown_text="x") == "message_not_in_streaming_state"
    assert "ended the stream" in slack.take_violations()[0]


@pytest.mark.parametrize(
    ("arguments", "answer", "violation"),
    [
        ({"recipient_user_id": None}, "missing_recipient_user_id", "recipient_user_id is missing"),
        ({"recipient_team_id": None}, "missing_recipient_team_id", "recipient_team_id is missing"),
        ({"recipient_user_id": "U9"}, "invalid_arguments", "is nobody in the team"),
        ({"markdown_text": "x" * 12_001}, "msg_too_long", "over 12000 characters"),
        ({"chunks": [{"type": "poem"}]}, "invalid_chunks", "invalid chunk"),
    ],
)
def test_a_stream_is_started_by_the_rules(
    slack: FakeSlack, client: WebClient, arguments: dict[str, Any], answer: str, violation: str
) -> None:
    to = {"recipient_user_id": "U1", "recipient_team_id": TEAM}
    asked = slack.say("U1", "C1", "vraag")

    assert error(client.chat_startStream, channel="C1", thread_ts=asked.ts, **(to | arguments)) == answer
    assert violation in slack.take_violations()[0]


def test_a_stream_must_be_a_reply(slack: FakeSlack, client: WebClient) -> None:
    assert error(client.chat_startStream, channel="C1", thread_ts="") == "invalid_arguments"
    assert "must be a reply" in slack.take_violations()[0]


def test_a_stream_to_a_person_names_no_recipient(slack: FakeSlack, client: WebClient) -> None:
    asked = slack.direct_message("U1", "vraag")

    client.chat_startStream(channel=slack.dm("U1"), thread_ts=asked.ts, markdown_text="antwoord")

    assert slack.thread(slack.dm("U1"), asked.ts)[1].shown == "antwoord"


def test_a_message_is_not_updated_while_it_streams(slack: FakeSlack, client: WebClient) -> None:
    ts = start(client, slack.say("U1", "C1", "vraag").ts)

    assert error(client.chat_update, channel="C1", ts=ts, text="x") == "streaming_state_conflict"
    assert "still streaming" in slack.take_violations()[0]


def test_a_ping_in_two_pieces_of_a_stream_is_seen(slack: FakeSlack, client: WebClient) -> None:
    ts = start(client, slack.say("U1", "C1", "vraag").ts, markdown_text="let op <!chan")

    client.chat_appendStream(channel="C1", ts=ts, markdown_text="nel>")

    assert slack.broadcasts == ["<!channel>"]
    assert slack.take_violations() == ["chat.appendStream: broadcast <!channel>"]


def test_a_link_in_two_pieces_of_a_stream_is_whole(slack: FakeSlack, client: WebClient) -> None:
    ts = start(client, slack.say("U1", "C1", "vraag").ts, markdown_text="[Leidraad](https://voor")

    client.chat_appendStream(channel="C1", ts=ts, markdown_text="beeld.nl/a_(b))")
    client.chat_stopStream(channel="C1", ts=ts)

    assert slack.bot_messages("C1")[0].shown == "[Leidraad](https://voorbeeld.nl/a_(b))"


# Modals and the agent's pane


def test_a_trigger_opens_one_modal_and_soon(slack: FakeSlack, client: WebClient) -> None:
    once, late = slack.workspace.new_trigger("U1"), slack.workspace.new_trigger("U1")
    slack.workspace.triggers[late] = (time.monotonic() - 0.001, "U1")

    client.views_open(trigger_id=once, view=MODAL)

    assert [each.content["title"]["text"] for each in slack.modals("U1")] == ["Passages"]
    assert error(client.views_open, trigger_id=once, view=MODAL) == "exchanged_trigger_id"
    assert error(client.views_open, trigger_id=late, view=MODAL) == "expired_trigger_id"
    assert error(client.views_open, trigger_id="1.2.x", view=MODAL) == "invalid_trigger_id"
    assert [each.split(": ")[1] for each in slack.take_violations()] == [
        "trigger_id used twice",
        "trigger_id older than 3 s",
        "unknown trigger_id",
    ]


def test_a_trigger_lives_three_seconds(slack: FakeSlack) -> None:
    until, user = slack.workspace.triggers[slack.workspace.new_trigger("U1")]

    assert (0 < until - time.monotonic() <= 3.0, user) == (True, "U1")


def test_a_modal_is_updated_with_its_hash(slack: FakeSlack, client: WebClient) -> None:
    view = client.views_open(trigger_id=slack.workspace.new_trigger("U1"), view=MODAL)["view"]
    other = MODAL | {"title": {"type": "plain_text", "text": "Anders"}}

    client.views_update(view_id=view["id"], hash=view["hash"], view=other)

    assert slack.modals("U1")[0].content["title"]["text"] == "Anders"
    assert error(client.views_update, view_id=view["id"], hash=view["hash"], view=other) == "hash_conflict"


def test_three_modals_lie_on_each_other(slack: FakeSlack, client: WebClient) -> None:
    client.views_open(trigger_id=slack.workspace.new_trigger("U1"), view=MODAL)
    for _ in range(2):
        client.views_push(trigger_id=slack.workspace.new_trigger("U1"), view=MODAL)

    assert len(slack.modals("U1")) == 3
    assert error(client.views_push, trigger_id=slack.workspace.new_trigger("U1"), view=MODAL) == "push_limit_reached"
    assert "fourth modal" in slack.take_violations()[0]


def test_a_home_tab_is_published_for_one_person(slack: FakeSlack, client: WebClient) -> None:
    client.views_publish(user_id="U1", view={"type": "home", "blocks": [{"type": "divider"}]})

    home = slack.home("U1")
    assert home is not None
    assert (home.content["type"], slack.home("U2")) == ("home", None)


def test_a_status_shows_until_the_answer_comes(slack: FakeSlack, client: WebClient) -> None:
    asked = slack.say("U1", "C1", "vraag")
    client.assistant_threads_setStatus(channel_id="C1", thread_ts=asked.ts, status="zoekt…", loading_messages=["a"])
    before = slack.status("C1", asked.ts)

    client.chat_postMessage(channel="C1", thread_ts=asked.ts, text="antwoord")

    assert (before, slack.status("C1", asked.ts), slack.statuses("C1", asked.ts)) == ("zoekt…", "", ["zoekt…"])


@pytest.mark.parametrize(
    ("arguments", "violation"),
    [
        ({"loading_messages": ["x"] * 11}, "at most 10"),
        ({"status": None}, "status must be a string"),
    ],
)
def test_a_status_has_the_right_shape(
    slack: FakeSlack, client: WebClient, arguments: dict[str, Any], violation: str
) -> None:
    asked = slack.say("U1", "C1", "vraag")

    call = {"channel_id": "C1", "thread_ts": asked.ts, "status": "zoekt…"} | arguments
    assert error(client.assistant_threads_setStatus, **call) == "invalid_arguments"
    assert violation in slack.take_violations()[0]


def test_suggested_prompts_stand_in_the_pane(slack: FakeSlack, client: WebClient) -> None:
    prompts = [{"title": "Kernteam", "message": "Wat is een kernteam?"}]
    pane = slack.open_agent("U1")

    client.assistant_threads_setSuggestedPrompts(channel_id=pane, prompts=prompts)

    assert slack.prompts("U1") == prompts


def test_suggested_prompts_have_rules(slack: FakeSlack, client: WebClient) -> None:
    one, pane = {"title": "a", "message": "b"}, slack.dm("U1")

    def refused(**arguments: Any) -> str:
        return error(client.assistant_threads_setSuggestedPrompts, **arguments)

    assert refused(channel_id=pane, prompts=[one] * 5) == "invalid_arguments"
    assert refused(channel_id=pane, prompts=[{"title": "a"}]) == "invalid_arguments"
    assert refused(channel_id="C1", prompts=[one]) == "channel_not_supported"
    client.assistant_threads_setSuggestedPrompts(channel_id=pane, prompts=[one], thread_ts="1.0")
    assert slack.prompts("U1") == []
    assert [each.split(": ")[1].split(" ")[0] for each in slack.take_violations()] == [
        "needs",
        "needs",
        "only",
        "thread_ts",
    ]


# response_url


def test_a_response_url_answers_five_times(slack: FakeSlack) -> None:
    webhook = WebhookClient(slack.web.origin + slack.workspace.new_reply_address("C1", "U1"))

    statuses = [webhook.send(text=str(number)).status_code for number in range(6)]

    assert statuses == [200] * 5 + [404]
    assert [each.shown for each in slack.ephemerals("U1", "C1")] == ["0", "1", "2", "3", "4"]
    assert slack.take_violations() == ["response_url: used more than five times"]


def test_a_response_url_is_for_half_an_hour(slack: FakeSlack) -> None:
    path = slack.workspace.new_reply_address("C1", "U1")
    slack.workspace.reply_addresses[path].until = time.monotonic() - 0.001

    assert WebhookClient(slack.web.origin + path).send(text="laat").status_code == 404
    assert "half an hour" in slack.take_violations()[0]


def test_a_response_url_shares_replaces_and_deletes(slack: FakeSlack, client: WebClient) -> None:
    client.chat_postEphemeral(channel="C1", user="U1", text="privé")
    private = slack.ephemerals("U1", "C1")[0]
    webhook = WebhookClient(slack.web.origin + slack.workspace.new_reply_address("C1", "U1", private))

    webhook.send(text="gedeeld", response_type="in_channel")
    webhook.send(text="anders", replace_original=True)
    replaced = [each.shown for each in slack.ephemerals("U1", "C1")]
    webhook.send(delete_original=True)

    assert [each.shown for each in slack.channel_messages("C1")] == ["gedeeld"]
    assert (replaced, slack.ephemerals("U1", "C1")) == (["anders"], [])


# Tokens, scopes, limits


def test_tokens_are_checked(slack: FakeSlack, client: WebClient) -> None:
    wrong = WebClient("xoxb-fout", base_url=slack.api_url)

    assert client.auth_test()["user_id"] == BOT_USER
    assert error(wrong.auth_test) == "invalid_auth"
    assert error(client.apps_connections_open, app_token=slack.bot_token) == "not_allowed_token_type"
    slack.access.bot_token_error = "token_expired"
    assert error(client.auth_test) == "token_expired"


def test_a_missing_scope_is_named(slack: FakeSlack, client: WebClient) -> None:
    slack.access.scopes = {"channels:history", "app_mentions:read"}

    with pytest.raises(SlackApiError) as raised:
        client.chat_postMessage(channel="C1", text="x")

    answer = raised.value.response
    assert (answer["error"], answer["needed"]) == ("missing_scope", "chat:write")
    assert answer["provided"] == "app_mentions:read,channels:history"
    assert error(client.conversations_replies, channel=slack.dm("U1"), ts="1.0") == "missing_scope"


def test_a_manifest_gives_scopes_and_events(slack: FakeSlack, client: WebClient, tmp_path: Path) -> None:
    manifest = {
        "oauth_config": {"scopes": {"bot": ["app_mentions:read", "users:read"]}},
        "settings": {"event_subscriptions": {"bot_events": ["app_mention"]}},
    }
    (tmp_path / "manifest.yml").write_text(json.dumps(manifest))

    slack.install(tmp_path / "manifest.yml")
    slack.say("U1", "C1", f"{slack.mention} vraag")

    assert [each.payload["event"]["type"] for each in slack.deliveries] == ["app_mention"]
    assert error(client.chat_postMessage, channel="C1", text="x") == "missing_scope"


def test_too_many_calls_are_refused_with_retry_after(slack: FakeSlack, client: WebClient) -> None:
    slack.limits.set("chat.postMessage", per_second=1, burst=2, retry_after=7, per_channel=True)
    slack.add_channel("C2")
    for _ in range(2):
        client.chat_postMessage(channel="C1", text="x")

    with pytest.raises(SlackApiError) as raised:
        client.chat_postMessage(channel="C1", text="x")
    client.chat_postMessage(channel="C2", text="x")

    assert (raised.value.response.status_code, raised.value.response.headers["Retry-After"]) == (429, "7")
    assert raised.value.response["error"] == "ratelimited"


def test_a_call_before_the_end_of_retry_after_is_a_violation(slack: FakeSlack, client: WebClient) -> None:
    slack.limits.refuse("chat.update", "ratelimited", retry_after=30)
    posted = client.chat_postMessage(channel="C1", text="x")
    change = {"channel": "C1", "ts": posted["ts"], "text": "y"}

    assert error(client.chat_update, **change) == "ratelimited"
    assert error(client.chat_update, **change) == "ratelimited"  # may have been under way already
    time.sleep(slack.timing.in_flight + 0.05)
    assert slack.violations == []
    assert error(client.chat_update, **change) == "ratelimited"
    assert "before the end of Retry-After" in slack.take_violations()[0]


def test_slacks_tiers_hold_without_setting_them(slack: FakeSlack, client: WebClient) -> None:
    asked = slack.say("U1", "C1", "vraag")
    for _ in range(20):
        client.chat_stopStream(channel="C1", ts=start(client, asked.ts))

    with pytest.raises(SlackApiError) as raised:
        start(client, asked.ts)

    assert (raised.value.response["error"], raised.value.response.headers["Retry-After"]) == ("ratelimited", "3")


def test_an_error_can_be_ordered(slack: FakeSlack, client: WebClient) -> None:
    slack.limits.refuse("chat.postMessage", "internal_error", times=2, status=500)

    answers = [error(client.chat_postMessage, channel="C1", text="x") for _ in range(2)]
    client.chat_postMessage(channel="C1", text="x")

    assert answers == ["internal_error", "internal_error"]
    assert [each.answer["ok"] for each in slack.calls("chat.postMessage")] == [False, False, True]


def test_an_unknown_method_is_a_violation(slack: FakeSlack, client: WebClient) -> None:
    assert error(client.api_call, api_method="chat.scheduleMessage") == "unknown_method"
    assert "no such method" in slack.take_violations()[0]


def test_waiting_in_vain_tells_what_happened(slack: FakeSlack, client: WebClient) -> None:
    client.chat_postMessage(channel="C1", text="x")

    with pytest.raises(AssertionError, match=r"not within 0 s(.|\n)*chat.postMessage → ok"):
        slack.wait_for(lambda: slack.thread("C1", "1.0"), 0)
