"""`python -m service`: reads the environment, then serves until told to stop. Exit code 78 when the environment is wrong."""

from __future__ import annotations

import json
import os
import sys

from .config import Config, ConfigError, load_config
from .logs import configure_logging
from .telemetry import can_export

EX_CONFIG = 78


def read_config() -> Config:
    config = load_config(os.environ)
    if config.otlp_endpoint and not can_export():
        raise ConfigError(["OTEL_EXPORTER_OTLP_ENDPOINT needs the extra `tracing`, which is not installed"])
    return config


def main() -> None:
    try:
        config = read_config()
    except ConfigError as error:
        line = {"level": "critical", "msg": "invalid configuration", "problems": error.problems}
        print(json.dumps(line), file=sys.stderr)
        raise SystemExit(EX_CONFIG) from None
    configure_logging(config)
    # Only now: a wrong environment is refused at once, without loading the server first.
    from .server import Server

    Server(config).run()


if __name__ == "__main__":
    main()
