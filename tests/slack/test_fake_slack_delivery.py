"""The fake Slack delivers as Slack does, over Socket Mode and HTTP, and notices acknowledgements that fail."""

from __future__ import annotations

import json
import threading
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import pytest
from slack_bolt import Ack, App
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.socket_mode.client import BaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse
from websockets.sync.client import connect

from slack import payloads
from slack.fake_slack import FakeSlack
from slack.http_delivery import signature
from slack.payloads import BOT_USER, Payload
from slack.running import listening, running, serving
from slack.workspace import Timing

QUICK = Timing(ack=0.2, retries=(0.0, 0.05, 0.05))


class Heard:
    """A listener that acknowledges everything and keeps it."""

    def __init__(self) -> None:
        self.requests: list[SocketModeRequest] = []

    def __call__(self, client: BaseSocketModeClient, request: SocketModeRequest) -> None:
        self.requests.append(request)
        client.send_socket_mode_response(SocketModeResponse(envelope_id=request.envelope_id))

    @property
    def events(self) -> list[str]:
        return [each.payload["event"]["type"] for each in self.requests if each.type == "events_api"]


@pytest.fixture
def app(slack: FakeSlack, client: WebClient) -> App:
    return App(client=client, signing_secret=slack.signing_secret)


# What is delivered


def test_a_mention_comes_as_a_message_and_as_a_mention(slack: FakeSlack) -> None:
    heard = Heard()
    with listening(slack, heard):
        said = slack.say("U1", "C1", f"{slack.mention} wat is een kernteam?")
        slack.settle()

    message, mention = (each.payload["event"] for each in heard.requests)
    assert (message["type"], message["channel_type"], mention["type"]) == ("message", "channel", "app_mention")
    assert (message["ts"], mention["ts"], mention["text"]) == (said.ts, said.ts, said.text)
    assert len({each.payload["event_id"] for each in heard.requests}) == 2
    outer = heard.requests[0].payload
    assert (outer["type"], outer["api_app_id"], outer["team_id"]) == ("event_callback", payloads.APP, payloads.TEAM)
    assert outer["authorizations"][0]["user_id"] == BOT_USER


def test_the_order_of_the_two_can_be_turned(slack: FakeSlack) -> None:
    heard = Heard()
    with listening(slack, heard):
        slack.say("U1", "C1", f"{slack.mention} vraag", order=("app_mention", "message"))
        slack.settle()

    assert sorted(heard.events) == ["app_mention", "message"]
    assert slack.deliveries[0].payload["event"]["type"] == "app_mention"


def test_every_kind_of_conversation_has_its_own_messages(slack: FakeSlack) -> None:
    heard = Heard()
    slack.add_channel("G1", kind="group", members=["U1"])
    slack.add_channel("G2", kind="mpim", members=["U1", "U2"])
    with listening(slack, heard):
        slack.say("U1", "G1", "een")
        slack.say("U1", "G2", f"{slack.mention} twee")
        slack.direct_message("U1", f"{slack.mention} drie")
        slack.settle()

    kinds = sorted(each.payload["event"].get("channel_type", "mention") for each in heard.requests)
    assert kinds == ["group", "im", "mention", "mpim"]


def test_every_kind_of_message_is_delivered(slack: FakeSlack, client: WebClient) -> None:
    heard = Heard()
    with listening(slack, heard):
        asked = slack.say("U1", "C1", "vraag")
        slack.edit(asked, "betere vraag")
        slack.unfurl(asked, "https://voorbeeld.nl")
        slack.say("U1", "C1", "ook in het kanaal", asked.ts, subtype="thread_broadcast")
        slack.say("U1", "C1", "zwaait", subtype="me_message")
        slack.upload("U1", "C1", "a.txt", b"x")
        slack.bot_says("C1", "rooster")
        slack.delete(slack.say("U1", "C1", "weg"))
        own = client.chat_postMessage(channel="C1", text="van mij")
        client.chat_update(channel="C1", ts=own["ts"], text="beter")
        client.chat_delete(channel="C1", ts=own["ts"])
        slack.settle()

    events = [each.payload["event"] for each in slack.deliveries]
    assert [each.get("subtype", "") for each in events] == [
        *("", "message_changed", "message_changed", "thread_broadcast", "me_message", "file_share", "bot_message"),
        *("", "message_deleted", "", "message_changed", "message_deleted"),
    ]
    assert (events[1]["message"]["text"], events[1]["previous_message"]["text"]) == ("betere vraag", "vraag")
    assert (events[9]["bot_id"], events[9]["user"], events[6].get("user")) == (payloads.BOT, BOT_USER, None)
    assert len(heard.requests) == len(events)


def test_the_agents_pane_and_the_life_of_the_app_are_told(slack: FakeSlack) -> None:
    heard = Heard()
    with listening(slack, heard):
        slack.open_agent("U1", viewed="C1")
        slack.open_home("U1")
        slack.join("U2", "C1", inviter="U1")
        ts, pane = slack.workspace.next_ts(), slack.dm("U1")
        slack.happened(payloads.assistant_thread_started(user="U1", channel=pane, thread_ts=ts, viewed="C1"))
        slack.uninstall()
        slack.settle()

    sent = [each.payload["event"] for each in slack.deliveries]
    assert [each["type"] for each in sent] == [
        *("app_home_opened", "app_context_changed", "app_home_opened", "member_joined_channel"),
        *("assistant_thread_started", "tokens_revoked", "app_uninstalled"),
    ]
    assert [each["tab"] for each in sent if each["type"] == "app_home_opened"] == ["messages", "home"]
    assert sent[1]["context"]["entities"][0]["value"] == "C1"
    assert sorted(heard.events) == sorted(each["type"] for each in sent)


def test_an_app_hears_nothing_where_it_is_no_member_or_has_no_scope(slack: FakeSlack) -> None:
    slack.add_channel("C2", members=["U1"], bot=False)
    slack.access.scopes -= {"channels:history"}

    slack.say("U1", "C2", f"{slack.mention} vraag")
    slack.say("U1", "C1", "vraag")

    assert slack.deliveries == []


def test_somebody_of_another_workspace_is_recognisable(slack: FakeSlack) -> None:
    slack.add_user("U8", team="T0ELDERS")
    slack.add_channel("C3", members=["U8"], shared=True)

    slack.say("U8", "C3", "vraag")

    payload = slack.deliveries[0].payload
    assert (payload["event"]["user_team"], payload["is_ext_shared_channel"]) == ("T0ELDERS", True)


# Acknowledgements and retries over Socket Mode


def test_an_event_without_acknowledgement_is_sent_three_more_times(slack: FakeSlack) -> None:
    slack.timing = QUICK
    seen: list[tuple[int | None, str | None]] = []
    with listening(slack, lambda client, request: seen.append((request.retry_attempt, request.retry_reason))):
        slack.say("U1", "C1", "vraag")
        slack.wait_for(lambda: len(slack.violations) == 4)

    assert seen == [(0, ""), (1, "http_timeout"), (2, "http_timeout"), (3, "http_timeout")]
    assert slack.take_violations() == ["events_api message: not acknowledged within 0.2 s"] * 4


def test_a_late_acknowledgement_is_a_violation(slack: FakeSlack) -> None:
    slack.timing = replace(QUICK, retries=())
    requests: list[tuple[BaseSocketModeClient, SocketModeRequest]] = []
    with listening(slack, lambda client, request: requests.append((client, request))):
        slack.say("U1", "C1", "vraag")
        slack.wait_for(lambda: slack.violations)
        client, request = requests[0]
        client.send_socket_mode_response(SocketModeResponse(envelope_id=request.envelope_id))
        slack.wait_for(lambda: len(slack.violations) == 2)

    assert "acknowledged only after" in slack.take_violations()[1]


def test_acknowledging_twice_or_what_was_never_sent_is_a_violation(slack: FakeSlack) -> None:
    def twice(client: BaseSocketModeClient, request: SocketModeRequest) -> None:
        for envelope in (request.envelope_id, request.envelope_id, "nooit"):
            client.send_socket_mode_response(SocketModeResponse(envelope_id=envelope))
        client.send_socket_mode_response({"hallo": "daar"})

    with listening(slack, twice):
        slack.say("U1", "C1", "vraag")
        slack.wait_for(lambda: len(slack.violations) == 3)

    assert [each.split(": ")[1].split(" ")[0] for each in slack.take_violations()] == ["acknowledged"] * 2 + ["no"]


def test_a_listener_that_is_missing_shows_when_all_settles(slack: FakeSlack, app: App) -> None:
    slack.timing = replace(QUICK, retries=())
    with running(slack, app):
        slack.say("U1", "C1", "vraag")

    assert slack.take_violations() == ["events_api message: not acknowledged within 0.2 s"]


def test_a_command_without_acknowledgement_is_not_repeated(slack: FakeSlack) -> None:
    slack.timing = QUICK
    seen: list[str] = []
    with listening(slack, lambda client, request: seen.append(request.type)):
        slack.command("U1", "C1", "/beleid", "vraag")
        slack.wait_for(lambda: slack.violations)
        slack.settle()

    assert (seen, slack.take_violations()) == (
        ["slash_commands"],
        ["slash_commands /beleid: not acknowledged within 0.2 s"],
    )


def test_an_acknowledged_event_can_come_again(slack: FakeSlack) -> None:
    heard = Heard()
    with listening(slack, heard):
        slack.say("U1", "C1", "vraag")
        slack.settle()
        for number in (1, 2, 3):
            slack.redeliver(slack.deliveries[0], number)
        slack.wait_for(lambda: len(heard.requests) == 4)

    assert len({each.payload["event_id"] for each in heard.requests}) == 1
    assert len({each.envelope_id for each in heard.requests}) == 4


def test_an_event_waits_for_an_app_that_is_away(slack: FakeSlack) -> None:
    slack.timing = Timing(retries=(0.0, 0.2, 0.5))
    heard = Heard()
    slack.say("U1", "C1", "vraag")

    with listening(slack, heard):
        slack.wait_for(lambda: heard.requests)
        slack.settle()

    assert heard.requests[0].retry_reason == "connection_failed"


def test_payloads_go_to_any_connection(slack: FakeSlack) -> None:
    one, other = Heard(), Heard()
    with listening(slack, one), listening(slack, other):
        slack.connected(2)
        for number in range(6):
            slack.say("U1", "C1", f"vraag {number}")
        slack.settle()

    assert (len(one.requests), len(other.requests)) == (3, 3)


@pytest.mark.parametrize("broken", ["refresh_requested", "link_disabled", "dropped"])
def test_an_app_comes_back_after_its_connection_went(slack: FakeSlack, broken: Any) -> None:
    slack.timing = replace(QUICK, retries=(0.5, 1.0, 2.0))
    heard = Heard()
    with listening(slack, heard):
        if broken == "dropped":
            slack.drop_connections()
        else:
            slack.disconnect(broken)
        slack.wait_for(lambda: slack.courier.socket_mode.opened >= 2)
        slack.say("U1", "C1", "vraag")
        slack.wait_for(lambda: slack.deliveries[0].acknowledged, 15)

    # While slack_sdk changes connections it reads nothing, so the first attempts may go unanswered.
    assert all("not acknowledged" in each or "only after" in each for each in slack.take_violations())


def test_a_warning_leaves_the_connection_to_the_app(slack: FakeSlack) -> None:
    heard = Heard()
    with listening(slack, heard):
        slack.disconnect("warning")
        slack.wait_for(lambda: slack.courier.socket_mode.opened == 2)
        slack.wait_for(lambda: slack.courier.socket_mode.connections == 1)  # the client itself left the old one
        slack.say("U1", "C1", "vraag")
        slack.wait_for(lambda: heard.requests)
        slack.settle()


def test_what_a_broken_connection_took_along_comes_again(slack: FakeSlack) -> None:
    slack.timing = Timing(retries=(0.0, 0.5, 0.5))
    seen: list[SocketModeRequest] = []

    def first_lost(client: BaseSocketModeClient, request: SocketModeRequest) -> None:
        seen.append(request)
        if len(seen) == 1:
            slack.drop_connections()
        else:
            client.send_socket_mode_response(SocketModeResponse(envelope_id=request.envelope_id))

    with listening(slack, first_lost):
        slack.say("U1", "C1", "vraag")
        slack.wait_for(lambda: slack.deliveries[0].acknowledged)

    assert seen[-1].retry_reason == "connection_failed"


def test_an_address_for_a_connection_works_once(slack: FakeSlack) -> None:
    address = WebClient(base_url=slack.api_url).apps_connections_open(app_token=slack.app_token)["url"]

    with connect(address) as first, connect(address) as second:
        assert json.loads(first.recv(5))["type"] == "hello"
        assert list(second) == []

    assert slack.take_violations() == ["Socket Mode: an address was used twice or made up"]


def test_an_app_has_at_most_ten_connections(slack: FakeSlack) -> None:
    with ExitStack() as stack:
        for _ in range(10):
            stack.enter_context(connect(slack.courier.socket_mode.open_connection()))
        slack.connected(10)
        with pytest.raises(SlackApiError, match="too_many_websockets"):
            WebClient(base_url=slack.api_url).apps_connections_open(app_token=slack.app_token)

    assert slack.take_violations() == ["apps.connections.open: more than 10 connections"]


def test_fifty_questions_at_once_are_all_answered(slack: FakeSlack, app: App) -> None:
    for number in range(10):
        slack.add_channel(f"C{number}0", members=["U1"])
    app.event("app_mention")(lambda event, say: say(f"antwoord {event['ts']}", thread_ts=event["ts"]))
    app.event("message")(lambda: None)

    with running(slack, app):
        asked = [slack.say("U1", f"C{number % 10}0", f"{slack.mention} vraag {number}") for number in range(50)]
        slack.wait_for(lambda: all(slack.thread(each.channel, each.ts)[1:] for each in asked), 20)

    shown = [[reply.shown for reply in slack.thread(each.channel, each.ts)[1:]] for each in asked]
    assert shown == [[f"antwoord {each.ts}"] for each in asked]


# What people do


def test_a_bolt_app_answers_a_mention_and_a_command(slack: FakeSlack, app: App) -> None:
    app.event("app_mention")(lambda event, say: say("Een vaste groep.", thread_ts=event["ts"]))
    app.event("message")(lambda: None)
    app.command("/beleid")(lambda ack, body: ack(f"Gevonden: {body['text']}"))

    with running(slack, app):
        asked = slack.say("U1", "C1", f"{slack.mention} wat is een kernteam?")
        slack.command("U2", "C1", "/beleid", "kernteam")
        answer = slack.wait_for(lambda: slack.thread("C1", asked.ts)[1:])
        private = slack.wait_for(lambda: slack.ephemerals("U2", "C1"))

    assert ([each.shown for each in answer], [each.shown for each in private]) == (
        ["Een vaste groep."],
        ["Gevonden: kernteam"],
    )


def test_a_click_opens_a_modal_that_is_filled_in_and_closed(slack: FakeSlack, app: App, client: WebClient) -> None:
    submitted: list[Payload] = []
    element = {"type": "plain_text_input", "action_id": "opmerking"}
    field = {"type": "input", "block_id": "o", "label": {"type": "plain_text", "text": "Opmerking"}, "element": element}
    texts = {key: {"type": "plain_text", "text": key.title()} for key in ("title", "submit")}
    modal = {"type": "modal", "callback_id": "remark", "notify_on_close": True, "blocks": [field], **texts}

    def opened(ack: Ack, body: Payload) -> None:
        ack()
        client.views_open(trigger_id=body["trigger_id"], view=modal)

    def received(ack: Ack, view: Payload) -> None:
        submitted.append(view["state"]["values"]["o"]["opmerking"])
        ack(response_action="errors", errors={"o": "Te kort."}) if len(submitted) == 1 else ack()

    app.action("oordeel")(opened)
    app.view("remark")(received)
    app.view_closed("remark")(lambda ack: ack())
    app.event("message")(lambda: None)
    sides = {
        f"{side}_button": {"text": {"type": "plain_text", "text": side}, "value": side}
        for side in ("positive", "negative")
    }
    feedback = {"type": "feedback_buttons", "action_id": "oordeel", **sides}
    posted = [{"type": "context_actions", "elements": [feedback]}]

    with running(slack, app):
        client.chat_postMessage(channel="C1", text="antwoord", blocks=posted)
        answer = slack.bot_messages("C1")[0]
        clicked = slack.click("U1", answer, "oordeel", "negative")
        slack.wait_for(lambda: slack.modals("U1"))
        slack.submit("U1", {"opmerking": "nee"})
        errors = slack.wait_for(lambda: slack.modals("U1")[0].errors)
        slack.submit("U1", {"opmerking": "niet volledig"})
        slack.wait_for(lambda: not slack.modals("U1"))
        slack.click("U1", answer, "oordeel", "positive")
        slack.wait_for(lambda: slack.modals("U1"))
        slack.close_modal("U1")

    action = clicked.payload["actions"][0]
    assert (action["type"], action["value"], action["block_id"]) == ("feedback_buttons", "negative", "b0")
    assert clicked.payload["message"]["ts"] == answer.ts
    assert [each["value"] for each in submitted] == ["nee", "niet volledig"]
    assert (errors, slack.deliveries[-1].payload["type"]) == ({"o": "Te kort."}, "view_closed")


def test_a_shortcut_carries_the_message(slack: FakeSlack, app: App) -> None:
    app.shortcut("zoek_bronnen")(lambda ack, respond, body: (ack(), respond(f"Over: {body['message']['text']}")))
    app.event("message")(lambda: None)

    with running(slack, app):
        said = slack.say("U1", "C1", "Wie beslist over opschalen?")
        slack.shortcut("U2", said, "zoek_bronnen")
        private = slack.wait_for(lambda: slack.ephemerals("U2", "C1"))

    assert [each.shown for each in private] == ["Over: Wie beslist over opschalen?"]


def test_people_only_click_what_they_see(slack: FakeSlack, client: WebClient) -> None:
    button = {"type": "button", "action_id": "deel", "text": {"type": "plain_text", "text": "Delen"}}
    client.chat_postEphemeral(channel="C1", user="U1", text="privé", blocks=[{"type": "actions", "elements": [button]}])
    private = slack.ephemerals("U1", "C1")[0]

    with pytest.raises(LookupError, match="does not see"):
        slack.click("U2", private, "deel")
    with pytest.raises(LookupError, match="there are \\['deel'\\]"):
        slack.click("U1", private, "toon")
    with pytest.raises(LookupError, match="no modal open"):
        slack.submit("U1")
    click = slack.click("U1", private, "deel").payload
    assert (click["container"]["is_ephemeral"], "message" in click) == (True, False)


# HTTP mode


def test_a_bolt_app_is_reached_over_http(slack: FakeSlack, app: App) -> None:
    app.event("app_mention")(lambda event, say: say("Een vaste groep.", thread_ts=event["ts"]))
    app.event("message")(lambda: None)
    app.command("/beleid")(lambda ack: ack("Gevonden."))
    app.shortcut("zoek_bronnen")(lambda ack, respond: (ack(), respond("Hier.")))

    with serving(app) as url:
        slack.use_http(url)
        asked = slack.say("U1", "C1", f"{slack.mention} vraag")
        slack.command("U1", "C1", "/beleid", "x")
        slack.wait_for(lambda: slack.thread("C1", asked.ts)[1:])
        slack.shortcut("U1", asked, "zoek_bronnen")
        slack.wait_for(lambda: len(slack.ephemerals("U1", "C1")) == 2)
        slack.settle()

    assert sorted(each.shown for each in slack.ephemerals("U1", "C1")) == ["Gevonden.", "Hier."]


def test_a_signature_is_right_forged_or_old(slack: FakeSlack, app: App) -> None:
    app.event("message")(lambda: None)
    said = slack.say("U1", "C1", "vraag", deliver=False)
    payload = payloads.event_callback(slack.events_of(said)[0])

    with serving(app) as url:
        right = slack.post(url, "events_api", payload)
        forged = slack.post(url, "events_api", payload, secret="gestolen")
        old = slack.post(url, "events_api", payload, age_seconds=301)
        again = slack.post(url, "events_api", payload, retry=(1, "http_timeout"))

    assert [each.status for each in (right, forged, old, again)] == [200, 401, 401, 200]


def test_the_signature_is_slacks_own() -> None:
    # The worked example of Slack's documentation on verifying requests.
    body = (
        "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V"
        "&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text="
        "&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN"
        "&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
    )

    signed = signature("8f742231b10e8888abcd99yyyzzz85a5", "1531420618", body.encode())

    assert signed == "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"


def test_the_address_for_events_is_verified(slack: FakeSlack, app: App) -> None:
    with serving(app) as url:
        answer = slack.post(url, "events_api", payloads.url_verification("abc"))

    assert (answer.status, json.loads(answer.text)) == (200, {"challenge": "abc"})


def test_an_event_that_http_refuses_is_sent_again(slack: FakeSlack, app: App) -> None:
    slack.timing = QUICK
    with serving(app) as url:
        slack.use_http(url, secret="fout")
        slack.say("U1", "C1", "vraag")
        slack.wait_for(lambda: len(slack.violations) == 4)

    assert slack.take_violations() == ["events_api message: answered with HTTP status 401"] * 4
    assert [(each.number, each.reason) for each in slack.deliveries[0].attempts][:2] == [(0, ""), (1, "http_error")]


def test_an_app_that_answers_late_over_http_is_a_violation(slack: FakeSlack, app: App) -> None:
    slack.timing = replace(QUICK, retries=())
    done = threading.Event()
    app.command("/beleid")(lambda ack: (done.wait(5), ack()))

    with serving(app) as url:
        slack.use_http(url)
        slack.command("U1", "C1", "/beleid")
        slack.wait_for(lambda: slack.violations)
        done.set()

    assert slack.take_violations() == ["slash_commands /beleid: not acknowledged within 0.2 s"]
