"""Load test tied to the service level: `REDIS_URL=redis://… BASE_URL=http://… python load/load.py`.

Publishes RATE events a second for DURATION_SECONDS, and fails when not all of them are processed, or fewer in time than the objectives of
ci/service.env ask for. Events are published on time whether or not earlier ones were processed, as producers do.
"""

from __future__ import annotations

import json
import math
import os
import re
import secrets
import sys
import time
import urllib.request

from worker.broker import Broker
from worker.config import load_config
from worker.event import Event, serialise


def number(name: str, fallback: str = "") -> float:
    value = float(os.environ.get(name, fallback) or "nan")
    if not value > 0 or math.isinf(value):
        raise SystemExit(f"{name} must be a positive number")
    return value


def delays() -> dict[float, float]:
    """How many events ended within so many seconds of their publishing, dead ones aside; of the process at BASE_URL."""
    with urllib.request.urlopen(os.environ["BASE_URL"] + "/metrics", timeout=10) as response:
        scrape = response.read().decode()
    counts: dict[float, float] = {}
    for labels, count in re.findall(r"^worker_delay_seconds_bucket\{(.*)\} (\S+)$", scrape, re.MULTILINE):
        bound = re.search(r'le="([^"]+)"', labels)
        if bound and 'outcome="dead"' not in labels:
            counts[float(bound.group(1))] = counts.get(float(bound.group(1)), 0) + float(count)
    return counts


def main() -> int:
    rate = number("RATE", "200")
    total = round(rate * number("DURATION_SECONDS", "30"))
    objective = number("SLO_LATENCY_PERCENT") / 100
    limit = number("SLO_LATENCY_SECONDS")
    broker = Broker(load_config(os.environ))
    customer = f"load-{secrets.token_hex(8)}"

    before = delays()
    begun = time.monotonic()
    for index in range(total):
        time.sleep(max(0.0, begun + index / rate - time.monotonic()))
        broker.publish(serialise(Event(f"{customer}-{index}", "/load", "order.placed.v1", {"customer": customer, "amount": 1})))
    published = time.monotonic()

    processed = 0
    while processed < total and time.monotonic() - published < limit + 5:
        time.sleep(0.05)
        processed = int(broker._redis.hget(f"{broker._stream}.totals", customer) or 0)
    behind = time.monotonic() - published
    after = delays()
    broker._redis.hdel(f"{broker._stream}.totals", customer)

    # Buckets are bounds of the worker; the objective is one of them, or the next smaller one is stricter.
    bound = max((le for le in after if le <= limit), default=min(after))
    in_time = min(1.0, (after[bound] - before.get(bound, 0.0)) / total)
    print(
        json.dumps(
            {
                "events": total,
                "processed": processed,
                "inTime": in_time,
                "lastAfterSeconds": round(behind, 2),
                "objectives": {"inTime": objective, "lagSeconds": limit},
            }
        )
    )
    if processed != total or in_time < objective:
        print("The service level was not met under this load.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
