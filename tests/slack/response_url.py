"""What a response_url does with what the app posts to it: a private or public message, a replacement, a deletion."""

from __future__ import annotations

import json
import time

from slack import payloads
from slack.arguments import Arguments, SlackFault
from slack.chat_methods import fill
from slack.payloads import BOT, BOT_USER, Payload
from slack.workspace import Message, ReplyAddress, Workspace

KNOWN = frozenset(
    "text blocks attachments response_type replace_original delete_original thread_ts mrkdwn unfurl_links"
    " unfurl_media metadata".split()
)


def answer_at(workspace: Workspace, path: str, body: bytes) -> tuple[int, Payload]:
    """Carry out what was posted to a response_url; the status and body of Slack's answer."""
    with workspace.lock:
        address = workspace.reply_addresses.get(path)
        if address is None or time.monotonic() > address.until:
            workspace.violate("response_url: unknown, or older than half an hour")
            return 404, {"ok": False, "error": "expired_url"}
        if not address.uses_left:
            workspace.violate("response_url: used more than five times")
            return 404, {"ok": False, "error": "used_url"}
        address.uses_left -= 1
        try:
            values = json.loads(body)
            apply(workspace, address, values)
        except SlackFault as fault:
            return 400, fault.answer
        except ValueError:
            workspace.violate("response_url: the body is no JSON")
            return 400, {"ok": False, "error": "invalid_payload"}
    return 200, {"ok": True}


def apply(workspace: Workspace, address: ReplyAddress, values: Payload) -> None:
    """Post, replace or delete; also what the acknowledgement of a slash command asks for."""
    if unknown := values.keys() - KNOWN:
        workspace.violate(f"response_url: unknown fields {sorted(unknown)}")
    original = address.message
    if values.get("delete_original") and original:
        original.deleted = True
        return
    if values.get("replace_original") and original:
        fill(workspace, original, Arguments(values), "response_url")
        original.edited = True
        return
    public = values.get("response_type") == "in_channel"
    message = Message(
        address.channel,
        workspace.next_ts(),
        BOT_USER,
        thread_ts=values.get("thread_ts"),
        bot=BOT,
        for_user=None if public else address.user,
    )
    fill(workspace, message, Arguments(values), "response_url")
    workspace.messages.append(message)
    if public:
        kind = workspace.channels[address.channel].kind
        where = {"channel": address.channel, "event_ts": message.ts, "channel_type": kind, "team": payloads.TEAM}
        workspace.emit(message.as_json() | where)
