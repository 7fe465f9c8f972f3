"""Fault experiment: workers are killed in the middle, connections are cut, the broker restarts, another worker is told to stop.

Hypothesis: no event is lost and none has its effect twice. Runbook: docs/runbooks/fault-interruption.md.
"""

from __future__ import annotations

import json
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from worker.broker import Broker, BrokerError
from worker.config import load_config
from worker.event import Event, serialise

EVENTS = 600
CUSTOMERS = 5
PATIENCE = 60


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def start_redis(port: int, folder: str) -> subprocess.Popen[bytes]:
    options = ["--port", str(port), "--bind", "127.0.0.1", "--dir", folder, "--save", "", "--appendonly", "yes", "--appendfsync", "always"]
    process = subprocess.Popen(["redis-server", *options, "--loglevel", "warning"], stdout=subprocess.DEVNULL)  # noqa: S607
    for _ in range(200):
        with socket.socket() as attempt:
            if attempt.connect_ex(("127.0.0.1", port)) == 0:
                return process
        time.sleep(0.05)
    raise SystemExit("redis-server did not start")


def publish(broker: Broker, event: bytes) -> None:
    """As a producer does: until it is accepted. One that was not sure has published it twice."""
    for _ in range(200):
        try:
            broker.publish(event)
            return
        except BrokerError:
            time.sleep(0.05)
    raise SystemExit("nothing can be published")


def main() -> int:
    port = free_port()
    env = {
        **os.environ,
        "PYTHONPATH": str(Path(__file__).parents[1] / "src"),
        "HOST": "127.0.0.1",
        "REDIS_URL": f"redis://127.0.0.1:{port}/0",
        "STREAM": "fault",
        "CLAIM_AFTER_SECONDS": "2",
        "CONCURRENCY": "16",
        "LOG_LEVEL": "critical",
    }

    def start_worker() -> subprocess.Popen[bytes]:
        return subprocess.Popen([sys.executable, "-m", "worker"], env={**env, "PORT": str(free_port())})

    with tempfile.TemporaryDirectory() as folder:
        redis = start_redis(port, folder)
        broker = Broker(load_config(env))
        broker.ensure_group()
        expected: Counter[str] = Counter()
        published = []
        for number in range(EVENTS):
            customer, amount = f"customer-{number % CUSTOMERS}", number + 1
            event = serialise(Event(str(number), "/fault", "order.placed.v1", {"customer": customer, "amount": amount}))
            expected[customer] += amount
            # Every third comes twice, as producers that were not sure send it.
            published += [event] * (2 if number % 3 == 0 else 1)
        random.Random(1).shuffle(published)  # noqa: S311 - the same order every time

        workers = [start_worker(), start_worker()]
        codes: list[int] = []
        try:
            kills = {len(published) * part // 8 for part in (1, 2, 3)}
            for number, event in enumerate(published):
                publish(broker, event)
                if number in kills:
                    workers[0].kill()
                    workers[0].wait()
                    workers[0] = start_worker()
                if number in (len(published) // 3, len(published) // 2):
                    broker._redis.execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
                if number == 2 * len(published) // 3:
                    redis.terminate()
                    redis.wait()
                    redis = start_redis(port, folder)
                if number == 4 * len(published) // 5:
                    workers[1].send_signal(signal.SIGTERM)
                    codes.append(workers[1].wait(timeout=30))
                # Faster than they are processed before a kill, so that it strikes in the middle.
                if not any(kill - 60 <= number <= kill for kill in kills):
                    time.sleep(0.003)
            deadline = time.monotonic() + PATIENCE
            backlog = broker.backlog()
            while backlog.waiting > 0 and time.monotonic() < deadline:
                time.sleep(0.1)
                try:
                    backlog = broker.backlog()
                except BrokerError:
                    continue
            totals = {key.decode(): int(value) for key, value in broker._redis.hgetall("fault.totals").items()}
            workers[0].send_signal(signal.SIGTERM)
            codes.append(workers[0].wait(timeout=30))
        finally:
            for worker in workers:
                worker.kill()
            redis.terminate()
            redis.wait()
    wrong = {customer: totals.get(customer, 0) - amount for customer, amount in expected.items() if totals.get(customer, 0) != amount}
    said = {
        "published": len(published),
        "events": EVENTS,
        "waiting": backlog.waiting,
        "dead": backlog.dead,
        "wrong": wrong,
        "exitCodes": codes,
    }
    print(json.dumps(said))
    if wrong or backlog.waiting or backlog.dead or any(codes):
        print("The hypothesis does not hold.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
