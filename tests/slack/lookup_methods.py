"""The Web API's methods that read: history, threads, channels, people. In: workspace and arguments; out: the answer."""

from __future__ import annotations

from slack.arguments import Arguments, SlackFault
from slack.chat_methods import existing, reachable
from slack.payloads import APP, BOT, BOT_USER, DOMAIN, TEAM, Payload, fresh_id
from slack.workspace import Channel, Message, User, Workspace


def auth_test(workspace: Workspace, arguments: Arguments) -> Payload:
    """auth.test"""
    return {
        "url": f"https://{DOMAIN}.slack.com/",
        "team": "Wijkteam",
        "user": "beleidswijzer",
        "team_id": TEAM,
        "user_id": BOT_USER,
        "bot_id": BOT,
        "is_enterprise_install": False,
    }


def history(workspace: Workspace, arguments: Arguments) -> Payload:
    """conversations.history"""
    channel = reachable(workspace, arguments.needed("channel"))
    roots = [each for each in workspace.visible(channel.id) if each.thread_ts in (None, each.ts)]
    chosen = _between(roots, arguments)[::-1]
    return _page(workspace, chosen, arguments, 100)


def replies(workspace: Workspace, arguments: Arguments) -> Payload:
    """conversations.replies"""
    channel = reachable(workspace, arguments.needed("channel"))
    message = workspace.message(channel.id, arguments.needed("ts"))
    if message is None:
        raise SlackFault("thread_not_found")
    root = workspace.message(channel.id, message.thread_ts) if message.thread_ts else None
    parent = root or message
    found = [each for each in workspace.thread(channel.id, parent.ts) if each.ts != parent.ts]
    return _page(workspace, [parent, *_between(found, arguments)], arguments, 1000)


def conversation(workspace: Workspace, arguments: Arguments) -> Payload:
    """conversations.info"""
    return {"channel": _channel_json(existing(workspace, arguments.needed("channel")))}


def members(workspace: Workspace, arguments: Arguments) -> Payload:
    """conversations.members"""
    channel = reachable(workspace, arguments.needed("channel"))
    return {"members": sorted(channel.members), "response_metadata": {"next_cursor": ""}}


def open_conversation(workspace: Workspace, arguments: Arguments) -> Payload:
    """conversations.open"""
    users = (arguments.optional("users") or "").split(",")
    if not users[0] or any(user not in workspace.users for user in users):
        raise SlackFault("user_not_found")
    return {"channel": {"id": direct_message(workspace, users[0]).id}}


def direct_message(workspace: Workspace, user: str) -> Channel:
    """The conversation between one person and the app; made on first use."""
    between = {user, BOT_USER}
    for channel in workspace.channels.values():
        if channel.kind == "im" and channel.members == between:
            return channel
    made = Channel(fresh_id("D"), "directmessage", "im", between)
    workspace.channels[made.id] = made
    return made


def user_info(workspace: Workspace, arguments: Arguments) -> Payload:
    """users.info"""
    user = workspace.users.get(arguments.needed("user"))
    if user is None:
        raise SlackFault("user_not_found")
    return {"user": _user_json(user)}


def bot_info(workspace: Workspace, arguments: Arguments) -> Payload:
    """bots.info"""
    if arguments.needed("bot") != BOT:
        raise SlackFault("bot_not_found")
    return {"bot": {"id": BOT, "app_id": APP, "user_id": BOT_USER, "name": "beleidswijzer", "deleted": False}}


def team_info(workspace: Workspace, arguments: Arguments) -> Payload:
    """team.info"""
    return {"team": {"id": TEAM, "name": "Wijkteam", "domain": DOMAIN, "email_domain": ""}}


def add_reaction(workspace: Workspace, arguments: Arguments) -> Payload:
    """reactions.add"""
    channel, name = reachable(workspace, arguments.needed("channel")), arguments.needed("name")
    message = workspace.message(channel.id, arguments.needed("timestamp"))
    if message is None:
        raise SlackFault("message_not_found")
    if name in message.reactions:
        raise SlackFault("already_reacted")
    message.reactions.append(name)
    return {}


def remove_reaction(workspace: Workspace, arguments: Arguments) -> Payload:
    """reactions.remove"""
    channel, name = reachable(workspace, arguments.needed("channel")), arguments.needed("name")
    message = workspace.message(channel.id, arguments.needed("timestamp"))
    if message is None or name not in message.reactions:
        raise SlackFault("no_reaction")
    message.reactions.remove(name)
    return {}


def _between(messages: list[Message], arguments: Arguments) -> list[Message]:
    oldest, latest = arguments.optional("oldest") or "0", arguments.optional("latest")
    inclusive = arguments.flag("inclusive")

    def wanted(ts: str) -> bool:
        if inclusive and ts in (oldest, latest):
            return True
        return float(oldest) < float(ts) and (latest is None or float(ts) < float(latest))

    return [each for each in messages if wanted(each.ts)]


def _page(workspace: Workspace, messages: list[Message], arguments: Arguments, default: int) -> Payload:
    start, limit = int(arguments.optional("cursor") or 0), arguments.number("limit", default)
    if not 1 <= limit <= 1000:
        raise SlackFault("invalid_limit")
    rest = len(messages) > start + limit
    return {
        "messages": [_threaded(workspace, each) for each in messages[start : start + limit]],
        "has_more": rest,
        "response_metadata": {"next_cursor": str(start + limit) if rest else ""},
    }


def _threaded(workspace: Workspace, message: Message) -> Payload:
    """A message as the history gives it: a parent knows its replies, a reply its parent."""
    shown = message.as_json()
    if message.thread_ts in (None, message.ts):
        answers = list(workspace.replies(message))
        if answers:
            people = list(dict.fromkeys(each.user for each in answers))
            shown |= {"thread_ts": message.ts, "reply_count": len(answers), "reply_users": people}
            shown |= {"latest_reply": answers[-1].ts, "reply_users_count": len(people), "is_locked": False}
    elif (parent := workspace.message(message.channel, message.thread_ts)) is not None:
        shown["parent_user_id"] = parent.user
    return shown


def _channel_json(channel: Channel) -> Payload:
    base: Payload = {
        "id": channel.id,
        "is_channel": channel.kind == "channel",
        "is_group": channel.kind == "group",
        "is_im": channel.kind == "im",
        "is_mpim": channel.kind == "mpim",
        "is_private": channel.kind != "channel",
        "is_archived": channel.archived,
        "is_ext_shared": channel.shared,
        "is_shared": channel.shared,
        "is_member": BOT_USER in channel.members,
        "context_team_id": TEAM,
    }
    if channel.kind == "im":
        return base | {"user": next(iter(channel.members - {BOT_USER}), BOT_USER)}
    return base | {"name": channel.name, "name_normalized": channel.name, "topic": {"value": ""}}


def _user_json(user: User) -> Payload:
    own = user.team == TEAM
    base: Payload = {
        "id": user.id,
        "team_id": user.team,
        "name": user.name,
        "real_name": user.name.title(),
        "deleted": False,
        "is_bot": user.is_bot,
        "is_app_user": False,
        "tz": "Europe/Amsterdam",
        "profile": {"real_name": user.name.title(), "display_name": user.name, "team": user.team},
    }
    if not own:
        return base | {"is_stranger": True}
    return base | {"is_restricted": bool(user.guest), "is_ultra_restricted": user.guest == "single", "is_admin": False}
