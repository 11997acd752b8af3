"""Payloads as Slack sends them: events, commands, shortcuts, clicks, forms. In: ids and texts; out: dicts for JSON.

An event is built in two steps: the inner event (`message_event(…)`) and the envelope around it (`event_callback(…)`).
"""

from __future__ import annotations

import itertools
import secrets
import time
from typing import Any, Literal

Payload = dict[str, Any]
ChannelKind = Literal["channel", "group", "im", "mpim"]

APP = "A0BELEID01"
TEAM = "T0WIJK0001"
DOMAIN = "wijkteam"
BOT_USER = "U0BELEID01"
BOT = "B0BELEID01"
TOKEN = "verification-token"  # deprecated by Slack, and still in every payload

_numbers = itertools.count(1)


def fresh_id(prefix: str) -> str:
    """An id as Slack makes them: the prefix and ten capitals and digits; never the same twice."""
    return f"{prefix}{next(_numbers):05X}{secrets.token_hex(3)[:5].upper()}"


# Events


def event_callback(event: Payload, *, team: str = TEAM, event_id: str | None = None, shared: bool = False) -> Payload:
    """The envelope in which the Events API sends one event."""
    place = event.get("channel")
    channel = place if isinstance(place, str) else None
    return {
        "token": TOKEN,
        "team_id": team,
        "context_team_id": team,
        "context_enterprise_id": None,
        "api_app_id": APP,
        "event": event,
        "type": "event_callback",
        "event_id": event_id or fresh_id("Ev"),
        "event_time": int(float(event.get("event_ts", time.time()))),
        "authorizations": [
            {
                "enterprise_id": None,
                "team_id": team,
                "user_id": BOT_USER,
                "is_bot": True,
                "is_enterprise_install": False,
            }
        ],
        "is_ext_shared_channel": shared,
        "event_context": f"4-{fresh_id('EC')}-{channel or team}",
    }


def message_event(
    *,
    user: str,
    channel: str,
    text: str,
    ts: str,
    kind: ChannelKind = "channel",
    thread_ts: str | None = None,
    parent_user: str | None = None,
    team: str = TEAM,
    user_team: str | None = None,
    blocks: list[Payload] | None = None,
    subtype: Literal["file_share", "me_message", "thread_broadcast"] | None = None,
    files: list[Payload] | None = None,
) -> Payload:
    """A message that a person posted; `user_team` is another workspace's in a shared channel."""
    event: Payload = {
        "user": user,
        "type": "message",
        "ts": ts,
        "client_msg_id": f"{secrets.token_hex(4)}-{secrets.token_hex(2)}-4{secrets.token_hex(6)}",
        "text": text,
        "team": user_team or team,
        "blocks": blocks if blocks is not None else rich_text(text),
        "channel": channel,
        "event_ts": ts,
        "channel_type": kind,
    }
    if user_team and user_team != team:
        event |= {"user_team": user_team, "source_team": user_team, "user_profile": {"team": user_team}}
    if thread_ts:
        event |= {"thread_ts": thread_ts, "parent_user_id": parent_user or user}
    if subtype:
        event["subtype"] = subtype
    if subtype == "me_message":
        del event["client_msg_id"], event["blocks"]
    if subtype == "thread_broadcast":
        event["root"] = {"type": "message", "ts": thread_ts, "thread_ts": thread_ts, "reply_count": 1}
    if files:
        event |= {"files": files, "upload": False, "display_as_bot": False}
    return event


def app_mention(message: Payload) -> Payload:
    """The second event that Slack sends for a message that mentions the app."""
    kept = ("user", "ts", "client_msg_id", "text", "team", "blocks", "channel", "event_ts", "thread_ts", "files")
    extra = ("parent_user_id", "user_team", "source_team", "user_profile", "upload", "display_as_bot")
    return {"type": "app_mention"} | {key: message[key] for key in (*kept, *extra) if key in message}


def bot_message(*, channel: str, text: str, ts: str, kind: ChannelKind = "channel", thread_ts: str | None = None,
                name: str = "Rooster") -> Payload:  # fmt: skip
    """A message of an older integration (an incoming webhook), with subtype bot_message and no user."""
    event = {
        "type": "message",
        "subtype": "bot_message",
        "text": text,
        "ts": ts,
        "username": name,
        "bot_id": "B0ROOSTER1",
        "app_id": "A0ROOSTER1",
        "channel": channel,
        "event_ts": ts,
        "channel_type": kind,
    }
    return event | ({"thread_ts": thread_ts} if thread_ts else {})


def own_message(message: Payload, *, bot: str = BOT, app: str = APP, name: str = "Beleidswijzer") -> Payload:
    """A message that an app posted with a bot token: the message with the app's ids, without a client's id."""
    kept = {key: value for key, value in message.items() if key not in ("client_msg_id", "parent_user_id")}
    profile = {"id": bot, "app_id": app, "name": name, "deleted": False, "team_id": message.get("team", TEAM)}
    return kept | {"bot_id": bot, "app_id": app, "bot_profile": profile}


def message_changed(
    *, channel: str, before: Payload, after: Payload, ts: str, kind: ChannelKind = "channel"
) -> Payload:
    """A message was edited, or Slack attached a preview of a link to it."""
    return {
        "type": "message",
        "subtype": "message_changed",
        "hidden": True,
        "message": stored(after),
        "previous_message": stored(before),
        "channel": channel,
        "ts": ts,
        "event_ts": ts,
        "channel_type": kind,
    }


def message_deleted(*, channel: str, before: Payload, ts: str, kind: ChannelKind = "channel") -> Payload:
    """A message was deleted."""
    return {
        "type": "message",
        "subtype": "message_deleted",
        "hidden": True,
        "deleted_ts": before["ts"],
        "previous_message": stored(before),
        "channel": channel,
        "ts": ts,
        "event_ts": ts,
        "channel_type": kind,
    }


def tombstone(before: Payload) -> Payload:
    """What stays of a deleted message that has replies."""
    kept = {key: before[key] for key in ("type", "ts", "thread_ts") if key in before}
    return kept | {"subtype": "tombstone", "user": "USLACKBOT", "text": "This message was deleted.", "hidden": True}


def stored(event: Payload) -> Payload:
    """A message event as it appears inside other payloads and in conversations.history."""
    return {key: value for key, value in event.items() if key not in ("channel", "event_ts", "channel_type")}


def app_home_opened(*, user: str, channel: str, tab: Literal["home", "messages"], ts: str,
                    view: Payload | None = None, viewed: str | None = None) -> Payload:  # fmt: skip
    """A person opened the app: its Home tab, or (agent_view) the pane in which one talks to it."""
    event: Payload = {"type": "app_home_opened", "user": user, "channel": channel, "tab": tab, "event_ts": ts}
    event |= {"context": viewed_context(viewed)} if tab == "messages" else {}
    return event | ({"view": view} if view else {})


def viewed_context(viewed: str | None, team: str = TEAM) -> Payload:
    """What a person looks at beside the agent's pane, as agent_view events tell it."""
    return {"entities": [{"type": "slack#/types/channel_id", "value": viewed, "team_id": team}]} if viewed else {}


def app_context_changed(*, user: str, channel: str, viewed: str | None, ts: str, team: str = TEAM) -> Payload:
    """A person with the agent's pane open looks at another channel (agent_view)."""
    return {
        "type": "app_context_changed",
        "user": user,
        "channel": channel,
        "context": viewed_context(viewed, team),
        "event_ts": ts,
    }


def assistant_thread_started(*, user: str, channel: str, thread_ts: str, viewed: str | None = None,
                             team: str = TEAM) -> Payload:  # fmt: skip
    """A person opened a new thread in the older assistant pane (assistant_view)."""
    context = {"channel_id": viewed, "team_id": team, "enterprise_id": None} if viewed else {}
    thread = {"user_id": user, "context": context, "channel_id": channel, "thread_ts": thread_ts}
    return {"type": "assistant_thread_started", "assistant_thread": thread, "event_ts": thread_ts}


def assistant_thread_context_changed(*, user: str, channel: str, thread_ts: str, viewed: str, ts: str) -> Payload:
    """A person with the older assistant pane open looks at another channel."""
    started = assistant_thread_started(user=user, channel=channel, thread_ts=thread_ts, viewed=viewed)
    return started | {"type": "assistant_thread_context_changed", "event_ts": ts}


def member_joined_channel(*, user: str, channel: str, ts: str, inviter: str | None = None, team: str = TEAM,
                          kind: Literal["C", "G"] = "C") -> Payload:  # fmt: skip
    """Somebody, or the bot itself, was added to a channel."""
    event = {"type": "member_joined_channel", "user": user, "channel": channel, "channel_type": kind, "team": team}
    return event | {"event_ts": ts} | ({"inviter": inviter} if inviter else {})


def tokens_revoked(*, ts: str, users: tuple[str, ...] = (), bots: tuple[str, ...] = (BOT_USER,)) -> Payload:
    """The workspace withdrew tokens of the app."""
    return {"type": "tokens_revoked", "tokens": {"oauth": list(users), "bot": list(bots)}, "event_ts": ts}


def app_uninstalled(*, ts: str) -> Payload:
    """The workspace removed the app."""
    return {"type": "app_uninstalled", "event_ts": ts}


def app_rate_limited(minute: int) -> Payload:
    """What Slack sends instead of events when there are more than 30,000 in an hour; no event_callback."""
    base = {"token": TOKEN, "type": "app_rate_limited", "team_id": TEAM, "api_app_id": APP}
    return base | {"minute_rate_limited": minute}


def url_verification(challenge: str = "3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P") -> Payload:
    """What Slack sends once, over HTTP, when the address for events is filled in."""
    return {"token": TOKEN, "challenge": challenge, "type": "url_verification"}


# Commands, shortcuts, clicks and forms


def slash_command(*, user: str, user_name: str, channel: str, channel_name: str, command: str, text: str,
                  trigger_id: str, response_url: str, team: str = TEAM) -> Payload:  # fmt: skip
    """A slash command; over HTTP it travels as form fields, in Socket Mode as JSON."""
    return {
        "token": TOKEN,
        "team_id": team,
        "team_domain": DOMAIN,
        "channel_id": channel,
        "channel_name": channel_name,
        "user_id": user,
        "user_name": user_name,
        "command": command,
        "text": text,
        "api_app_id": APP,
        "is_enterprise_install": "false",
        "response_url": response_url,
        "trigger_id": trigger_id,
    }


def _interaction(kind: str, *, user: str, user_name: str, user_team: str, trigger_id: str | None) -> Payload:
    base: Payload = {
        "type": kind,
        "user": {"id": user, "username": user_name, "name": user_name, "team_id": user_team},
        "api_app_id": APP,
        "token": TOKEN,
        "team": {"id": TEAM, "domain": DOMAIN},
        "enterprise": None,
        "is_enterprise_install": False,
    }
    return base | ({"trigger_id": trigger_id} if trigger_id else {})


def message_action(*, user: str, user_name: str, channel: str, channel_name: str, message: Payload, callback_id: str,
                   trigger_id: str, response_url: str, user_team: str = TEAM) -> Payload:  # fmt: skip
    """A message shortcut: chosen from the menu of a message."""
    base = _interaction("message_action", user=user, user_name=user_name, user_team=user_team, trigger_id=trigger_id)
    return base | {
        "action_ts": message["ts"],
        "callback_id": callback_id,
        "response_url": response_url,
        "message_ts": message["ts"],
        "channel": {"id": channel, "name": channel_name},
        "message": message,
    }


def global_shortcut(*, user: str, user_name: str, callback_id: str, trigger_id: str, ts: str) -> Payload:
    """A shortcut chosen from the search bar or the + menu."""
    base = _interaction("shortcut", user=user, user_name=user_name, user_team=TEAM, trigger_id=trigger_id)
    return base | {"callback_id": callback_id, "action_ts": ts}


def block_actions(
    *,
    user: str,
    user_name: str,
    action: Payload,
    trigger_id: str,
    channel: str | None = None,
    channel_name: str | None = None,
    message: Payload | None = None,
    is_ephemeral: bool = False,
    view: Payload | None = None,
    response_url: str | None = None,
    user_team: str = TEAM,
    state: Payload | None = None,
) -> Payload:
    """A click on an element: in a message (also an ephemeral one), in a modal or on the Home tab."""
    base = _interaction("block_actions", user=user, user_name=user_name, user_team=user_team, trigger_id=trigger_id)
    base["actions"] = [action]
    if view is not None:
        return base | {"container": {"type": "view", "view_id": view["id"]}, "view": view}
    assert message is not None
    container = {
        "type": "message",
        "message_ts": message["ts"],
        "channel_id": channel,
        "is_ephemeral": is_ephemeral,
    }
    if message.get("thread_ts"):
        container["thread_ts"] = message["thread_ts"]
    base |= {"container": container, "channel": {"id": channel, "name": channel_name}}
    base |= {"state": {"values": state or {}}, "response_url": response_url}
    return base if is_ephemeral else base | {"message": message}  # the text of an ephemeral message is not repeated


def view_submission(*, user: str, user_name: str, view: Payload, trigger_id: str,
                    response_urls: list[Payload] | None = None, user_team: str = TEAM) -> Payload:  # fmt: skip
    """A person submitted a modal."""
    base = _interaction("view_submission", user=user, user_name=user_name, user_team=user_team, trigger_id=trigger_id)
    return base | {"view": view, "response_urls": response_urls or []}


def view_closed(*, user: str, user_name: str, view: Payload, is_cleared: bool = False,
                user_team: str = TEAM) -> Payload:  # fmt: skip
    """A person closed a modal; sent only when the view asked for it with notify_on_close."""
    base = _interaction("view_closed", user=user, user_name=user_name, user_team=user_team, trigger_id=None)
    return base | {"view": view, "is_cleared": is_cleared}


# Parts


def rich_text(text: str) -> list[Payload]:
    """The blocks that Slack's own editor makes of a typed message."""
    section = {"type": "rich_text_section", "elements": [{"type": "text", "text": text}]}
    return [{"type": "rich_text", "block_id": secrets.token_hex(3)[:5], "elements": [section]}] if text else []


def file(*, name: str, user: str, url: str, size: int, mimetype: str = "text/plain") -> Payload:
    """A file as it hangs on a file_share message."""
    kind = name.rsplit(".", 1)[-1]
    return {
        "id": fresh_id("F"),
        "created": int(time.time()),
        "name": name,
        "title": name,
        "mimetype": mimetype,
        "filetype": kind,
        "pretty_type": kind.upper(),
        "user": user,
        "size": size,
        "mode": "hosted",
        "is_external": False,
        "is_public": True,
        "url_private": url,
        "url_private_download": url,
        "permalink": f"https://{DOMAIN}.slack.com/files/{user}/{name}",
    }
