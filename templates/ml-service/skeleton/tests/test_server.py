"""The server as it runs: processes of its own, on a free port."""

from __future__ import annotations

import contextlib
import os
import re
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

SOURCES = Path(__file__).parents[1] / "src"


@pytest.fixture
def server() -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    env = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(SOURCES),
        "HOST": "127.0.0.1",
        "PORT": str(port),
        "LOG_LEVEL": "warning",
        "SHUTDOWN_DELAY_SECONDS": "1",
    }
    process = subprocess.Popen([sys.executable, "-m", "service"], env=env)
    base = f"http://127.0.0.1:{port}"
    try:
        for _ in range(100):
            try:
                get(f"{base}/readyz")
                break
            except OSError:
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


def workers(server: subprocess.Popen[bytes]) -> set[int]:
    return {int(pid) for pid in Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text().split()}


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="only Linux says which processes are the server's")
def test_counts_are_of_all_worker_processes_even_of_those_that_ended(server: tuple[subprocess.Popen[bytes], str]) -> None:
    process, base = server
    for _ in range(30):
        get(f"{base}/v1/predictions/example")
    # One worker may have answered everything, and be asked again: only others show that what is counted is not its own.
    before = workers(process)
    assert before
    deadline = time.monotonic() + 20
    while (before & workers(process) or len(workers(process)) < len(before)) and time.monotonic() < deadline:
        # Said again: a worker that has only just been started does not listen yet.
        for worker in before & workers(process):
            with contextlib.suppress(ProcessLookupError):
                os.kill(worker, signal.SIGTERM)
        time.sleep(0.1)
    assert not before & workers(process)
    counted = re.compile(r'^http_requests_total\{.*route="/v1/predictions/example".*\} (\d+)', re.MULTILINE)
    assert [counted.findall(get(f"{base}/metrics")) for _ in range(6)] == [["30"]] * 6


def test_told_to_stop_it_drains_and_ends_with_0(server: tuple[subprocess.Popen[bytes], str]) -> None:
    process, base = server
    process.send_signal(signal.SIGTERM)
    statuses = []
    for _ in range(10):
        time.sleep(0.05)
        try:
            get(f"{base}/readyz")
        except urllib.error.HTTPError as error:
            statuses.append(error.code)
            break
    assert statuses == [503]
    assert get(f"{base}/v1/predictions/example") != ""
    assert process.wait(timeout=10) == 0
