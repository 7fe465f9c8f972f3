"""What a run came to, pushed to where alerts look: a job is gone before anybody could scrape it."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Gauge, pushadd_to_gateway

from .config import SERVICE_NAME, Config

log = logging.getLogger("job")


@dataclass(frozen=True)
class Outcome:
    succeeded: bool
    # Unix time at which the run ended, in seconds.
    ended: float
    seconds: float
    records: int = 0


def metrics(config: Config, outcome: Outcome) -> CollectorRegistry:
    """Everything about the run. After a failure nothing is said of the last success, so that the one before stands."""
    registry = CollectorRegistry()

    def gauge(name: str, text: str, value: float) -> None:
        Gauge(name, text, ("service",), registry=registry).labels(SERVICE_NAME).set(value)

    gauge("job_last_run_timestamp_seconds", "When the last run ended.", outcome.ended)
    gauge("job_last_run_success", "1 when the last run succeeded, else 0.", float(outcome.succeeded))
    gauge("job_last_run_duration_seconds", "How long the last run took, in seconds.", outcome.seconds)
    gauge("job_deadline_seconds", "How long a run may take, in seconds.", config.deadline)
    if outcome.succeeded:
        gauge("job_last_success_timestamp_seconds", "When the last run ended that succeeded.", outcome.ended)
        gauge("job_last_success_records", "Records the last successful run read.", outcome.records)
    info = Gauge("build_info", "Always 1; the label says which artifact ran.", ("service", "version"), registry=registry)
    info.labels(SERVICE_NAME, config.version).set(1)
    return registry


def push(config: Config, outcome: Outcome) -> None:
    """Best effort: a job whose work is done has not failed because nobody heard of it; the missed-run alert will say that."""
    if not config.pushgateway:
        return
    try:
        # A group for each environment: a run in staging must neither overwrite nor hide one that production missed.
        group = {"environment": config.environment}
        pushadd_to_gateway(config.pushgateway, SERVICE_NAME, metrics(config, outcome), grouping_key=group, timeout=10)
    except OSError as error:
        log.warning("outcome not pushed", extra={"fields": {"reason": str(error)}})
