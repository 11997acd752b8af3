"""What people do in the workspace: write, click, fill in, delete. Each deed is told to the app as Slack does."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

from slack import payloads
from slack.block_rules import with_ids
from slack.delivery import Delivery
from slack.filled_in import filled_in, find_element, taken_action
from slack.installed_app import InstalledApp
from slack.lookup_methods import direct_message
from slack.payloads import BOT_USER, ChannelKind, Payload
from slack.workspace import Channel, Message, User, View


class People(InstalledApp):
    """The people in the workspace and what they do."""

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

    def _top(self, user: str) -> View:
        if not self.workspace.modals.get(user):
            raise LookupError(f"{user} has no modal open")
        return self.workspace.modals[user][-1]

    def _who(self, user: str) -> dict[str, Any]:
        person = self.workspace.users[user]
        return {"user": user, "user_name": person.name, "user_team": person.team}
