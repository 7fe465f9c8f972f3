from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from job import __main__ as program
from job.config import SERVICE_NAME, Config

from .conftest import Lines


@pytest.fixture
def gateway() -> Iterator[tuple[str, list[str]]]:
    """A Pushgateway in small: where and what was pushed, in the order it came."""
    pushed: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            pushed.append(self.path + "\n" + self.rfile.read(int(self.headers["Content-Length"])).decode())
            self.send_response(202)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", pushed
    server.shutdown()
    server.server_close()


def test_a_success_is_pushed_with_its_time(config: Config, lines: Lines, gateway: tuple[str, list[str]]) -> None:
    url, pushed = gateway
    assert program.run_once(replace(config, pushgateway=url)).succeeded
    # A run in staging pushes to another group than production's.
    assert pushed[0].startswith(f"/metrics/job/{SERVICE_NAME}/environment/test\n")
    assert "job_last_success_timestamp_seconds{" in pushed[0]
    assert 'version="1.2.3-abc"' in pushed[0]
    assert lines.all()[-1]["msg"] == "succeeded"


def test_a_failure_leaves_the_last_success_alone(
    config: Config, lines: Lines, gateway: tuple[str, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> int:
        raise RuntimeError("the store is away")

    monkeypatch.setattr(program, "run", fail)
    url, pushed = gateway
    assert not program.run_once(replace(config, pushgateway=url)).succeeded
    assert "job_last_run_success" in pushed[0]
    assert "job_last_success_timestamp_seconds" not in pushed[0]
    assert "the store is away" in lines.all()[-1]["error"]


def test_a_gateway_that_does_not_answer_fails_no_run(config: Config, lines: Lines) -> None:
    assert program.run_once(replace(config, pushgateway="http://127.0.0.1:9")).succeeded
    assert lines.all()[-1]["msg"] == "outcome not pushed"


def slow(*_: object) -> int:
    time.sleep(8)
    return 0


def told_to_stop(*_: object) -> int:
    os.kill(os.getpid(), signal.SIGTERM)
    return slow()


def test_a_run_ends_at_its_deadline(config: Config, lines: Lines, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(program, "run", slow)
    outcome = program.run_once(replace(config, deadline=1))
    assert not outcome.succeeded
    assert outcome.seconds < 5
    assert "not done after 1 seconds" in lines.all()[-1]["error"]


def test_a_run_ends_when_told_to(config: Config, lines: Lines, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(program, "run", told_to_stop)
    assert not program.run_once(config).succeeded
    assert "told to stop" in lines.all()[-1]["error"]


def test_every_line_carries_the_trace_that_asked(config: Config, lines: Lines) -> None:
    program.run_once(config)
    assert {line["trace_id"] for line in lines.all()} == {"0af7651916cd43dd8448eb211c80319c"}
