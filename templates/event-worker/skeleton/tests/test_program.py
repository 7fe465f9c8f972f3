"""The program as it runs: a process of its own, asked on its port."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from worker.broker import Broker
from worker.config import Config

SOURCES = Path(__file__).parents[1] / "src"


@pytest.fixture
def env(live: Config) -> dict[str, str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(SOURCES),
        "HOST": "127.0.0.1",
        "PORT": str(port),
        "REDIS_URL": live.redis_url,
        "STREAM": live.stream,
        "CONSUMER_GROUP": live.group,
        "SERVICE_VERSION": "1.2.3-abc",
    }


@pytest.fixture
def program(env: dict[str, str]) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    process = subprocess.Popen([sys.executable, "-m", "worker"], env=env)
    base = f"http://127.0.0.1:{env['PORT']}"
    try:
        for _ in range(100):
            if status(f"{base}/readyz") == 200:
                break
            time.sleep(0.1)
        yield process, base
    finally:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()


def get(url: str) -> str:
    with urllib.request.urlopen(url, timeout=5) as response:  # noqa: S310
        return str(response.read().decode())


def status(url: str) -> int:
    try:
        get(url)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0
    return 200


def run(env: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "worker", *arguments], env=env, capture_output=True, text=True, timeout=30, check=False)


def test_it_says_how_it_is_and_ends_with_0(program: tuple[subprocess.Popen[bytes], str], env: dict[str, str]) -> None:
    process, base = program
    assert json.loads(get(f"{base}/healthz")) == {"status": "ok", "version": "1.2.3-abc"}
    assert status(f"{base}/readyz") == 200
    assert status(f"{base}/nowhere") == 404
    assert run(env, "canary", "--patience", "10").returncode == 0
    scrape = get(f"{base}/metrics")
    for name in ("worker_lag_seconds", "worker_lag_events", "worker_dead_letters", "worker_canary_timestamp_seconds", "build_info"):
        assert f"\n{name}{{" in scrape
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=10) == 0


def test_dead_letters_are_shown_and_replayed(env: dict[str, str], broker: Broker) -> None:
    for _ in range(2):
        broker.publish(b"{")
    for message in broker.read(2, 0.1):
        broker.bury(message, "malformed", "not JSON")
    shown = [json.loads(line) for line in run(env, "dead").stdout.splitlines()]
    assert [letter["original"] for letter in shown] == [{"event": "{"}] * 2
    assert run(env, "replay").returncode == 2
    assert run(env, "replay", "1-1").returncode == 1
    assert run(env, "replay", shown[0]["id"]).returncode == 0
    assert broker.backlog().dead == 1
    assert run(env, "replay", "--all").returncode == 0
    assert broker.backlog().dead == 0


def test_a_wrong_environment_is_refused_by_name(env: dict[str, str]) -> None:
    refused = run({**env, "REDIS_URL": "nowhere"})
    assert refused.returncode == 78
    assert "REDIS_URL" in refused.stderr
