"""The figures of this process for Prometheus; counts and durations only, never a text."""

from __future__ import annotations

import time

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)

from assistant import Answer, Assistant

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class Metrics:
    """Counts what happens; an object of its own a service, so that two in one process do not mix."""

    def __init__(self) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]  # the library has no types for it; a series nobody reads
        self.registry = CollectorRegistry()
        self.in_flight = Gauge("beleidswijzer_http_in_flight", "Requests being handled.", registry=self.registry)
        self._requests = Counter(
            "beleidswijzer_http_requests", "Requests handled.", ("method", "route", "status"), registry=self.registry
        )
        self._durations = Histogram(
            "beleidswijzer_http_request_seconds",
            "Time from the request to the end of the response.",
            ("method", "route"),
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._answers = Counter("beleidswijzer_answers", "Answers given.", ("completeness",), registry=self.registry)
        self._blocked = Counter(
            "beleidswijzer_blocked", "Questions blocked because of client data.", registry=self.registry
        )
        self._index = Gauge(
            "beleidswijzer_index", "The index that serves; the value is always 1.", ("index",), registry=self.registry
        )
        self._index_age = Gauge(
            "beleidswijzer_index_age_seconds", "Age of the index that serves.", registry=self.registry
        )
        self._documents = Gauge(
            "beleidswijzer_index_documents", "Documents in the index that serves.", registry=self.registry
        )

    def request(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one request that is over; status 0 for a client that left before there was one."""
        self._requests.labels(method, route, str(status)).inc()
        self._durations.labels(method, route).observe(seconds)

    def answered(self, answer: Answer) -> None:
        """Count one answer, by completeness; or as blocked, without saying what was in it."""
        if answer.blocked:
            self._blocked.inc()
        else:
            self._answers.labels(answer.completeness).inc()

    def exposition(self, assistant: Assistant) -> bytes:
        """All figures in the text format of Prometheus, with those of the index that serves at this moment."""
        index = assistant.index_version()
        self._index.clear()
        self._index.labels(index.id).set(1)
        self._index_age.set(time.time() - index.created.timestamp())
        self._documents.set(index.documents)
        return generate_latest(self.registry)
