"""Flags from a service that speaks OpenFeature's remote evaluation protocol (OFREP), as flagd and most flag products do; with nothing to
install.

A request that asks for a flag waits no longer than the timeout, whatever the flag service does: calls have threads of their own. Answers
are kept: for FRESH_SECONDS as they are, then, for up to KEPT_SECONDS, while a new one is fetched behind the request. A service that does
not answer, or says that it is asked too often, is left alone for a while.
"""

from __future__ import annotations

import json
import socket
import ssl
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import quote, urlsplit

from .flags import EvaluationContext, Resolution

FRESH_SECONDS = 10
KEPT_SECONDS = 120
PAUSE_SECONDS = 5
LONGEST_PAUSE_SECONDS = 3600
MOST_ANSWERS = 1000
MOST_CALLS = 8
LONGEST_CALL_TIMEOUTS = 10
LARGEST_ANSWER = 64 * 1024

ERROR_CODES = frozenset(
    {
        "FLAG_NOT_FOUND",
        "GENERAL",
        "INVALID_CONTEXT",
        "PARSE_ERROR",
        "PROVIDER_FATAL",
        "PROVIDER_NOT_READY",
        "TARGETING_KEY_MISSING",
        "TYPE_MISMATCH",
    }
)
"""OpenFeature's; what a flag service calls otherwise is GENERAL, so that metrics stay bounded."""

Question = tuple[str, str]
"""A flag and its context, as it is sent."""


@dataclass(frozen=True)
class Refusal:
    """The service says nothing about flags: it is left alone for so many seconds."""

    seconds: float
    reason: str


class OfrepProvider:
    """`timeout` in seconds. Belongs to one process: create it after a fork."""

    def __init__(self, endpoint: str, headers: Mapping[str, str], timeout: float, clock: Callable[[], float] = time.monotonic) -> None:
        url = urlsplit(endpoint)
        self._tls = ssl.create_default_context() if url.scheme == "https" else None
        self._host = url.hostname or ""
        self._port = url.port or (443 if self._tls else 80)
        self._path = f"{url.path.rstrip('/')}/ofrep/v1/evaluate/flags/"
        self._headers = {**headers, "Content-Type": "application/json", "Accept": "application/json"}
        self._timeout = timeout
        self._clock = clock
        self._lock = threading.Lock()
        self._answers: OrderedDict[Question, tuple[float, Resolution]] = OrderedDict()
        self._calls: dict[Question, Future[Resolution]] = {}
        self._silent_until = -1.0
        self._trouble = Resolution(error_code="GENERAL", error_message="too many questions at once")

    def resolve(self, flag_key: str, context: EvaluationContext) -> Resolution:
        sent = {**context.attributes, **({"targetingKey": context.targeting_key} if context.targeting_key else {})}
        question = flag_key, json.dumps({"context": sent}, sort_keys=True, allow_nan=False)
        with self._lock:
            asked_at, known = self._answers.get(question, (0.0, None))
            age = self._clock() - asked_at
            if known and age < FRESH_SECONDS:
                self._answers.move_to_end(question)
                return _again(known, "CACHED")
            call = self._ask(question)
            if known and age < KEPT_SECONDS:
                return _again(known, "STALE")
            if call is None:
                return self._trouble
        try:
            return call.result(self._timeout)
        except TimeoutError:
            with self._lock:
                return self._leave_alone(Refusal(PAUSE_SECONDS, f"no answer within {self._timeout:g} s"))

    def _ask(self, question: Question) -> Future[Resolution] | None:
        """Begins a call, or joins the one that asks the same; nothing while the service is left alone. With the lock."""
        if self._clock() < self._silent_until:
            return None
        call = self._calls.get(question)
        if call is None and len(self._calls) < MOST_CALLS:
            call = Future()
            # A process that ends does not wait for it.
            threading.Thread(target=self._call, args=(question, call), name="flags", daemon=True).start()
            self._calls[question] = call
        return call

    def _call(self, question: Question, call: Future[Resolution]) -> None:
        try:
            answer = self._post(question)
        except OSError as error:
            answer = Refusal(PAUSE_SECONDS, str(error))
        except Exception as error:
            # Its words may hold a header.
            answer = Refusal(PAUSE_SECONDS, type(error).__name__)
        with self._lock:
            self._calls.pop(question, None)
            if isinstance(answer, Refusal):
                answer = self._leave_alone(answer)
            else:
                self._answers[question] = self._clock(), answer
                self._answers.move_to_end(question)
                while len(self._answers) > MOST_ANSWERS:
                    self._answers.popitem(last=False)
        call.set_result(answer)

    def _leave_alone(self, refusal: Refusal) -> Resolution:
        """With the lock."""
        self._silent_until = max(self._silent_until, self._clock() + refusal.seconds)
        self._trouble = Resolution(error_code="GENERAL", error_message=f"the flag service: {refusal.reason}")
        return self._trouble

    def _post(self, question: Question) -> Resolution | Refusal:
        """No redirect is followed: the headers are for the endpoint alone. A call is cut off after LONGEST_CALL_TIMEOUTS timeouts, also
        when one address after the other does not answer, or when the answer comes in drops, each within the timeout. Only a name is
        looked up for as long as the system's resolver takes."""
        flag_key, body = question
        longest = self._timeout * LONGEST_CALL_TIMEOUTS
        deadline = time.monotonic() + longest
        late = threading.Event()
        connected = self._connect(deadline)
        timer = threading.Timer(max(0.0, deadline - time.monotonic()), _hang_up, (connected, late))
        timer.daemon = True
        connection = HTTPSConnection(self._host, self._port, context=self._tls) if self._tls else HTTPConnection(self._host, self._port)
        connection.sock = connected
        try:
            timer.start()
            connection.request("POST", self._path + quote(flag_key, safe=""), body, self._headers)
            response = connection.getresponse()
            content = response.read(LARGEST_ANSWER + 1)
        except (OSError, HTTPException) as error:
            if late.is_set():
                raise TimeoutError(f"no whole answer within {longest:g} s") from error
            raise
        finally:
            timer.cancel()
            connection.close()
        if late.is_set():
            raise TimeoutError(f"no whole answer within {longest:g} s")
        return read_answer(flag_key, response.status, response.headers.get("Retry-After"), content)

    def _connect(self, deadline: float) -> socket.socket:
        """To the first address that answers; the greeting of TLS has the time limit of the connection as a whole."""
        trouble = OSError(f"{self._host} has no address")
        for family, kind, protocol, _, address in socket.getaddrinfo(self._host, self._port, type=socket.SOCK_STREAM):
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError("no address answered in time") from trouble
            plain = socket.socket(family, kind, protocol)
            try:
                plain.settimeout(min(self._timeout, left))
                plain.connect(address)
                # Head and body of a question are sent one after the other: the second waits for nobody.
                plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                connected = self._tls.wrap_socket(plain, server_hostname=self._host) if self._tls else plain
            except OSError as error:
                plain.close()
                trouble = error
            else:
                connected.settimeout(self._timeout)
                return connected
        raise trouble


def _hang_up(connected: socket.socket, late: threading.Event) -> None:
    """Whoever reads from it finds the end."""
    late.set()
    # It may be closed by now. Of a socket with TLS, too, this ends what is under it.
    with suppress(OSError):
        socket.socket.shutdown(connected, socket.SHUT_RDWR)


def _again(known: Resolution, reason: str) -> Resolution:
    return known if known.error_code else replace(known, reason=reason)


def read_answer(flag_key: str, status: int, retry_after: str | None, content: bytes) -> Resolution | Refusal:
    """What the service says of a flag."""
    if status == 429:
        return Refusal(pause_of(retry_after), "is asked too often (429)")
    if status in (401, 403):
        return Refusal(PAUSE_SECONDS, f"does not know this service ({status}): see OFREP_HEADERS")
    if status not in (200, 400, 404):
        return Refusal(PAUSE_SECONDS, f"answers {status}")
    answer = _object(content)
    if status == 200:
        if answer is None or answer.get("key", flag_key) != flag_key:
            return Resolution(error_code="PARSE_ERROR", error_message="the answer is none to this question")
        return Resolution(answer.get("value"), _text(answer.get("variant")), _text(answer.get("reason")), flag_metadata=_metadata(answer))
    answer = answer or {}
    code = _text(answer.get("errorCode"))
    if code not in ERROR_CODES:
        code = "FLAG_NOT_FOUND" if status == 404 else "GENERAL"
    return Resolution(error_code=code, error_message=_text(answer.get("errorDetails")), flag_metadata=_metadata(answer))


def _object(content: bytes) -> dict[str, object] | None:
    try:
        found = json.loads(content) if len(content) <= LARGEST_ANSWER else None
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _text(value: object) -> str | None:
    return value[:200] if isinstance(value, str) else None


def _metadata(answer: Mapping[str, object]) -> Mapping[str, object]:
    found = answer.get("metadata")
    return found if isinstance(found, dict) else {}


def pause_of(retry_after: str | None) -> float:
    """Seconds a Retry-After asks for: a number of them, or a moment in the words of HTTP or of RFC 3339."""
    text = (retry_after or "").strip()
    if text.isascii() and text.isdigit():
        return min(int(text[:9]), LONGEST_PAUSE_SECONDS)
    for read in (parsedate_to_datetime, datetime.fromisoformat):
        try:
            moment = read(text)
        except (TypeError, ValueError):
            continue
        until = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return min(max(0.0, (until - datetime.now(UTC)).total_seconds()), LONGEST_PAUSE_SECONDS)
    return PAUSE_SECONDS
