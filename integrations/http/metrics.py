"""The figures of this service for Prometheus; counts and durations only, never a text."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
    values,
)
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from prometheus_client.registry import Collector

from assistant import Answer, Assistant

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


def share_figures(folder: Path, process: int) -> None:
    """Keep the figures of this process in `folder`, so that each process can tell those of all together.

    Call it before the first `Metrics`. A process that takes another one's place goes on counting where that stopped.
    """
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)  # where the library looks for it
    values.ValueClass = values.MultiProcessValue(lambda: process)  # type: ignore[no-untyped-call]  # has no types


def forget_process(folder: Path, process: int) -> None:
    """The process is no more: nothing is in flight there. What it counted stays."""
    mark_process_dead(process, str(folder))  # type: ignore[no-untyped-call]  # has no types


class Metrics:
    """Counts what happens; an object of its own a service, so that two in one process do not mix."""

    def __init__(self, folder: Path | None = None) -> None:
        """`folder` is where several processes share their figures; without, they are of this process only."""
        self._folder = folder
        disable_created_metrics()  # type: ignore[no-untyped-call]  # the library has no types for it; a series nobody reads
        self.registry = CollectorRegistry()
        self.in_flight = Gauge(
            "beleidswijzer_http_in_flight",
            "Requests being handled.",
            registry=self.registry,
            multiprocess_mode="livesum",
        )
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
        registry = self.registry
        if self._folder is not None:
            registry = CollectorRegistry()
            MultiProcessCollector(registry, str(self._folder))  # type: ignore[no-untyped-call]  # has no types
        return generate_latest(registry) + _index_figures(assistant)


def _index_figures(assistant: Assistant) -> bytes:
    index = assistant.index_version()
    registry = CollectorRegistry()
    name, age, documents = (
        GaugeMetricFamily("beleidswijzer_index", "The index that serves; the value is always 1.", labels=("index",)),
        GaugeMetricFamily("beleidswijzer_index_age_seconds", "Age of the index that serves."),
        GaugeMetricFamily("beleidswijzer_index_documents", "Documents in the index that serves."),
    )
    name.add_metric([index.id], 1)
    age.add_metric([], time.time() - index.created.timestamp())
    documents.add_metric([], index.documents)
    registry.register(_Figures((name, age, documents)))
    return generate_latest(registry)


@dataclass(frozen=True, eq=False)
class _Figures(Collector):
    """Figures that are known when they are asked for."""

    figures: tuple[Metric, ...]

    def collect(self) -> Iterable[Metric]:
        """The figures."""
        return self.figures
