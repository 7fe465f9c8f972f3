from __future__ import annotations

import io
import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from worker import loop
from worker.broker import Broker, BrokerError
from worker.config import Config, load_config
from worker.logs import configure_logging


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers of tests are told to stop often; they need not wait for events first."""
    monkeypatch.setattr(loop, "PATIENCE", 0.05)


@pytest.fixture
def config() -> Config:
    return load_config(
        {
            "SERVICE_VERSION": "1.2.3-abc",
            "DEPLOYMENT_ENVIRONMENT": "test",
            "CONSUMER_NAME": "me",
            "RETRY_BACKOFF_MILLISECONDS": "5",
            "CLAIM_AFTER_SECONDS": "1",
            "MAX_ATTEMPTS": "3",
        }
    )


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A broker of our own."""
    program = shutil.which("redis-server")
    if program is None:
        if os.environ.get("CI"):
            pytest.fail("redis-server is not installed")
        pytest.skip("redis-server is not installed")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    folder = tmp_path_factory.mktemp("redis")
    command = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder), "--loglevel", "warning"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        for _ in range(100):
            with socket.socket() as attempt:
                if attempt.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        process.terminate()
        process.wait(timeout=10)


@pytest.fixture
def live(config: Config, redis_url: str, tmp_path: Path) -> Config:
    """The configuration with a broker and a stream nobody else uses."""
    return replace(config, redis_url=redis_url, stream=f"stream-{tmp_path.name}", group="group")


@pytest.fixture
def broker(live: Config) -> Iterator[Broker]:
    broker = Broker(live)
    broker.ensure_group()
    yield broker
    try:
        broker.close()
    except BrokerError:
        """It was away on purpose."""


class Lines:
    """What the worker logged."""

    def __init__(self) -> None:
        self.stream = io.StringIO()

    def all(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.stream.getvalue().splitlines()]

    def saying(self, msg: str) -> list[dict[str, Any]]:
        return [line for line in self.all() if line["msg"] == msg]


@pytest.fixture
def lines(config: Config) -> Lines:
    lines = Lines()
    configure_logging(config, lines.stream)
    return lines
