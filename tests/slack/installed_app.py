"""The app as Slack knows it: its tokens, what it asked for, how it is told of events, and what its answers do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

import yaml

from slack import payloads
from slack.arguments import SlackFault
from slack.courier import Courier
from slack.delivery import Delivery, DeliveryKind
from slack.limits import Limits
from slack.payloads import BOT_USER, Payload
from slack.response_url import apply
from slack.scopes import EVENT_SCOPES
from slack.view_methods import checked_view, replace_view, stack_view
from slack.web_api import Access, WebApi
from slack.workspace import ReplyAddress, Timing, Workspace

MESSAGE_EVENTS: dict[str, str] = {"channel": "channels", "group": "groups", "im": "im", "mpim": "mpim"}


class InstalledApp:
    """The servers that an app talks to, and the way to it."""

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

    def __enter__(self) -> Self:
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
