"""A strict local Slack for tests: Web API, Socket Mode and HTTP mode over real sockets, with Slack's own limits.

    with FakeSlack() as slack:                       # or the fixture `slack`, which also fails on violations
        slack.add_user("U1", "sanne")
        slack.add_channel("C1", "wijkteam", members=["U1"])        # the bot is a member unless bot=False
        app = App(client=WebClient(slack.bot_token, base_url=slack.api_url))
        # then, inside `with running(slack, app):` (running.py; or `with serving(app) as url: slack.use_http(url)`)

        asked = slack.say("U1", "C1", f"{slack.mention} wat is een kernteam?")   # app_mention and message
        answer = slack.wait_for(lambda: slack.thread("C1", asked.ts)[1:])        # list of Message
        answer[0].shown, answer[0].blocks, answer[0].elements                    # as users see it, streams included
        slack.click("U1", answer[0], "toon_passages"); slack.wait_for(lambda: slack.modals("U1"))
        slack.submit("U1", {"opmerking": "…"}); slack.command("U1", "C1", "/beleid", "…")
        slack.shortcut("U1", asked, "zoek_bronnen"); slack.direct_message("U1", "…"); slack.open_agent("U1")

What people see: `thread`, `channel_messages`, `ephemerals`, `modals`, `home`, `statuses`, `prompts`. What went on:
`violations` (breaches of Slack's rules), `broadcasts` (every ping in what the bot wrote; pings of groups are violations
too), `calls("chat.update")`, `deliveries` (attempts and their acknowledgements). What goes wrong on request:
`limits.set/refuse`, `slow`, `expire_stream`, `redeliver`, `disconnect`, `drop_connections`, `access` (tokens, scopes),
`timing` (`FakeSlack(Timing().faster(100))` shortens the waits before retries and the life of streams).
HTTP mode: `slack.use_http(url)`; single posts with forged or old signatures: `slack.post(…)`.
`say` passes texts as Slack encodes them: a person who types "<" sends "&lt;".
"""

from __future__ import annotations

import html
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, TypeVar

import yaml

from slack import payloads
from slack.arguments import SlackFault
from slack.block_rules import with_ids
from slack.courier import Courier
from slack.delivery import Delivery, DeliveryKind
from slack.filled_in import filled_in, find_element, taken_action
from slack.http_delivery import HttpAnswer, post
from slack.limits import Limits
from slack.lookup_methods import direct_message
from slack.payloads import BOT_USER, ChannelKind, Payload
from slack.response_url import apply
from slack.scopes import EVENT_SCOPES
from slack.view_methods import checked_view, replace_view, stack_view
from slack.web_api import Access, Call, WebApi
from slack.workspace import Channel, Message, ReplyAddress, Timing, User, View, Workspace

T = TypeVar("T")
MESSAGE_EVENTS: dict[str, str] = {"channel": "channels", "group": "groups", "im": "im", "mpim": "mpim"}


class FakeSlack:
    """A workspace with our app installed, that an app can reach and that a test can use as people do."""

    mention = f"<@{BOT_USER}>"

    def __init__(self, timing: Timing | None = None) -> None:
        self.workspace = Workspace(timing or Timing())
        self.access = Access()
        self.limits = Limits(self.workspace.timing.in_flight)
        self.subscriptions = set(EVENT_SCOPES)  # the events that the app asked for
        self.courier = Courier(self.workspace, self._answered)
        self.web = WebApi(self.workspace, self.access, self.limits, self.courier.socket_mode.open_connection)
        self.workspace.listeners.append(self.happened)
        self._reply_paths: dict[int, str] = {}  # of a delivery: where its acknowledgement may answer

    def __enter__(self) -> FakeSlack:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop all servers."""
        self.courier.close()
        self.web.close()

    # How the app reaches it

    @property
    def api_url(self) -> str:
        """The base_url for a WebClient."""
        return self.web.url

    @property
    def bot_token(self) -> str:
        """The token of the installed app."""
        return self.access.bot_token

    @property
    def app_token(self) -> str:
        """The token that opens Socket Mode."""
        return self.access.app_token

    @property
    def signing_secret(self) -> str:
        """The secret that HTTP mode signs with."""
        return self.access.signing_secret

    @property
    def timing(self) -> Timing:
        """How long Slack waits; may be replaced in the middle of a test."""
        return self.workspace.timing

    @timing.setter
    def timing(self, timing: Timing) -> None:
        self.workspace.timing = timing

    def use_http(self, url: str, secret: str | None = None) -> None:
        """From now on, post everything to this address instead of sending it over Socket Mode."""
        self.courier.http_address = (url, secret or self.signing_secret)

    def install(self, manifest: Path) -> None:
        """Give the app the scopes and the events of its manifest, and no others."""
        content = yaml.safe_load(manifest.read_text(encoding="utf-8"))
        self.access.scopes = set(content["oauth_config"]["scopes"]["bot"])
        self.subscriptions = set(content["settings"]["event_subscriptions"]["bot_events"])

    # Who and what there is

    def add_user(self, id: str, name: str | None = None, *, team: str = payloads.TEAM,
                 guest: Literal["", "single", "multi"] = "", is_bot: bool = False) -> User:  # fmt: skip
        """Add a person, a guest, somebody of another workspace, or another bot."""
        user = User(id, name or id.lower(), team, guest, is_bot)
        self.workspace.users[id] = user
        return user

    def add_channel(self, id: str, name: str | None = None, *, kind: ChannelKind = "channel",
                    members: Iterable[str] = (), bot: bool = True, shared: bool = False) -> Channel:  # fmt: skip
        """Add a channel; members that don't exist yet become ordinary users."""
        inside = set(members)
        for user in inside - self.workspace.users.keys():
            self.add_user(user)
        channel = Channel(id, name or id.lower(), kind, inside | ({BOT_USER} if bot else set()), shared=shared)
        self.workspace.channels[id] = channel
        return channel

    def dm(self, user: str) -> str:
        """The id of the conversation between a person and the bot."""
        return direct_message(self.workspace, user).id

    # What people do

    def say(
        self,
        user: str,
        channel: str,
        text: str,
        thread_ts: str | None = None,
        *,
        order: tuple[Literal["message", "app_mention"], ...] = ("message", "app_mention"),
        deliver: bool = True,
        subtype: Literal["file_share", "me_message", "thread_broadcast"] | None = None,
        files: list[Payload] | None = None,
    ) -> Message:
        """Post a message as a person; the app hears of it as from Slack: a mention gives app_mention and message.

        With `deliver=False` the app hears nothing (yet): see `events_of`.
        """
        place, person = self.workspace.channels[channel], self.workspace.users[user]
        place.members.add(user)
        with self.workspace.lock:
            parent = self.workspace.message(channel, thread_ts) if thread_ts else None
            event = payloads.message_event(
                user=user, channel=channel, text=text, ts=self.workspace.next_ts(), kind=place.kind,
                thread_ts=thread_ts, user_team=person.team, subtype=subtype, files=files,
                parent_user=parent.user if parent else None,
            )  # fmt: skip
            message = Message(channel, event["ts"], user, text, thread_ts, event=event)
            self.workspace.messages.append(message)
        if deliver:
            for each in self.events_of(message, order):
                self.happened(each)
        return message

    def events_of(self, message: Message, order: Iterable[str] = ("message", "app_mention")) -> list[Payload]:
        """The events that Slack sends for a person's message."""
        events = {"message": message.event}
        if self.mention in message.text and message.event["channel_type"] != "im":
            events["app_mention"] = payloads.app_mention(message.event)
        return [events[name] for name in order if name in events]

    def direct_message(self, user: str, text: str, thread_ts: str | None = None) -> Message:
        """Write to the bot in private."""
        return self.say(user, self.dm(user), text, thread_ts)

    def upload(self, user: str, channel: str, name: str, content: bytes, text: str = "",
               thread_ts: str | None = None) -> Message:  # fmt: skip
        """Share a file, with or without a text."""
        path = f"/files/{payloads.fresh_id('F')}/{name}"
        self.web.files[path] = content
        shared = payloads.file(name=name, user=user, url=self.web.origin + path, size=len(content))
        return self.say(user, channel, text, thread_ts, subtype="file_share", files=[shared])

    def edit(self, message: Message, text: str) -> None:
        """Change what a person said."""
        before = dict(message.event)
        message.text, message.edited = text, True
        message.event = before | {"text": text, "blocks": payloads.rich_text(text)}
        self._changed(message, before, message.as_json())

    def unfurl(self, message: Message, url: str) -> None:
        """Let Slack attach a preview of a link, which also arrives as a changed message."""
        before = dict(message.event)
        message.event = before | {"attachments": [{"from_url": url, "id": 1, "title": "Voorbeeld"}]}
        self._changed(message, before, message.event)

    def _changed(self, message: Message, before: Payload, after: Payload) -> None:
        kind = self.workspace.channels[message.channel].kind
        ts = self.workspace.next_ts()
        self.happened(payloads.message_changed(channel=message.channel, before=before, after=after, ts=ts, kind=kind))

    def delete(self, message: Message) -> None:
        """Delete what a person said."""
        if any(self.workspace.replies(message)):  # the thread stays, under a sign that something was here
            before, message.event = dict(message.event), payloads.tombstone(message.event)
            message.user, message.text = message.event["user"], message.event["text"]
            self._changed(message, before, message.event)
            return
        message.deleted = True
        kind, ts = self.workspace.channels[message.channel].kind, self.workspace.next_ts()
        self.happened(payloads.message_deleted(channel=message.channel, before=message.event, ts=ts, kind=kind))

    def bot_says(self, channel: str, text: str, thread_ts: str | None = None) -> Message:
        """Post a message as another, older bot (subtype bot_message)."""
        kind = self.workspace.channels[channel].kind
        event = payloads.bot_message(
            channel=channel, text=text, ts=self.workspace.next_ts(), kind=kind, thread_ts=thread_ts
        )
        message = Message(channel, event["ts"], "", text, thread_ts, event=event)
        self.workspace.messages.append(message)
        self.happened(event)
        return message

    def open_home(self, user: str) -> None:
        """Look at the app's Home tab."""
        ts = self.workspace.next_ts()
        self.happened(payloads.app_home_opened(user=user, channel=self.dm(user), tab="home", ts=ts))

    def open_agent(self, user: str, viewed: str | None = None) -> str:
        """Open the agent's pane, while looking at a channel; gives the id of the conversation."""
        channel, ts = self.dm(user), self.workspace.next_ts()
        self.happened(payloads.app_home_opened(user=user, channel=channel, tab="messages", ts=ts, viewed=viewed))
        if viewed:
            changed = payloads.app_context_changed(user=user, channel=channel, viewed=viewed, ts=ts)
            self.happened(changed)
        return channel

    def join(self, user: str, channel: str, inviter: str | None = None) -> None:
        """Add somebody, or the bot (BOT_USER), to a channel."""
        self.workspace.channels[channel].members.add(user)
        ts = self.workspace.next_ts()
        self.happened(payloads.member_joined_channel(user=user, channel=channel, ts=ts, inviter=inviter))

    def command(self, user: str, channel: str, command: str, text: str = "") -> Delivery:
        """Type a slash command; what comes with the acknowledgement becomes a message."""
        place = self.workspace.channels[channel]
        path = self.workspace.new_reply_address(channel, user)
        payload = payloads.slash_command(
            user=user, user_name=self.workspace.users[user].name, channel=channel, channel_name=place.shown_name,
            command=command, text=text, trigger_id=self.workspace.new_trigger(user),
            response_url=self.web.origin + path,
        )  # fmt: skip
        return self._deliver("slash_commands", payload, path)

    def shortcut(self, user: str, message: Message, callback_id: str) -> Delivery:
        """Choose a shortcut from the menu of a message."""
        path = self.workspace.new_reply_address(message.channel, user)
        payload = payloads.message_action(
            **self._who(user), channel=message.channel, message=message.as_json(), callback_id=callback_id,
            channel_name=self.workspace.channels[message.channel].shown_name,
            trigger_id=self.workspace.new_trigger(user), response_url=self.web.origin + path,
        )  # fmt: skip
        return self._deliver("interactive", payload, path)

    def click(self, user: str, where: Message | View, action_id: str, value: str | None = None) -> Delivery:
        """Click a button or choose from a menu; `value` tells which of two feedback buttons or which option.

        Raises:
            LookupError: there is no such button in what the person sees.
        """
        blocks = where.blocks if isinstance(where, Message) else where.content["blocks"]
        element, block = find_element(with_ids(blocks), action_id)
        action = taken_action(element, block, value, self.workspace.next_ts())
        trigger = self.workspace.new_trigger(user)
        if isinstance(where, View):
            shown = payloads.block_actions(**self._who(user), action=action, trigger_id=trigger, view=where.as_json())
            return self._deliver("interactive", shown)
        if where.for_user not in (None, user):
            raise LookupError(f"{user} does not see this message")
        path = self.workspace.new_reply_address(where.channel, user, where)
        payload = payloads.block_actions(
            **self._who(user), action=action, trigger_id=trigger, channel=where.channel,
            channel_name=self.workspace.channels[where.channel].shown_name,
            message=where.as_json(), is_ephemeral=where.for_user is not None, response_url=self.web.origin + path,
        )  # fmt: skip
        return self._deliver("interactive", payload, path)

    def submit(self, user: str, values: dict[str, str] | None = None) -> Delivery:
        """Fill in the top modal (by action_id) and submit it.

        Raises:
            LookupError: no modal is open, an input is unknown, or one that is needed is empty.
        """
        view = self._top(user)
        shown = view.as_json(filled_in(view.as_json(), values or {}))
        payload = payloads.view_submission(**self._who(user), view=shown, trigger_id=self.workspace.new_trigger(user))
        return self._deliver("interactive", payload)

    def close_modal(self, user: str) -> None:
        """Close the top modal; the app hears of it when it asked to."""
        view = self._top(user)
        self.workspace.modals[user].pop()
        if view.content.get("notify_on_close"):
            self._deliver("interactive", payloads.view_closed(**self._who(user), view=view.as_json()))

    def uninstall(self) -> None:
        """Remove the app: its token is revoked, and it hears of both."""
        self.access.bot_token_error = "account_inactive"
        self.happened(payloads.tokens_revoked(ts=self.workspace.next_ts()))
        self.happened(payloads.app_uninstalled(ts=self.workspace.next_ts()))

    # What people see

    def thread(self, channel: str, ts: str) -> list[Message]:
        """A message and its replies as everybody sees them, oldest first."""
        with self.workspace.lock:
            return self.workspace.thread(channel, ts)

    def channel_messages(self, channel: str) -> list[Message]:
        """Everything that everybody sees in a channel, replies included."""
        with self.workspace.lock:
            return self.workspace.visible(channel)

    def bot_messages(self, channel: str) -> list[Message]:
        """What our bot said in a channel for everybody to see."""
        return [each for each in self.channel_messages(channel) if each.user == BOT_USER]

    def ephemerals(self, user: str, channel: str) -> list[Message]:
        """What only this person sees in a channel."""
        with self.workspace.lock:
            kept = [each for each in self.workspace.messages if not each.deleted and each.channel == channel]
            return [each for each in kept if each.for_user == user]

    def modals(self, user: str) -> list[View]:
        """The modals that a person has open, the top one last."""
        return list(self.workspace.modals.get(user, ()))

    def home(self, user: str) -> View | None:
        """The Home tab that a person sees."""
        return self.workspace.homes.get(user)

    def statuses(self, channel: str, thread_ts: str) -> list[str]:
        """Every status that was shown in a thread; an empty one cleared it."""
        kept = (each for each in self.workspace.statuses if each["channel"] == channel)
        return [each["status"] for each in kept if each["thread_ts"] == thread_ts]

    def status(self, channel: str, thread_ts: str) -> str:
        """The status that shows now: none after two minutes, or when the bot has answered since."""
        for each in reversed(self.workspace.statuses):
            if (each["channel"], each["thread_ts"]) == (channel, thread_ts):
                answered = any(
                    message.user == BOT_USER and message.versions and message.versions[0][0] > each["at"]
                    for message in self.thread(channel, thread_ts)
                )
                stale = time.monotonic() - each["at"] > self.timing.status
                return "" if stale or answered else str(each["status"])
        return ""

    def prompts(self, user: str) -> list[Payload]:
        """The suggested prompts that a person sees in the agent's pane now."""
        channel = self.dm(user)
        shown = [each["prompts"] for each in self.workspace.prompts if each["channel"] == channel]
        return list(shown[-1]) if shown else []

    # What went on

    @property
    def violations(self) -> list[str]:
        """Every breach of Slack's rules."""
        return self.workspace.violations

    def take_violations(self) -> list[str]:
        """The breaches so far, which are then forgotten: for a test that provokes them."""
        with self.workspace.lock:
            taken = list(self.violations)
            self.violations.clear()
        return taken

    @property
    def broadcasts(self) -> list[str]:
        """Every ping in what the bot wrote, of a group or of a person."""
        return self.workspace.broadcasts

    @property
    def deliveries(self) -> list[Delivery]:
        """Everything that was sent to the app, with the attempts."""
        return self.courier.deliveries

    def calls(self, method: str) -> list[Call]:
        """The calls of one method of the Web API, refused ones included."""
        with self.workspace.lock:
            return [each for each in self.web.calls if each.method == method]

    def wait_for(self, condition: Callable[[], T], seconds: float = 5.0) -> T:
        """Wait until a condition holds and give its value.

        Raises:
            AssertionError: it didn't in time; the message tells what happened instead.
        """
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if value := condition():
                return value
            time.sleep(0.01)
        if value := condition():
            return value
        raise AssertionError(f"not within {seconds} s.\n{self.report()}")

    def connected(self, number: int = 1, seconds: float = 5.0) -> None:
        """Wait until the app has this many connections."""
        self.wait_for(lambda: self.courier.socket_mode.connections >= number, seconds)

    def settle(self) -> None:
        """Wait until nothing is under way to the app any more: all is acknowledged, or too late (a violation).

        Call it before stopping the app at the end of a test: a listener that is missing shows only here.
        """
        under_way = self.timing.ack + 1
        self.wait_for(lambda: not any(each.under_way for each in list(self.deliveries)), under_way)

    @property
    def open_streams(self) -> list[Message]:
        """The streams that the bot has not ended yet."""
        return [each for each in self.workspace.messages if each.stream == "open"]

    def report(self) -> str:
        """What happened so far, for the message of a failing test."""
        calls = [f"  {each.method} → {each.answer.get('error', 'ok')}" for each in self.web.calls[-15:]]
        sent = [f"  {each.name} ×{len(each.attempts)} {'✓' if each.acknowledged else '…'}" for each in self.deliveries]
        broken = [f"  {each}" for each in self.violations]
        return "\n".join(["calls:", *calls, "deliveries:", *sent[-15:], "violations:", *broken])

    # What goes wrong

    def slow(self, method: str, seconds: float) -> None:
        """Let a method answer only after a while."""
        self.web.slowness[method] = seconds

    def expire_streams(self) -> None:
        """End all open streams, as Slack does after five minutes."""
        with self.workspace.lock:
            for each in self.workspace.messages:
                each.stream = "expired" if each.stream == "open" else each.stream

    def redeliver(self, delivery: Delivery, number: int = 1, reason: str = "http_timeout") -> None:
        """Send a payload again although it was acknowledged."""
        self.courier.redeliver(delivery, number, reason)

    def disconnect(
        self, reason: Literal["refresh_requested", "warning", "link_disabled"] = "refresh_requested"
    ) -> None:
        """Ask the app to make new connections."""
        self.courier.socket_mode.disconnect(reason)

    def drop_connections(self) -> None:
        """Break all connections without notice."""
        self.courier.socket_mode.drop()

    def post(self, url: str, kind: DeliveryKind, payload: Payload, *, secret: str | None = None, age_seconds: float = 0,
             retry: tuple[int, str] | None = None) -> HttpAnswer:  # fmt: skip
        """Post one payload in HTTP mode and give the app's answer; see http_delivery.post."""
        return post(url, kind, payload, secret or self.signing_secret, age_seconds=age_seconds, retry=retry)

    # How the app hears of it

    def happened(self, event: Payload, *, event_id: str | None = None) -> Delivery | None:
        """Tell the app of an event, if it asked for such events and is there to hear it."""
        name = str(event["type"])
        if name == "message":
            name = f"message.{MESSAGE_EVENTS[event['channel_type']]}"
        scope = EVENT_SCOPES.get(name, "")
        channel = self.workspace.channels.get(event["channel"]) if isinstance(event.get("channel"), str) else None
        absent = channel is not None and BOT_USER not in channel.members
        if name not in self.subscriptions or (scope and scope not in self.access.scopes) or absent:
            return None
        shared = channel is not None and channel.shared
        return self.courier.deliver("events_api", payloads.event_callback(event, event_id=event_id, shared=shared))

    def _deliver(self, kind: DeliveryKind, payload: Payload, path: str = "") -> Delivery:
        with self.workspace.lock:
            delivery = self.courier.deliver(kind, payload)
            self._reply_paths[id(delivery)] = path
        return delivery

    def _answered(self, delivery: Delivery) -> None:
        response = delivery.response
        if delivery.payload.get("type") == "view_submission":
            self._modal_answered(delivery.payload, response or {})
        elif delivery.kind == "slash_commands" and response and (response.get("text") or response.get("blocks")):
            address = self.workspace.reply_addresses[self._reply_paths[id(delivery)]]
            known = ReplyAddress(address.channel, address.user, None, address.until)
            self._guarded(lambda: apply(self.workspace, known, response))

    def _modal_answered(self, payload: Payload, response: Payload) -> None:
        user, view_id = payload["user"]["id"], payload["view"]["id"]
        stack = self.workspace.modals.get(user, [])
        view = next((each for each in stack if each.id == view_id), None)
        if view is None:
            return
        match response.get("response_action"):
            case None:
                stack.remove(view)
            case "clear":
                stack.clear()
            case "errors":
                view.errors = response["errors"]
                known = {block["block_id"] for block in view.as_json()["blocks"] if block["type"] == "input"}
                if not view.errors or view.errors.keys() - known:
                    self.workspace.violate("view_submission: errors for a block that is no input")
            case "update":
                self._guarded(lambda: replace_view(view, checked_view(self.workspace, response["view"], "update")))
            case "push":
                self._guarded(
                    lambda: stack_view(
                        self.workspace, user, checked_view(self.workspace, response["view"], "push"), "push"
                    )
                )
            case other:
                self.workspace.violate(f"view_submission: unknown response_action {other!r}")

    def _guarded(self, action: Callable[[], object]) -> None:
        try:
            action()
        except SlackFault as fault:
            self.workspace.violate(f"acknowledgement refused: {fault}")

    def _top(self, user: str) -> View:
        if not self.workspace.modals.get(user):
            raise LookupError(f"{user} has no modal open")
        return self.workspace.modals[user][-1]

    def _who(self, user: str) -> dict[str, Any]:
        person = self.workspace.users[user]
        return {"user": user, "user_name": person.name, "user_team": person.team}


def typed(text: str) -> str:
    """What Slack makes of characters that a person types."""
    return html.escape(text, quote=False)
