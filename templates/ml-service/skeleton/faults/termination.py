"""Fault experiment: a replica is told to stop in the middle of traffic.

Hypothesis: no request fails and the process leaves with 0 within its grace period. Runbook: docs/runbooks/fault-termination.md.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

GRACE_SECONDS = 10


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def get(url: str) -> str | None:
    """What went wrong, if anything."""
    try:
        with urllib.request.urlopen(url, timeout=5) as response:
            response.read()
    except urllib.error.HTTPError as error:
        return f"status {error.code}" if error.code >= 500 else None
    except OSError as error:
        return str(error)
    return None


def main() -> int:
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    env = {
        **os.environ,
        "PYTHONPATH": str(Path(__file__).parents[1] / "src"),
        "HOST": "127.0.0.1",
        "PORT": str(port),
        "LOG_LEVEL": "warning",
        "SHUTDOWN_DELAY_SECONDS": "2",
        "SHUTDOWN_GRACE_SECONDS": str(GRACE_SECONDS),
    }
    service = subprocess.Popen([sys.executable, "-m", "service"], env=env)
    try:
        for _ in range(150):
            if get(f"{base}/readyz") is None:
                break
            time.sleep(0.1)
        else:
            print("the service did not become ready", file=sys.stderr)
            return 1

        # A load balancer in small: sends while the replica is ready, looks every 200 ms, stops within the drain delay.
        ready = threading.Event()
        ready.set()

        def watch() -> None:
            while get(f"{base}/readyz") is None:
                time.sleep(0.2)
            ready.clear()

        threading.Thread(target=watch, daemon=True).start()
        requests: list[Future[str | None]] = []
        with ThreadPoolExecutor(max_workers=32) as pool:
            begun = time.monotonic()
            stopped_at: float | None = None
            while ready.is_set():
                requests.append(pool.submit(get, f"{base}/v1/predictions/example"))
                if stopped_at is None and time.monotonic() - begun > 1:
                    stopped_at = time.monotonic()
                    service.send_signal(signal.SIGTERM)
                time.sleep(0.01)
        failures = [failure for request in requests if (failure := request.result())]
        code = service.wait(timeout=GRACE_SECONDS + 5)
        seconds = time.monotonic() - (stopped_at or begun)
        print(
            json.dumps(
                {
                    "sent": len(requests),
                    "failed": len(failures),
                    "exitCode": code,
                    "stoppedAfterSeconds": round(seconds, 2),
                }
            )
        )
        if failures or code != 0 or seconds > GRACE_SECONDS:
            print("The hypothesis does not hold.", *sorted(set(failures)), sep="\n", file=sys.stderr)
            return 1
        return 0
    finally:
        service.kill()


if __name__ == "__main__":
    sys.exit(main())
