"""Brings payloads to the app over Socket Mode or HTTP, waits for acknowledgements, sends again as Slack does."""

from __future__ import annotations

import http.client
import threading
import time
from collections.abc import Callable

from slack.agenda import Agenda
from slack.delivery import Attempt, Delivery, DeliveryKind
from slack.http_delivery import post
from slack.payloads import Payload
from slack.socket_mode import SocketMode
from slack.workspace import Workspace


class Courier:
    """Sends payloads and keeps account of them in `deliveries`."""

    def __init__(self, workspace: Workspace, answered: Callable[[Delivery], None]) -> None:
        self._workspace = workspace
        self._answered = answered
        self._agenda = Agenda()
        self._sent: dict[str, tuple[Delivery, Attempt]] = {}  # by the id of the envelope
        self.deliveries: list[Delivery] = []
        self.socket_mode = SocketMode(workspace, self._acknowledged, self._broken)
        self.http_address: tuple[str, str] | None = None  # where to post, and the secret to sign with

    def close(self) -> None:
        """Stop sending."""
        self._agenda.close()
        self.socket_mode.close()

    def deliver(self, kind: DeliveryKind, payload: Payload) -> Delivery:
        """Send a payload to the app, soon."""
        delivery = Delivery(kind, payload)
        with self._workspace.lock:
            self.deliveries.append(delivery)
        self._agenda.after(0, lambda: self._attempt(delivery, 0, ""))
        return delivery

    def redeliver(self, delivery: Delivery, number: int, reason: str) -> None:
        """Send a payload once more, also when it was acknowledged: Slack may not have seen that."""
        self._agenda.after(0, lambda: self._attempt(delivery, number, reason))

    def _attempt(self, delivery: Delivery, number: int, reason: str) -> None:
        attempt = delivery.begin(number, reason)
        self._sent[attempt.envelope] = (delivery, attempt)
        if self.http_address:
            threading.Thread(
                target=self._post, args=(delivery, attempt, *self.http_address), name="fake-slack-post", daemon=True
            ).start()
        elif self.socket_mode.send(delivery, attempt):
            self._agenda.after(self._workspace.timing.ack, lambda: self._deadline(delivery, attempt))
        else:
            self._failed(delivery, attempt, "connection_failed")

    def _deadline(self, delivery: Delivery, attempt: Attempt) -> None:
        if attempt.acknowledged is None and not attempt.over:
            self._workspace.violate(f"{delivery.name}: not acknowledged within {self._workspace.timing.ack:g} s")
            self._failed(delivery, attempt, "http_timeout")

    def _failed(self, delivery: Delivery, attempt: Attempt, reason: str, *, retry: bool = True) -> None:
        attempt.over = True
        waits = self._workspace.timing.retries
        # Slack doesn't repeat a command or a click: the person sees that it failed.
        if retry and delivery.kind == "events_api" and attempt.number < len(waits):
            number = attempt.number + 1
            self._agenda.after(waits[attempt.number], lambda: self._attempt(delivery, number, reason))

    def _broken(self, sent: list[tuple[Delivery, Attempt]]) -> None:
        """A connection is gone: what was not yet acknowledged may still be, over another; if not, it is sent again."""
        for delivery, attempt in sent:
            if attempt.acknowledged is None and not attempt.over:
                self._agenda.after(0.5, lambda d=delivery, a=attempt: self._after_break(d, a))  # type: ignore[misc]

    def _after_break(self, delivery: Delivery, attempt: Attempt) -> None:
        if attempt.acknowledged is None and not attempt.over:
            self._failed(delivery, attempt, "connection_failed")

    def _acknowledged(self, envelope: str, response: Payload | None) -> None:
        if envelope not in self._sent:
            self._workspace.violate(f"Socket Mode: acknowledged an unknown envelope {envelope!r}")
            return
        delivery, attempt = self._sent[envelope]
        late = time.monotonic() - attempt.sent
        with self._workspace.lock:
            if attempt.acknowledged is not None:
                self._workspace.violate(f"{delivery.name}: acknowledged twice")
            elif late > self._workspace.timing.ack:
                self._workspace.violate(f"{delivery.name}: acknowledged only after {late:.1f} s")
                attempt.acknowledged = time.monotonic()
            else:
                delivery.accept(attempt, response)
                self._answered(delivery)

    def _post(self, delivery: Delivery, attempt: Attempt, url: str, secret: str) -> None:
        limit = self._workspace.timing.ack
        retry = (attempt.number, attempt.reason) if attempt.number else None
        try:
            answer = post(url, delivery.kind, delivery.payload, secret, retry=retry, timeout_seconds=limit)
        except TimeoutError:
            self._workspace.violate(f"{delivery.name}: not acknowledged within {limit:g} s")
            self._failed(delivery, attempt, "http_timeout")
            return
        except (OSError, http.client.HTTPException):
            self._failed(delivery, attempt, "connection_failed")
            return
        if answer.status != 200:
            self._workspace.violate(f"{delivery.name}: answered with HTTP status {answer.status}")
            again = answer.headers.get("x-slack-no-retry") != "1"
            self._failed(delivery, attempt, "http_error", retry=again)
            return
        with self._workspace.lock:
            delivery.accept(attempt, answer.payload)
            self._answered(delivery)
