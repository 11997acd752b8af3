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
`limits.set/refuse`, `slow`, `expire_streams`, `redeliver`, `disconnect`, `drop_connections`, `access` (tokens, scopes),
`timing` (workspace.py: `slack.timing = Timing().faster(100)` shortens waits before retries and the life of streams).
End a test that stops the app itself with `slack.settle()`: what was never acknowledged shows only there.
HTTP mode: `slack.use_http(url)`; single posts with forged or old signatures: `slack.post(…)`.
`say` passes texts as Slack encodes them: a person who types "<" sends "&lt;".
"""

from __future__ import annotations

import html
import time
from collections.abc import Callable
from typing import Literal, TypeVar

from slack.delivery import Delivery, DeliveryKind
from slack.http_delivery import HttpAnswer, post
from slack.payloads import BOT_USER, Payload
from slack.people import People
from slack.web_api import Call
from slack.workspace import Message, View

T = TypeVar("T")


class FakeSlack(People):
    """A workspace with our app installed, that an app can reach and that a test can use as people do."""

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


def typed(text: str) -> str:
    """What Slack makes of characters that a person types."""
    return html.escape(text, quote=False)
