"""`python -m worker`: takes events until told to stop. Exit code 0 after a whole drain, 1 after one that was cut off, 78 when the
environment is wrong. Besides:

    python -m worker canary             publishes an event of our own and waits until it was processed (1: it was not)
    python -m worker dead               shows the dead letters, one JSON object a line
    python -m worker replay [id ...]    puts dead letters back into the stream: those named, or `--all`
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys

from .broker import Broker, BrokerError
from .canary import CANARY, send
from .canary import handle as handle_canary
from .config import Config, ConfigError, load_config
from .handlers import HANDLERS
from .health import JSON, TEXT, Answer, Health
from .logs import configure_logging
from .loop import Worker
from .metrics import Metrics
from .telemetry import can_export, create_tracer

EX_CONFIG = 78


def read_config() -> Config:
    config = load_config(os.environ)
    if config.otlp_endpoint and not can_export():
        raise ConfigError(["OTEL_EXPORTER_OTLP_ENDPOINT needs the extra `tracing`, which is not installed"])
    return config


def work(config: Config) -> int:
    handlers = {**HANDLERS, CANARY: handle_canary}
    tracer = create_tracer(config, "CONSUMER")
    # A scrape has to be answered while the broker does not.
    looking = Broker(config, timeout=1.5)
    metrics = Metrics(config.version, config.environment, frozenset(handlers), looking.backlog, lambda: worker.busy)
    worker = Worker(config, Broker(config), metrics, tracer, handlers)

    # Alive: restarting is no cure for a broker that is away, so it is not asked.
    def healthz() -> Answer:
        status = "ok" if worker.alive else "stuck"
        # Compact, so that a script finds the version without a parser.
        return (200 if worker.alive else 503), JSON, f'{{"status":"{status}","version":"{config.version}"}}\n'.encode()

    # Ready: it takes events. A release that is not ready does not replace the one before.
    def readyz() -> Answer:
        return (200, JSON, b'{"status":"ready"}\n') if worker.ready else (503, JSON, b'{"status":"not ready"}\n')

    routes = {"/healthz": healthz, "/readyz": readyz, "/metrics": lambda: (200, TEXT, metrics.scrape())}
    health = Health(config.host, config.port, routes)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _signal, _frame: worker.stop())
    whole = worker.run()
    tracer.shut_down()
    health.close()
    sys.stdout.flush()
    if not whole:
        # Whatever hangs would keep the process from ending.
        os._exit(1)
    return 0


def canary(config: Config, patience: float) -> int:
    seconds = send(Broker(config), patience)
    line = {"level": "info" if seconds is not None else "error", "msg": "canary", "processed": seconds is not None}
    print(json.dumps({**line, "seconds": round(patience if seconds is None else seconds, 3)}))
    return 0 if seconds is not None else 1


def dead(config: Config, limit: int) -> int:
    for letter in Broker(config).dead_letters(limit):
        original = {name.decode(errors="replace"): value.decode(errors="replace") for name, value in letter.original.items()}
        said = {"id": letter.id, "reason": letter.reason, "error": letter.error, "attempts": letter.attempts, "entry": letter.origin}
        print(json.dumps({**said, "original": original}))
    return 0


def replay(config: Config, ids: list[str], everything: bool) -> int:
    broker = Broker(config)
    # Looked up first: what becomes a dead letter again meanwhile is not replayed in a circle.
    letters = [letter for letter in broker.dead_letters(100_000) if everything or letter.id in ids]
    replayed = sum(broker.replay(letter) for letter in letters)
    print(json.dumps({"level": "info", "msg": "replayed", "events": replayed}))
    return 0 if everything or replayed == len(set(ids)) else 1


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="worker")
    commands = parser.add_subparsers(dest="command")
    commands.add_parser("work", help="take events until told to stop (the default)")
    check = commands.add_parser("canary", help="publish an event of our own and wait until it was processed")
    check.add_argument("--patience", type=float, default=30, metavar="SECONDS")
    letters = commands.add_parser("dead", help="show the dead letters, the oldest first")
    letters.add_argument("--limit", type=int, default=100)
    back = commands.add_parser("replay", help="put dead letters back into the stream")
    back.add_argument("ids", nargs="*", metavar="id")
    back.add_argument("--all", action="store_true")
    chosen = parser.parse_args(arguments)
    if chosen.command == "replay" and bool(chosen.ids) == chosen.all:
        parser.error("replay needs ids, or --all")
    try:
        config = read_config()
    except ConfigError as error:
        line = {"level": "critical", "msg": "invalid configuration", "problems": error.problems}
        print(json.dumps(line), file=sys.stderr)
        return EX_CONFIG
    configure_logging(config)
    try:
        match chosen.command:
            case "canary":
                return canary(config, chosen.patience)
            case "dead":
                return dead(config, chosen.limit)
            case "replay":
                return replay(config, chosen.ids, chosen.all)
            case _:
                return work(config)
    except BrokerError as error:
        print(json.dumps({"level": "critical", "msg": "broker lost", "reason": str(error)}), file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
