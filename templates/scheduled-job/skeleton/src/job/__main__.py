"""`python -m job`: one run. Exit code 0 when it succeeded, 1 when it failed or was cut short, 78 when the environment is wrong."""

from __future__ import annotations

import json
import logging
import os
import sys
import time

from .config import Config, ConfigError, load_config
from .limits import limits
from .logs import configure_logging
from .outcome import Outcome, push
from .task import run
from .telemetry import can_export, create_tracer
from .tracing import set_current_context

EX_CONFIG = 78

log = logging.getLogger("job")


def read_config() -> Config:
    config = load_config(os.environ)
    if config.otlp_endpoint and not can_export():
        raise ConfigError(["OTEL_EXPORTER_OTLP_ENDPOINT needs the extra `tracing`, which is not installed"])
    return config


def run_once(config: Config) -> Outcome:
    """Runs the task within its limits, and says in the log and to the alerts what it came to."""
    tracer = create_tracer(config, "INTERNAL")
    span = tracer.start("run", {"traceparent": config.traceparent}, {"job.day": str(config.day)})
    set_current_context(span.context)
    begun = time.monotonic()
    failure: Exception | None = None
    records = 0
    log.info("started", extra={"fields": {"day": config.day, "deadline_seconds": config.deadline}})
    try:
        with limits(config.deadline):
            records = run(config.day, config.data)
    except Exception as error:
        # Whatever it is, the run failed, and the alerts have to hear of it.
        failure = error
    outcome = Outcome(failure is None, time.time(), time.monotonic() - begun, records)
    fields = {"day": config.day, "seconds": round(outcome.seconds, 3), "records": records}
    if failure:
        log.error("failed", exc_info=failure, extra={"fields": fields})
    else:
        log.info("succeeded", extra={"fields": fields})
    span.end({"job.records": records}, failure)
    push(config, outcome)
    tracer.shut_down()
    return outcome


def main() -> int:
    try:
        config = read_config()
    except ConfigError as error:
        line = {"level": "critical", "msg": "invalid configuration", "problems": error.problems}
        print(json.dumps(line), file=sys.stderr)
        return EX_CONFIG
    configure_logging(config)
    return 0 if run_once(config).succeeded else 1


if __name__ == "__main__":
    sys.exit(main())
