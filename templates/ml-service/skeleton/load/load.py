"""Load test tied to the service level: `BASE_URL=http://… python load/load.py`.

Fails when the objectives of ci/service.env are not met at RATE requests a second for DURATION_SECONDS. Open model: requests start on time
whether or not earlier ones were answered, as users do. Any answer but a prediction is a failure.
"""

from __future__ import annotations

import csv
import json
import math
import os
import sys
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path


def number(name: str, fallback: str = "") -> float:
    value = float(os.environ.get(name, fallback) or "nan")
    if not value > 0 or math.isinf(value):
        raise SystemExit(f"{name} must be a positive number")
    return value


BASE_URL = os.environ["BASE_URL"]
DATA = Path(__file__).parents[1] / "data"


def inputs() -> list[bytes]:
    """What the model is asked: the rows it is judged by, so that a load test does not look like drift."""
    features = [feature["name"] for feature in json.loads((DATA / "manifest.json").read_text(encoding="utf-8"))["schema"]["features"]]
    with (DATA / "test.csv").open(encoding="utf-8", newline="") as rows:
        return [json.dumps({name: float(row[name]) for name in features}).encode() for row in csv.DictReader(rows)]


INPUTS = inputs()


def request(index: int) -> float:
    """Seconds until answered; infinite when it failed."""
    started = time.perf_counter()
    asked = urllib.request.Request(
        f"{BASE_URL}/v1/predictions", data=INPUTS[index % len(INPUTS)], headers={"Content-Type": "application/json"}
    )
    try:
        with urllib.request.urlopen(asked, timeout=10) as response:
            response.read()
    except OSError:
        return math.inf
    return time.perf_counter() - started


def main() -> int:
    rate = number("RATE", "50")
    total = round(rate * number("DURATION_SECONDS", "30"))
    objective = number("SLO_AVAILABILITY_PERCENT") / 100
    latency_objective = number("SLO_LATENCY_PERCENT") / 100
    latency = number("SLO_LATENCY_SECONDS")

    with ThreadPoolExecutor(max_workers=64) as pool:
        begun = time.perf_counter()
        answers = []
        for index in range(total):
            time.sleep(max(0.0, begun + index / rate - time.perf_counter()))
            answers.append(pool.submit(request, index))
    durations = sorted(answer.result() for answer in answers)

    failed = sum(math.isinf(seconds) for seconds in durations)
    available = (total - failed) / total
    fast = sum(seconds <= latency for seconds in durations) / total
    print(
        json.dumps(
            {
                "requests": total,
                "failed": failed,
                "p50Seconds": round(durations[total // 2], 4),
                "p99Seconds": round(durations[min(total - 1, int(total * 0.99))], 4),
                "available": available,
                "fasterThanObjective": fast,
                "objectives": {
                    "available": objective,
                    "fasterThanObjective": latency_objective,
                    "latencySeconds": latency,
                },
            }
        )
    )
    if available < objective or fast < latency_objective:
        print("The service level was not met under this load.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
