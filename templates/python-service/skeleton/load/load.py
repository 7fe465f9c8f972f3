"""Load test tied to the service level: `BASE_URL=http://… python load/load.py`.

Fails when the objectives of ci/service.env are not met at RATE requests a second for DURATION_SECONDS. Open model: requests start on time
whether or not earlier ones were answered, as users do.
"""

from __future__ import annotations

import json
import math
import os
import sys
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor


def number(name: str, fallback: str = "") -> float:
    value = float(os.environ.get(name, fallback) or "nan")
    if not value > 0 or math.isinf(value):
        raise SystemExit(f"{name} must be a positive number")
    return value


BASE_URL = os.environ["BASE_URL"]
PATH = os.environ.get("LOAD_PATH", "/v1/greetings/load")


def request(_index: int) -> float:
    """Seconds until answered; infinite when it failed."""
    started = time.perf_counter()
    try:
        with urllib.request.urlopen(BASE_URL + PATH, timeout=10) as response:
            response.read()
    except urllib.error.HTTPError as error:
        if error.code >= 500:
            return math.inf
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
