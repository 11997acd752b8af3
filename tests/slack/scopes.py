"""Which scope a method or an event of Slack needs."""

from __future__ import annotations

CHAT = ("chat:write",)
ASSISTANT = ("assistant:write", "chat:write")  # either will do
HISTORY = ("channels:history", "groups:history", "im:history", "mpim:history")
READ = ("channels:read", "groups:read", "im:read", "mpim:read")
# A method that is not here needs no scope.
SCOPES: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(["chat.postMessage", "chat.postEphemeral", "chat.update", "chat.delete"], CHAT),
    **dict.fromkeys(["chat.startStream", "chat.appendStream", "chat.stopStream"], CHAT),
    **dict.fromkeys(
        ["assistant.threads.setStatus", "assistant.threads.setTitle", "assistant.threads.setSuggestedPrompts"],
        ASSISTANT,
    ),
    "conversations.open": ("im:write", "channels:manage", "groups:write", "mpim:write"),
    "users.info": ("users:read",),
    "bots.info": ("users:read",),
    "team.info": ("team:read",),
    **dict.fromkeys(["reactions.add", "reactions.remove"], ("reactions:write",)),
}
# These need the scope of the kind of channel that they read.
KINDS = ("channel", "group", "im", "mpim")
HISTORY_BY_KIND = dict(zip(KINDS, HISTORY, strict=True))
READ_BY_KIND = dict(zip(KINDS, READ, strict=True))
BY_KIND = {
    "conversations.history": HISTORY_BY_KIND,
    "conversations.replies": HISTORY_BY_KIND,
    "conversations.info": READ_BY_KIND,
    "conversations.members": READ_BY_KIND,
}
EVENT_SCOPES = {
    "app_mention": "app_mentions:read",
    "message.channels": "channels:history",
    "message.groups": "groups:history",
    "message.im": "im:history",
    "message.mpim": "mpim:history",
    "member_joined_channel": "channels:read",
    "assistant_thread_started": "assistant:write",
    "assistant_thread_context_changed": "assistant:write",
    "app_home_opened": "",
    "app_context_changed": "",
    "tokens_revoked": "",
    "app_uninstalled": "",
}
ALL_SCOPES = frozenset(
    {scope for scopes in SCOPES.values() for scope in scopes} | {*HISTORY, *READ, "app_mentions:read", "commands"}
) | {"files:read"}


def needed_scopes(method: str, kind: str | None) -> tuple[str, ...]:
    """The scopes of which a call needs one; none when it needs no scope."""
    if method in BY_KIND:
        return (BY_KIND[method][kind or "channel"],)
    return SCOPES.get(method, ())
