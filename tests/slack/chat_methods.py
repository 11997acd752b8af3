"""The Web API's methods that post, change and stream messages. In: the workspace and the arguments; out: the answer."""

from __future__ import annotations

import time
from typing import Any

from slack import payloads
from slack.arguments import Arguments, SlackFault
from slack.block_rules import LONGEST_MARKDOWN, block_faults, blocks_too_long, shown_faults, text_objects
from slack.markup_rules import broadcasts, group_pings, markdown_faults, mrkdwn_faults
from slack.payloads import BOT, BOT_USER, TEAM, Payload
from slack.workspace import Channel, Message, Workspace

LONGEST_TEXT = 40_000
CHUNKS = {
    "markdown_text": {"type", "text"},
    "task_update": {"type", "id", "title", "status", "details", "output", "sources"},
    "plan_update": {"type", "title"},
    "blocks": {"type", "blocks"},
}


def post_message(workspace: Workspace, arguments: Arguments) -> Payload:
    """chat.postMessage"""
    channel = reachable(workspace, arguments.needed("channel"))
    thread = thread_of(workspace, channel, arguments)
    message = Message(channel.id, workspace.next_ts(), BOT_USER, thread_ts=thread, bot=BOT)
    fill(workspace, message, arguments, "chat.postMessage")
    message.metadata = arguments.structure("metadata")
    workspace.messages.append(message)
    _announce(workspace, channel, message)
    return {"channel": channel.id, "ts": message.ts, "message": message.as_json()}


def post_ephemeral(workspace: Workspace, arguments: Arguments) -> Payload:
    """chat.postEphemeral"""
    channel = reachable(workspace, arguments.needed("channel"))
    user = arguments.needed("user")
    if user not in channel.members:
        raise SlackFault("user_not_in_channel")
    thread = thread_of(workspace, channel, arguments)
    message = Message(channel.id, workspace.next_ts(), BOT_USER, thread_ts=thread, bot=BOT, for_user=user)
    fill(workspace, message, arguments, "chat.postEphemeral")
    workspace.messages.append(message)
    return {"message_ts": message.ts}


def update(workspace: Workspace, arguments: Arguments) -> Payload:
    """chat.update"""
    channel, message = own(workspace, arguments, "cant_update_message")
    workspace.expire_streams()
    if message.stream == "open":
        workspace.violate(f"chat.update: message {message.ts} is still streaming")
        raise SlackFault("streaming_state_conflict")
    before = message.as_json()
    streamed, message.stream = message.stream, None  # what was streamed is replaced
    try:
        fill(workspace, message, arguments, "chat.update")
    except SlackFault:
        message.stream = streamed
        raise
    message.edited = True
    changed = payloads.message_changed(
        channel=channel.id, before=before, after=message.as_json(), ts=workspace.next_ts(), kind=channel.kind
    )
    workspace.emit(changed)
    return {"channel": channel.id, "ts": message.ts, "text": message.text, "message": message.as_json()}


def delete(workspace: Workspace, arguments: Arguments) -> Payload:
    """chat.delete"""
    channel, message = own(workspace, arguments, "cant_delete_message")
    message.deleted = True
    workspace.emit(
        payloads.message_deleted(
            channel=channel.id, before=message.as_json(), ts=workspace.next_ts(), kind=channel.kind
        )
    )
    return {"channel": channel.id, "ts": message.ts}


def permalink(workspace: Workspace, arguments: Arguments) -> Payload:
    """chat.getPermalink"""
    channel = existing(workspace, arguments.needed("channel"))
    message = workspace.message(channel.id, arguments.needed("message_ts"))
    if message is None:
        raise SlackFault("message_not_found")
    return {"channel": channel.id, "permalink": workspace.permalink(message)}


def start_stream(workspace: Workspace, arguments: Arguments) -> Payload:
    """chat.startStream"""
    channel = reachable(workspace, arguments.needed("channel"))
    if not arguments.optional("thread_ts"):
        workspace.violate("chat.startStream: thread_ts is missing, a stream must be a reply")
        raise SlackFault.with_messages("invalid_arguments", ["missing required field: thread_ts"])
    thread = thread_of(workspace, channel, arguments)
    if channel.kind != "im":
        _recipient(workspace, arguments)
    message = Message(channel.id, workspace.next_ts(), BOT_USER, thread_ts=thread, bot=BOT, stream="open")
    message.stream_ends = time.monotonic() + workspace.timing.stream
    _grow(workspace, message, arguments, "chat.startStream")
    workspace.messages.append(message)
    _announce(workspace, channel, message)
    return {"channel": channel.id, "ts": message.ts}


def append_stream(workspace: Workspace, arguments: Arguments) -> Payload:
    """chat.appendStream"""
    channel, message = _streaming(workspace, arguments, "chat.appendStream")
    if not arguments.optional("markdown_text") and not arguments.structure("chunks"):
        workspace.violate("chat.appendStream: neither markdown_text nor chunks")
        raise SlackFault("no_text")
    _grow(workspace, message, arguments, "chat.appendStream")
    return {"channel": channel.id, "ts": message.ts}


def stop_stream(workspace: Workspace, arguments: Arguments) -> Payload:
    """chat.stopStream"""
    channel, message = _streaming(workspace, arguments, "chat.stopStream")
    before = message.as_json()
    blocks = arguments.structure("blocks", "invalid_blocks_format") or []
    check_blocks(workspace, blocks, "chat.stopStream")
    _grow(workspace, message, arguments, "chat.stopStream")
    message.blocks = [*message.blocks, *blocks]
    message.stream = "stopped"
    message.metadata = arguments.structure("metadata")
    for fault in markdown_faults(message.text):  # only the whole text can be judged: a link may come in two pieces
        workspace.violate(f"stream {message.ts}: {fault}")
    remember(message)
    changed = payloads.message_changed(
        channel=channel.id, before=before, after=message.as_json(), ts=workspace.next_ts(), kind=channel.kind
    )
    workspace.emit(changed)
    return {"channel": channel.id, "ts": message.ts, "message": message.as_json()}


# Shared with the other methods


def existing(workspace: Workspace, channel_id: str) -> Channel:
    """The channel with this id; a user's id stands for the direct message with that user."""
    channel = workspace.channels.get(channel_id)
    if channel is None and channel_id in workspace.users:
        between = {channel_id, BOT_USER}
        found = (each for each in workspace.channels.values() if each.kind == "im" and each.members == between)
        channel = next(found, None)
    if channel is None:
        raise SlackFault("channel_not_found")
    return channel


def reachable(workspace: Workspace, channel_id: str) -> Channel:
    """A channel in which the app can write."""
    channel = existing(workspace, channel_id)
    if channel.archived:
        raise SlackFault("is_archived")
    if BOT_USER not in channel.members:
        raise SlackFault("not_in_channel" if channel.kind == "channel" else "channel_not_found")
    return channel


def thread_of(workspace: Workspace, channel: Channel, arguments: Arguments) -> str | None:
    """The thread to answer in: a message that exists and is itself no reply."""
    ts = arguments.optional("thread_ts")
    if ts is None:
        return None
    parent = workspace.message(channel.id, ts)
    if parent is None:
        if not any((each.channel, each.ts) == (channel.id, ts) for each in workspace.messages):
            workspace.violate(f"thread_ts {ts} names no message in {channel.id}")
            raise SlackFault("invalid_thread_ts")
        return ts  # the question was deleted; its thread goes on
    if parent.thread_ts not in (None, parent.ts):
        workspace.violate(f"thread_ts {ts} is a reply; the thread is {parent.thread_ts}")
        raise SlackFault("invalid_thread_ts")
    return ts


def own(workspace: Workspace, arguments: Arguments, error: str) -> tuple[Channel, Message]:
    """The app's own message that a call names."""
    channel = existing(workspace, arguments.needed("channel"))
    message = workspace.message(channel.id, arguments.needed("ts"))
    if message is None:
        raise SlackFault("message_not_found")
    if message.user != BOT_USER:
        raise SlackFault(error)
    return channel, message


def fill(workspace: Workspace, message: Message, arguments: Arguments, method: str) -> None:
    """Give a message the text and blocks of a call, having checked them."""
    text = arguments.optional("text") or arguments.optional("markdown_text") or ""
    blocks = arguments.structure("blocks", "invalid_blocks_format")
    if not text and not blocks and not arguments.structure("attachments"):
        workspace.violate(f"{method}: no text")
        raise SlackFault("no_text")
    if len(text) > LONGEST_TEXT:
        workspace.violate(f"{method}: text has {len(text)} characters, {LONGEST_TEXT} allowed")
        raise SlackFault("msg_too_long")
    if blocks and not text:
        workspace.violate(f"{method}: blocks without text: screen readers and notifications have nothing to show")
    check_blocks(workspace, blocks or [], method)
    check_text(workspace, arguments, text, method)
    message.text = text
    if blocks is not None:
        message.blocks = blocks
    remember(message)


def check_blocks(workspace: Workspace, blocks: Any, method: str) -> None:
    """Refuse blocks as Slack does; remember what it accepts but shows wrongly."""
    if faults := block_faults(blocks, "message"):
        for fault in faults:
            workspace.violate(f"{method}: {fault}")
        raise SlackFault.with_messages("invalid_blocks", faults)
    if blocks_too_long(blocks):
        workspace.violate(f"{method}: the texts of all blocks together are too long")
        raise SlackFault("msg_blocks_too_long")
    for fault in shown_faults(blocks):
        workspace.violate(f"{method}: {fault}")
    for block in blocks:
        if block["type"] == "markdown":
            pings(workspace, block["text"], method)
        for part in text_objects(block):
            if part["type"] == "mrkdwn":
                pings(workspace, part["text"], method)
        rich_pings(workspace, block, method)


def check_text(workspace: Workspace, arguments: Arguments, text: str, method: str) -> None:
    """Remember pings, broken links and characters that were not escaped in the text of a message."""
    pings(workspace, text, method)
    if arguments.optional("text") and arguments.values.get("mrkdwn") not in (False, "false", "0"):
        faults = mrkdwn_faults(text)
    else:
        faults = markdown_faults(text)
    for fault in faults:
        workspace.violate(f"{method}: text: {fault}")
    loose = arguments.flag("link_names") or arguments.optional("parse") == "full"
    if loose and any(word in text for word in ("@channel", "@here", "@everyone")):
        workspace.violate(f"{method}: link_names or parse turns a word into a ping of the whole channel")


def pings(workspace: Workspace, text: str, method: str) -> None:
    """Remember who is pinged; to ping a group is a violation."""
    workspace.broadcasts.extend(broadcasts(text))
    for ping in group_pings(text):
        workspace.violate(f"{method}: broadcast {ping}")


def rich_pings(workspace: Workspace, part: Any, method: str) -> None:
    """The same for the elements of rich text."""
    if isinstance(part, list):
        for inner in part:
            rich_pings(workspace, inner, method)
    elif isinstance(part, dict):
        if part.get("type") == "user" and "user_id" in part:
            workspace.broadcasts.append(f"<@{part['user_id']}>")
        elif part.get("type") in ("broadcast", "usergroup"):
            pings(workspace, f"<!{part.get('range') or 'subteam^' + part.get('usergroup_id', '')}>", method)
        rich_pings(workspace, part.get("elements"), method)


def remember(message: Message) -> None:
    """Keep what readers saw, and from when."""
    message.versions.append((time.monotonic(), message.shown))


def _recipient(workspace: Workspace, arguments: Arguments) -> None:
    for name in ("recipient_user_id", "recipient_team_id"):
        if not arguments.optional(name):
            workspace.violate(f"chat.startStream: {name} is missing, needed in a channel")
            raise SlackFault(f"missing_{name}")
    user = workspace.users.get(arguments.needed("recipient_user_id"))
    if user is None or user.team != arguments.needed("recipient_team_id"):
        workspace.violate("chat.startStream: recipient_user_id is nobody in the team recipient_team_id")
        raise SlackFault("invalid_arguments")


def _streaming(workspace: Workspace, arguments: Arguments, method: str) -> tuple[Channel, Message]:
    channel, message = own(workspace, arguments, "message_not_owned_by_app")
    workspace.expire_streams()
    if message.stream != "open":
        if message.stream != "expired":  # an app cannot know beforehand that Slack ended it, only that it did itself
            workspace.violate(f"{method}: the app itself ended the stream of {message.ts}, or never started one")
        raise SlackFault("message_not_in_streaming_state")
    return channel, message


def _grow(workspace: Workspace, message: Message, arguments: Arguments, method: str) -> None:
    text = arguments.optional("markdown_text") or ""
    pieces = [text, *_chunk_texts(workspace, message, arguments, method)]
    if any(len(piece) > LONGEST_MARKDOWN for piece in pieces):
        workspace.violate(f"{method}: markdown_text over {LONGEST_MARKDOWN} characters")
        raise SlackFault("msg_too_long")
    already = len(broadcasts(message.text))
    message.text += "".join(pieces)
    for ping in broadcasts(message.text)[already:]:  # also one that came in two pieces
        pings(workspace, ping, method)
    remember(message)


def _chunk_texts(workspace: Workspace, message: Message, arguments: Arguments, method: str) -> list[str]:
    found: list[str] = []
    for chunk in arguments.structure("chunks", "invalid_chunks") or []:
        known = CHUNKS.get(chunk.get("type"))
        if known is None or chunk.keys() - known:
            workspace.violate(f"{method}: invalid chunk of type {chunk.get('type')!r}")
            raise SlackFault("invalid_chunks")
        if chunk["type"] == "markdown_text":
            found.append(chunk["text"])
        if chunk["type"] == "blocks":
            check_blocks(workspace, chunk["blocks"], method)
            message.blocks = [*message.blocks, *chunk["blocks"]]
    return found


def _announce(workspace: Workspace, channel: Channel, message: Message) -> None:
    where = {"channel": channel.id, "event_ts": message.ts, "channel_type": channel.kind, "team": TEAM}
    workspace.emit(message.as_json() | where)
