"""The Web API's methods for modals and the Home tab. In: the workspace and the arguments; out: the answer."""

from __future__ import annotations

import time

from slack.arguments import Arguments, SlackFault
from slack.block_rules import shown_faults
from slack.payloads import Payload, fresh_id
from slack.view_rules import view_faults
from slack.workspace import View, Workspace


def open_view(workspace: Workspace, arguments: Arguments) -> Payload:
    """views.open"""
    user = _use_trigger(workspace, arguments, "views.open")
    view = View(fresh_id("V"), user, checked_view(workspace, arguments.structure("view"), "views.open"))
    workspace.modals[user] = [view]
    return {"view": view.as_json()}


def push_view(workspace: Workspace, arguments: Arguments) -> Payload:
    """views.push"""
    user = _use_trigger(workspace, arguments, "views.push")
    content = checked_view(workspace, arguments.structure("view"), "views.push")
    return {"view": stack_view(workspace, user, content, "views.push").as_json()}


def update_view(workspace: Workspace, arguments: Arguments) -> Payload:
    """views.update"""
    key, external = arguments.optional("view_id"), arguments.optional("external_id")
    found = [
        view
        for views in workspace.modals.values()
        for view in views
        if view.id == key or (external and view.content.get("external_id") == external)
    ]
    if not found:
        raise SlackFault("not_found")
    if arguments.optional("hash") not in (None, found[0].hash):
        raise SlackFault("hash_conflict")
    replace_view(found[0], checked_view(workspace, arguments.structure("view"), "views.update"))
    return {"view": found[0].as_json()}


def publish_view(workspace: Workspace, arguments: Arguments) -> Payload:
    """views.publish"""
    user = arguments.needed("user_id")
    if user not in workspace.users:
        raise SlackFault("user_not_found")
    content = checked_view(workspace, arguments.structure("view"), "views.publish")
    old = workspace.homes.get(user)
    workspace.homes[user] = View(old.id if old else fresh_id("V"), user, content)
    return {"view": workspace.homes[user].as_json()}


def checked_view(workspace: Workspace, content: Payload | None, method: str) -> Payload:
    """A view that Slack would show; refuses others."""
    if content is None:
        raise SlackFault.with_messages("invalid_arguments", ["missing required field: view"])
    if faults := view_faults(content):
        for fault in faults:
            workspace.violate(f"{method}: {fault}")
        raise SlackFault.with_messages("invalid_arguments", faults)
    for fault in shown_faults(content["blocks"]):
        workspace.violate(f"{method}: {fault}")
    return content


def stack_view(workspace: Workspace, user: str, content: Payload, method: str) -> View:
    """Put a modal on top of the open ones: three at most."""
    stack = workspace.modals.setdefault(user, [])
    if len(stack) >= 3:
        workspace.violate(f"{method}: a fourth modal on top of three")
        raise SlackFault("push_limit_reached")
    view = View(fresh_id("V"), user, content)
    if stack:
        view.root, view.previous = stack[0].id, stack[-1].id
    stack.append(view)
    return view


def replace_view(view: View, content: Payload) -> None:
    """Show something else in the same modal."""
    view.content = content
    view.hash = View("", "", {}).hash


def _use_trigger(workspace: Workspace, arguments: Arguments, method: str) -> str:
    trigger = arguments.needed("trigger_id")
    if trigger not in workspace.triggers:
        workspace.violate(f"{method}: unknown trigger_id")
        raise SlackFault("invalid_trigger_id")
    until, user = workspace.triggers[trigger]
    if until == 0:
        workspace.violate(f"{method}: trigger_id used twice")
        raise SlackFault("exchanged_trigger_id")
    if time.monotonic() > until:
        workspace.violate(f"{method}: trigger_id older than {workspace.timing.trigger:g} s")
        raise SlackFault("expired_trigger_id")
    workspace.triggers[trigger] = (0, user)
    return user
