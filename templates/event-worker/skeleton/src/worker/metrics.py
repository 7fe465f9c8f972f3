"""What the worker counts, and what waits in the broker, looked up when somebody asks."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from .broker import Backlog, BrokerError
from .config import SERVICE_NAME

OUTCOMES = ("processed", "duplicate", "skipped", "dead")
"""How an event ends."""

SECURITY_EVENTS = ("malformed_event",)
"""What an attacker's probing looks like from inside; each is logged and counted."""

log = logging.getLogger("worker")


class Metrics:
    """Thread-safe. Types of events are those we handle, and `other`: a label must not grow with what others send."""

    def __init__(
        self, version: str, environment: str, types: frozenset[str], backlog: Callable[[], Backlog], busy: Callable[[], float]
    ) -> None:
        self._environment = environment
        self._registry = CollectorRegistry()
        self._types = types
        self._events = Counter(
            "worker_events_total",
            "Events that came to an end, by type and how: processed, duplicate, skipped or dead.",
            ("service", "type", "outcome"),
            registry=self._registry,
        )
        self._failures = Counter(
            "worker_attempts_failed_total", "Attempts that failed, by type.", ("service", "type"), registry=self._registry
        )
        self._redelivered = Counter(
            "worker_redelivered_total",
            "Events that were begun again, after a failure or after whoever held them was gone.",
            ("service",),
            registry=self._registry,
        )
        self._seconds = Histogram(
            "worker_processing_seconds",
            "Time to handle an event, in seconds.",
            ("service", "type"),
            buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
            registry=self._registry,
        )
        self._delay = Histogram(
            "worker_delay_seconds",
            "Time from the publishing of an event to its end, in seconds, by how it ended.",
            ("service", "outcome"),
            # The objectives (10, 60 and 300 s) are bucket bounds, so that they are counted exactly.
            buckets=(0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 900, 3600),
            registry=self._registry,
        )
        self._security_events = Counter(
            "security_events_total", "Events refused for a security-relevant reason.", ("service", "event"), registry=self._registry
        )
        # What nobody counted yet is declared all the same: the first of them is an increase, too.
        for type_ in (*types, "other"):
            self._failures.labels(SERVICE_NAME, type_)
            for outcome in OUTCOMES:
                self._events.labels(SERVICE_NAME, type_, outcome)
        for outcome in OUTCOMES:
            self._delay.labels(SERVICE_NAME, outcome)
        self._redelivered.labels(SERVICE_NAME)
        for event in SECURITY_EVENTS:
            self._security_events.labels(SERVICE_NAME, event)
        info = Gauge("build_info", "Always 1; the label says which artifact runs.", ("service", "version"), registry=self._registry)
        info.labels(SERVICE_NAME, version).set(1)
        ProcessCollector(registry=self._registry)
        self._registry.register(BacklogCollector(backlog, busy))

    def type_of(self, name: str) -> str:
        return name if name in self._types else "other"

    def ended(self, type_: str, outcome: str, delay: float) -> None:
        """An event came to an end, `delay` seconds after it was published."""
        self._events.labels(SERVICE_NAME, self.type_of(type_), outcome).inc()
        self._delay.labels(SERVICE_NAME, outcome).observe(max(0.0, delay))

    def handled(self, type_: str, seconds: float, failed: bool) -> None:
        """An attempt took so many seconds."""
        self._seconds.labels(SERVICE_NAME, self.type_of(type_)).observe(seconds)
        if failed:
            self._failures.labels(SERVICE_NAME, self.type_of(type_)).inc()

    def redelivered(self) -> None:
        self._redelivered.labels(SERVICE_NAME).inc()

    def count_security_event(self, event: str) -> None:
        self._security_events.labels(SERVICE_NAME, event).inc()

    def scrape(self) -> bytes:
        """Everything in Prometheus' text format."""
        registry = CollectorRegistry()
        registry.register(InEnvironment(self._environment, self._registry))
        return generate_latest(registry)


class InEnvironment(Collector):
    """Says with every sample where it was taken: one Prometheus may watch staging and production, and rules tell them apart."""

    def __init__(self, environment: str, registry: CollectorRegistry) -> None:
        self._environment = environment
        self._registry = registry

    def collect(self) -> Iterator[Metric]:
        for metric in self._registry.collect():
            metric.samples = [sample._replace(labels={**sample.labels, "environment": self._environment}) for sample in metric.samples]
            yield metric


class BacklogCollector(Collector):
    """Asked for at the time of the scrape: numbers a loop keeps up to date are old exactly when the loop is stuck."""

    def __init__(self, backlog: Callable[[], Backlog], busy: Callable[[], float]) -> None:
        self._backlog = backlog
        self._busy = busy

    def collect(self) -> Iterator[Metric]:
        found: Backlog | None = None
        try:
            found = self._backlog()
        except (BrokerError, OSError, ValueError) as error:
            log.warning("backlog not known", extra={"fields": {"reason": str(error)}})
        yield _gauge("worker_broker_connected", "1 when the broker answers, else 0.", float(found is not None))
        yield _gauge("worker_busy_seconds", "How long the longest of the running handlers has been at its event, in seconds.", self._busy())
        if found is None:
            return
        yield _gauge("worker_lag_seconds", "Age of the oldest event that is not processed, in seconds.", found.age)
        yield _gauge("worker_lag_events", "Events that are not processed, those somebody holds included.", found.waiting)
        yield _gauge("worker_held_events", "Events that were given to a consumer and are not done.", found.held)
        yield _gauge("worker_dead_letters", "Dead letters that wait for somebody to look at them.", found.dead)
        yield _gauge("worker_canary_timestamp_seconds", "When a canary was last processed; 0 when none ever was.", found.canary)


def _gauge(name: str, text: str, value: float) -> GaugeMetricFamily:
    gauge = GaugeMetricFamily(name, text, labels=("service",))
    gauge.add_metric((SERVICE_NAME,), value)
    return gauge
