"""RED metrics of every request but the platform's own probes and scrapes, right however many processes answer.

Each worker process writes its counts to files in `PROMETHEUS_MULTIPROC_DIR` (set before this module is imported); whoever is scraped adds
them up.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from .config import SERVICE_NAME

SECURITY_EVENTS = ("malformed_request", "payload_too_large", "unauthorized")
"""What an attacker's probing looks like from inside; each is logged and counted."""

PLATFORM_ROUTES = frozenset({"/healthz", "/readyz", "/metrics"})
"""Routes of the platform; counting them would flatter the service level."""


class Metrics:
    def __init__(self, version: str, environment: str) -> None:
        self._environment = environment
        self._registry = CollectorRegistry()
        labels = ("service", "method", "route", "status")
        self._requests = Counter(
            "http_requests_total",
            "Requests answered, by method, route and status code.",
            labels,
            registry=self._registry,
        )
        self._duration = Histogram(
            "http_request_duration_seconds",
            "Time to answer a request, in seconds.",
            labels,
            # The latency objectives (0.3, 0.5 and 1 s) are bucket bounds, so that they are counted exactly.
            buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1, 2.5, 5, 10),
            registry=self._registry,
        )
        self._security_events = Counter(
            "security_events_total",
            "Requests refused for a security-relevant reason.",
            ("service", "event"),
            registry=self._registry,
        )
        for event in SECURITY_EVENTS:
            self._security_events.labels(SERVICE_NAME, event)
        self._flag_errors = Counter(
            "feature_flag_errors_total",
            "Flags that could not be evaluated, so that their defaults counted, by OpenFeature's error code.",
            ("service", "flag", "error_code"),
            registry=self._registry,
        )
        self._processes = ProcessCollector(version)

    def observe(self, method: str, route: str, status: int, seconds: float) -> None:
        """Counts a request. `route` is the route's pattern, never the path: paths are unbounded, one time series each."""
        if route not in PLATFORM_ROUTES:
            self._requests.labels(SERVICE_NAME, method, route, str(status)).inc()
            self._duration.labels(SERVICE_NAME, method, route, str(status)).observe(seconds)

    def count_security_event(self, event: str) -> None:
        self._security_events.labels(SERVICE_NAME, event).inc()

    def count_flag_error(self, flag: str, error_code: str) -> None:
        """`flag` is one of `FLAGS`, `error_code` one of OpenFeature's."""
        self._flag_errors.labels(SERVICE_NAME, flag, error_code).inc()

    def scrape(self) -> bytes:
        """Everything in Prometheus' text format, of all worker processes together."""
        registry = CollectorRegistry()
        registry.register(InEnvironment(self._environment, self._collectors()))
        return generate_latest(registry)

    def _collectors(self) -> list[Collector]:
        return [AllProcesses(self._registry), self._processes]


class InEnvironment(Collector):
    """Says with every sample where it was taken: one Prometheus may watch staging and production, and rules tell them apart."""

    def __init__(self, environment: str, collectors: list[Collector]) -> None:
        self._environment = environment
        self._collectors = collectors

    def collect(self) -> Iterator[Metric]:
        for metric in (metric for collector in self._collectors for metric in collector.collect()):
            metric.samples = [sample._replace(labels={**sample.labels, "environment": self._environment}) for sample in metric.samples]
            yield metric


class AllProcesses(Collector):
    """What all worker processes counted, in the words of this one; what nobody counted yet is declared all the same."""

    def __init__(self, declared: CollectorRegistry) -> None:
        self._declared = declared

    def collect(self) -> Iterator[Metric]:
        directory = os.environ.get("PROMETHEUS_MULTIPROC_DIR")
        declared = list(self._declared.collect())
        if not directory:
            yield from declared
            return
        counted = {metric.name: metric for metric in MultiProcessCollector(None, path=directory).collect()}
        for metric in declared:
            together = Metric(metric.name, metric.documentation, metric.type)
            if metric.name in counted:
                together.samples = counted[metric.name].samples
            yield together


class ProcessCollector(Collector):
    """Which artifact runs, and what the server and its workers use together; the usual collector sees the process it runs in alone."""

    def __init__(self, version: str, proc: Path = Path("/proc")) -> None:
        self._version = version
        self._proc = proc

    def collect(self) -> Iterator[Metric]:
        info = GaugeMetricFamily("build_info", "Always 1; the label says which artifact runs.", labels=("service", "version"))
        info.add_metric((SERVICE_NAME, self._version), 1)
        yield info
        cpu = memory = files = 0.0
        for pid in self._family():
            try:
                stat = (self._proc / pid / "stat").read_text().rpartition(")")[2].split()
                open_files = len(list((self._proc / pid / "fd").iterdir()))
            except (OSError, IndexError):
                continue  # It ended meanwhile, or this is no Linux.
            cpu += (int(stat[11]) + int(stat[12])) / os.sysconf("SC_CLK_TCK")
            memory += int(stat[21]) * os.sysconf("SC_PAGE_SIZE")
            files += open_files
        # Less than before after a worker was replaced, which Prometheus takes for a restart, as it is one.
        total = CounterMetricFamily("process_cpu_seconds", "Processor time of all processes, in seconds.", labels=("service",))
        total.add_metric((SERVICE_NAME,), cpu)
        yield total
        for name, text, value in (
            ("process_resident_memory_bytes", "Memory of all processes, in bytes; what they share counts each time.", memory),
            ("process_open_fds", "Open files and connections of all processes.", files),
        ):
            gauge = GaugeMetricFamily(name, text, labels=("service",))
            gauge.add_metric((SERVICE_NAME,), value)
            yield gauge

    def _family(self) -> list[str]:
        """The server and its workers, when this is a worker; else this process."""
        if not os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
            return [str(os.getpid())]
        parent = str(os.getppid())
        try:
            children = (self._proc / parent / "task" / parent / "children").read_text().split()
        except OSError:
            return [str(os.getpid())]
        return [parent, *children]
