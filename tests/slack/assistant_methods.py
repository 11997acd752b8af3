"""The Web API's methods for the agent's pane: status, title and suggested prompts."""

from __future__ import annotations

import time

from slack.arguments import Arguments, SlackFault
from slack.chat_methods import reachable, thread_of
from slack.payloads import Payload
from slack.workspace import Workspace


def set_status(workspace: Workspace, arguments: Arguments) -> Payload:
    """assistant.threads.setStatus"""
    channel = reachable(workspace, arguments.needed("channel_id"))
    arguments.needed("thread_ts")
    thread = thread_of(workspace, channel, arguments)
    status, loading = arguments.values.get("status"), arguments.structure("loading_messages")
    if not isinstance(status, str):
        workspace.violate("assistant.threads.setStatus: status must be a string, empty to clear it")
        raise SlackFault.with_messages("invalid_arguments", ["missing required field: status"])
    if loading is not None and not (isinstance(loading, list) and len(loading) <= 10):
        workspace.violate("assistant.threads.setStatus: loading_messages must be a list of at most 10")
        raise SlackFault("invalid_arguments")
    workspace.statuses.append(
        {"channel": channel.id, "thread_ts": thread, "status": status, "loading_messages": loading or [],
         "at": time.monotonic()}
    )  # fmt: skip
    return {}


def set_title(workspace: Workspace, arguments: Arguments) -> Payload:
    """assistant.threads.setTitle"""
    channel = reachable(workspace, arguments.needed("channel_id"))
    thread = thread_of(workspace, channel, arguments)
    workspace.titles.append({"channel": channel.id, "thread_ts": thread, "title": arguments.needed("title")})
    return {}


def set_prompts(workspace: Workspace, arguments: Arguments) -> Payload:
    """assistant.threads.setSuggestedPrompts"""
    channel = reachable(workspace, arguments.needed("channel_id"))
    if channel.kind != "im":
        workspace.violate("assistant.threads.setSuggestedPrompts: only in the conversation with the agent")
        raise SlackFault("channel_not_supported")
    prompts = arguments.structure("prompts")
    right = isinstance(prompts, list) and all(
        isinstance(each, dict) and each.keys() == {"title", "message"} and each["title"] and each["message"]
        for each in prompts
    )
    if not right or not 1 <= len(prompts) <= 4:
        workspace.violate("assistant.threads.setSuggestedPrompts: needs 1 to 4 prompts of a title and a message")
        raise SlackFault("invalid_arguments")
    if arguments.optional("thread_ts"):
        # Slack answers ok and shows nothing, so only the violation tells.
        workspace.violate("assistant.threads.setSuggestedPrompts: thread_ts is ignored in agent_view apps")
        return {}
    workspace.prompts.append({"channel": channel.id, "title": arguments.optional("title"), "prompts": prompts})
    return {}
