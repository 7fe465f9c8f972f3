"""The flag client, against a flag service that is really listening."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from typing import Any

import pytest

from service import ofrep
from service.config import SERVICE_NAME, load_config
from service.flag_source import create_flags
from service.flags import FLAGS, EvaluationContext, Resolution
from service.ofrep import FRESH_SECONDS, KEPT_SECONDS, PAUSE_SECONDS, OfrepProvider, pause_of

FLAG = FLAGS[0]
ADA = EvaluationContext("ada", {"plan": "gold"})
TIMEOUT = 2.0


@dataclass
class FlagService:
    """What it answers, and what it was asked."""

    url: str = ""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    asked: list[tuple[str, dict[str, str], object]] = field(default_factory=list)
    # Answers wait for it.
    open: threading.Event = field(default_factory=threading.Event)
    # Seconds between the bytes that come before the answer.
    drops: float = 0

    def says(self, answer: object, status: int = 200, **headers: str) -> None:
        self.body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        self.status = status
        self.headers = headers


@pytest.fixture
def service() -> Iterator[FlagService]:
    state = FlagService()
    state.open.set()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            state.asked.append((self.path, {name.lower(): value for name, value in self.headers.items()}, body))
            state.open.wait(5)
            self.send_response(state.status)
            for name, value in state.headers.items():
                self.send_header(name.replace("_", "-"), value)
            self.end_headers()
            deadline = time.monotonic() + 5
            with suppress(OSError):
                while state.drops and time.monotonic() < deadline:
                    self.wfile.write(b" ")
                    time.sleep(state.drops)
                self.wfile.write(state.body)

        def log_message(self, *_: object) -> None:
            """Nobody reads it."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    state.url = f"http://127.0.0.1:{server.server_port}"
    yield state
    state.open.set()
    server.shutdown()
    server.server_close()


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def provider(service: FlagService, clock: Clock) -> OfrepProvider:
    return OfrepProvider(service.url, {}, TIMEOUT, clock)


def answer(value: object = True, reason: str = "TARGETING_MATCH", **more: object) -> dict[str, object]:
    return {"key": FLAG, "value": value, "reason": reason, "variant": "on", **more}


def ends(before: set[threading.Thread]) -> None:
    """What was called since, if it goes on at all, goes on no longer than a call may."""
    for call in set(threading.enumerate()) - before:
        if call.name == "flags":
            call.join(3)
            assert not call.is_alive()


def test_asks_for_one_flag_with_its_context_as_the_protocol_says(service: FlagService) -> None:
    service.says(answer(metadata={"team": "payments"}))
    provider = OfrepProvider(f"{service.url}/base/", {"Authorization": "Bearer s3cret"}, TIMEOUT)
    assert provider.resolve(FLAG, ADA) == Resolution(True, "on", "TARGETING_MATCH", flag_metadata={"team": "payments"})
    [(path, headers, body)] = service.asked
    assert path == f"/base/ofrep/v1/evaluate/flags/{FLAG}"
    assert headers["authorization"] == "Bearer s3cret"
    assert headers["content-type"] == "application/json"
    assert body == {"context": {"targetingKey": "ada", "plan": "gold"}}


def test_a_key_is_a_part_of_the_path_whatever_is_in_it(service: FlagService, provider: OfrepProvider) -> None:
    service.says({"key": "a/b?c d", "value": False})
    assert provider.resolve("a/b?c d", ADA).value is False
    assert service.asked[0][0] == "/ofrep/v1/evaluate/flags/a%2Fb%3Fc%20d"


def test_a_question_does_not_wait_for_what_was_sent_before_it(service: FlagService, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its body follows its head without the acknowledgement that a system may hold back."""
    asking: list[socket.socket] = []
    options: set[int] = set()

    class Watched(socket.socket):
        def connect(self, address: Any) -> None:
            super().connect(address)
            asking.append(self)

        def close(self) -> None:
            if self in asking:
                options.add(self.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
            super().close()

    monkeypatch.setattr("socket.socket", Watched)
    service.says(answer())
    assert OfrepProvider(service.url, {}, TIMEOUT).resolve(FLAG, ADA).value is True
    assert options == {1}


@pytest.mark.parametrize(
    ("status", "body", "code", "message"),
    [
        (404, {"key": FLAG, "errorCode": "FLAG_NOT_FOUND", "errorDetails": "who?"}, "FLAG_NOT_FOUND", "who?"),
        (404, b"<html>", "FLAG_NOT_FOUND", None),
        (400, {"key": FLAG, "errorCode": "TARGETING_KEY_MISSING"}, "TARGETING_KEY_MISSING", None),
        (400, {"key": FLAG, "errorCode": "INVALID_CONTEXT"}, "INVALID_CONTEXT", None),
        (400, {"key": FLAG, "errorCode": "A_NEW_ONE"}, "GENERAL", None),
        (200, b"<html>", "PARSE_ERROR", "the answer is none to this question"),
        (200, [], "PARSE_ERROR", "the answer is none to this question"),
        (200, {"key": "another", "value": True}, "PARSE_ERROR", "the answer is none to this question"),
        (200, {"value": "x" * ofrep.LARGEST_ANSWER}, "PARSE_ERROR", "the answer is none to this question"),
    ],
)
def test_what_it_says_of_the_flag_is_kept_like_a_value(
    service: FlagService, provider: OfrepProvider, status: int, body: object, code: str, message: str | None
) -> None:
    service.says(body, status)
    for _ in range(3):
        found = provider.resolve(FLAG, ADA)
        assert (found.value, found.error_code, found.error_message) == (None, code, message)
    assert len(service.asked) == 1


@pytest.mark.parametrize("status", [301, 302, 307, 401, 403, 500, 503])
def test_a_service_that_says_nothing_of_the_flag_is_left_alone_for_a_while(
    service: FlagService, provider: OfrepProvider, clock: Clock, status: int
) -> None:
    service.says(answer(), status, Location=f"{service.url}/elsewhere")
    for _ in range(3):
        found = provider.resolve(FLAG, ADA)
        assert (found.value, found.error_code) == (None, "GENERAL")
        assert str(status) in (found.error_message or "")
    assert len(service.asked) == 1
    service.says(answer())
    clock.now += PAUSE_SECONDS
    assert provider.resolve(FLAG, ADA).value is True


def test_asked_too_often_it_is_not_asked_before_the_time_it_says(service: FlagService, provider: OfrepProvider, clock: Clock) -> None:
    service.says(b"", 429, Retry_After="30")
    assert provider.resolve(FLAG, ADA).error_code == "GENERAL"
    service.says(answer())
    clock.now += 29
    assert provider.resolve("another", ADA).error_code == "GENERAL"
    assert len(service.asked) == 1
    clock.now += 1
    assert provider.resolve(FLAG, ADA).value is True


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0),
        ("17", 17),
        (format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True), 90),
        ((datetime.now(UTC) + timedelta(seconds=90)).isoformat(), 90),
        ("2024-02-07T12:00:00Z", 0),
        ("9" * 30, ofrep.LONGEST_PAUSE_SECONDS),
        (None, PAUSE_SECONDS),
        ("soon", PAUSE_SECONDS),
    ],
)
def test_a_retry_after_is_a_number_or_a_moment(text: str | None, seconds: float) -> None:
    assert pause_of(text) == pytest.approx(seconds, abs=30)


def test_a_service_that_is_not_there_is_an_error_at_once(clock: Clock) -> None:
    provider = OfrepProvider("http://127.0.0.1:1", {}, TIMEOUT, clock)
    found = provider.resolve(FLAG, ADA)
    assert (found.error_code, "refused" in (found.error_message or "")) == ("GENERAL", True)


def test_nobody_waits_longer_than_the_timeout_and_then_nobody_waits(service: FlagService) -> None:
    service.says(answer())
    service.open.clear()
    provider = OfrepProvider(service.url, {}, 0.1)
    begun = time.monotonic()
    assert provider.resolve(FLAG, ADA).error_code == "GENERAL"
    for _ in range(20):
        assert provider.resolve(FLAG, ADA).error_code == "GENERAL"
    assert time.monotonic() - begun < 4
    # On a busy machine the one question may not have arrived yet.
    assert len(service.asked) <= 1


def test_an_answer_in_drops_holds_no_thread(service: FlagService) -> None:
    service.says(answer())
    service.drops = 0.01
    before = set(threading.enumerate())
    assert OfrepProvider(service.url, {}, 0.05).resolve(FLAG, ADA).error_code == "GENERAL"
    ends(before)


def test_tls_in_drops_holds_no_thread() -> None:
    """The head of a record of TLS, and then one byte of it after the other."""
    over = threading.Event()

    def drip(listener: socket.socket) -> None:
        with suppress(OSError), listener.accept()[0] as peer:
            peer.sendall(b"\x16\x03\x03\x40\x00")
            while not over.wait(0.01):
                peer.sendall(b"\x02")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=drip, args=(listener,), daemon=True).start()
        before = set(threading.enumerate())
        endpoint = f"https://127.0.0.1:{listener.getsockname()[1]}"
        assert OfrepProvider(endpoint, {}, 0.05).resolve(FLAG, ADA).error_code == "GENERAL"
        try:
            ends(before)
        finally:
            over.set()


def test_addresses_that_do_not_answer_are_not_all_waited_for(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[object] = []

    class Silent(socket.socket):
        """Waits as long as it may, by a clock that goes no faster on a busy machine."""

        def connect(self, address: object) -> None:
            tried.append(address)
            clock.now += self.gettimeout() or 0
            raise TimeoutError("timed out")

    address = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("192.0.2.1", 80))
    monkeypatch.setattr("socket.getaddrinfo", lambda *_, **__: [address] * 100)
    monkeypatch.setattr("socket.socket", Silent)
    monkeypatch.setattr(ofrep, "time", SimpleNamespace(monotonic=clock))
    provider = OfrepProvider("http://flags.invalid", {}, TIMEOUT)
    before = set(threading.enumerate())
    assert provider.resolve(FLAG, ADA).error_code == "GENERAL"
    ends(before)
    assert len(tried) == ofrep.LONGEST_CALL_TIMEOUTS


def test_a_name_that_is_not_resolved_holds_up_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    # Without a time limit of its own, unlike a connection.
    stuck = threading.Event()
    monkeypatch.setattr("socket.getaddrinfo", lambda *_, **__: stuck.wait(20))
    begun = time.monotonic()
    found = OfrepProvider("https://flags.invalid", {}, 0.05).resolve(FLAG, ADA)
    waited = time.monotonic() - begun
    stuck.set()
    assert (found.error_code, waited < 10) == ("GENERAL", True)


def test_an_answer_is_used_again_then_used_while_it_is_asked_for_anew_then_not_any_more(
    service: FlagService, provider: OfrepProvider, clock: Clock
) -> None:
    service.says(answer(True))
    assert provider.resolve(FLAG, ADA) == Resolution(True, "on", "TARGETING_MATCH")
    service.says(answer(False, "SPLIT"))
    clock.now += FRESH_SECONDS - 1
    assert provider.resolve(FLAG, ADA) == Resolution(True, "on", "CACHED")
    assert len(service.asked) == 1
    clock.now += 1
    assert provider.resolve(FLAG, ADA) == Resolution(True, "on", "STALE")
    deadline = time.monotonic() + 5
    while provider.resolve(FLAG, ADA).reason == "STALE" and time.monotonic() < deadline:
        time.sleep(0.005)
    assert provider.resolve(FLAG, ADA) == Resolution(False, "on", "CACHED")
    assert len(service.asked) == 2
    service.says(b"", 500)
    clock.now += FRESH_SECONDS
    assert provider.resolve(FLAG, ADA).reason == "STALE"
    clock.now += KEPT_SECONDS
    assert provider.resolve(FLAG, ADA).error_code == "GENERAL"


def test_answers_are_kept_for_each_context_and_only_so_many(
    service: FlagService, provider: OfrepProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ofrep, "MOST_ANSWERS", 2)
    service.says(answer())
    for name in ("ada", "grace", "ada", "edsger", "ada", "grace"):
        provider.resolve(FLAG, EvaluationContext(name))
    # `grace` was used longest ago when `edsger` came.
    assert [body for _, _, body in service.asked] == [{"context": {"targetingKey": name}} for name in ("ada", "grace", "edsger", "grace")]


def test_the_same_question_at_the_same_time_is_asked_once(service: FlagService, provider: OfrepProvider) -> None:
    service.says(answer())
    service.open.clear()
    found: list[object] = []
    threads = [threading.Thread(target=lambda: found.append(provider.resolve(FLAG, ADA).value)) for _ in range(8)]
    for thread in threads:
        thread.start()
    time.sleep(0.05)
    service.open.set()
    for thread in threads:
        thread.join()
    assert found == [True] * 8
    assert len(service.asked) == 1


def test_the_environment_says_which_service_and_what_it_wants_to_see(service: FlagService) -> None:
    service.says(answer())
    config = load_config(
        {
            "OFREP_ENDPOINT": service.url,
            "OFREP_HEADERS": "Authorization=Bearer%20s3cret,X-Environment=test",
            "DEPLOYMENT_ENVIRONMENT": "test",
            "SERVICE_VERSION": "1.2.3",
        }
    )
    assert "s3cret" not in repr(config)
    assert create_flags(config).get_boolean_value(FLAG, False) is True
    [(_, headers, body)] = service.asked
    assert (headers["authorization"], headers["x-environment"]) == ("Bearer s3cret", "test")
    assert body == {"context": {"targetingKey": SERVICE_NAME, "service": SERVICE_NAME, "environment": "test", "version": "1.2.3"}}
