"""Takes events, has them handled, and sees to it that each comes to an end: processed, skipped, or a dead letter."""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field

from .broker import Broker, BrokerError, BrokerRefusal, Message, published_at
from .config import Config
from .effects import Effects
from .event import BadEvent, Event, parse
from .handlers import Handler
from .metrics import Metrics
from .policy import wait_before
from .tracing import Tracer, set_current_context

PATIENCE = 0.5
"""How long the loop waits for something to happen before it looks at what is due, in seconds."""

WAITING_EACH = 25
"""Events that may wait for another attempt, for each that may be worked on. When more fail, it is not the events: no new ones are taken."""

SILENT_CONSUMER = 86400
"""Consumers that hold nothing are forgotten after this, in seconds."""

log = logging.getLogger("worker")


@dataclass
class Held:
    """An event we were given and are not done with."""

    message: Message
    # When its handling began, and when it is to begin again; by the monotonic clock.
    begun: float = 0.0
    due: float = 0.0
    # Its handling, while it goes on. Answers after how many seconds to try again; nothing when the event came to its end.
    work: Future[float | None] | None = field(default=None)


class Worker:
    def __init__(self, config: Config, broker: Broker, metrics: Metrics, tracer: Tracer, handlers: Mapping[str, Handler]) -> None:
        self._config = config
        self._broker = broker
        self._metrics = metrics
        self._tracer = tracer
        self._handlers = handlers
        self._held: dict[str, Held] = {}
        self._pool = ThreadPoolExecutor(config.concurrency, thread_name_prefix="handler")
        self._stop = threading.Event()
        self._turned = time.monotonic()
        self._connected = False
        self._next_look = 0.0
        self._next_hold = 0.0

    def stop(self) -> None:
        """From now on nothing new is begun. Safe in a signal handler."""
        self._stop.set()

    @property
    def ready(self) -> bool:
        return self._connected and not self._stop.is_set()

    @property
    def alive(self) -> bool:
        """False when starting this process anew is the cure: a handler hangs, or the loop does."""
        return self.busy <= self._config.handle_timeout and time.monotonic() - self._turned < 30

    @property
    def busy(self) -> float:
        """How long the longest of the running handlers has been at it, in seconds."""
        now = time.monotonic()
        return max((now - held.begun for held in list(self._held.values()) if held.work and not held.work.done()), default=0.0)

    def run(self) -> bool:
        """Works until told to stop, then until what was begun is done, within the grace period. False when something had to be left
        unfinished; whatever is left goes to others at once."""
        failures = 0
        while not self._stop.is_set():
            try:
                if not self._connected:
                    self._broker.ensure_group()
                    self._connected = True
                    log.info("reading", extra={"fields": {"stream": self._config.stream, "consumer": self._config.consumer}})
                self._turn()
                failures = 0
            except BrokerError as error:
                failures += 1
                self._connected = False
                self._turned = time.monotonic()
                log.warning("broker lost", extra={"fields": {"reason": str(error), "failures": failures}})
                self._stop.wait(wait_before(min(failures, 4), 0.25, random.random))
        return self._drain()

    def _turn(self) -> None:
        """One round: finish, renew, retry, claim, read."""
        self._turned = time.monotonic()
        self._settle()
        self._renew()
        for held in self._due():
            self._retry(held)
        free = self._free()
        if free > 0 and time.monotonic() >= self._next_look:
            self._next_look = time.monotonic() + max(1.0, self._config.claim_after / 4)
            for message in self._broker.claim(free):
                # Ours when we were too slow to say that we are still at it.
                if message.id not in self._held:
                    self._metrics.redelivered()
                    self._begin(message)
            self._broker.forget_consumers(max(SILENT_CONSUMER, 2 * self._config.claim_after))
            free = self._free()
        working = [held.work for held in self._held.values() if held.work]
        if free > 0 and len(self._held) < WAITING_EACH * self._config.concurrency:
            # While others are at work, a short look: their ends are to be seen to.
            for message in self._broker.read(free, 0.02 if working else min(PATIENCE, self._until_due())):
                self._begin(message)
        elif working:
            wait(working, timeout=PATIENCE, return_when=FIRST_COMPLETED)
        else:
            self._stop.wait(min(PATIENCE, self._until_due()))

    def _free(self) -> int:
        return self._config.concurrency - sum(held.work is not None for held in self._held.values())

    def _until_due(self) -> float:
        now = time.monotonic()
        return max(0.01, min((held.due - now for held in self._held.values() if not held.work), default=PATIENCE))

    def _due(self) -> list[Held]:
        now = time.monotonic()
        waiting = [held for held in self._held.values() if not held.work and held.due <= now]
        return sorted(waiting, key=lambda held: held.due)[: max(0, self._free())]

    def _settle(self) -> None:
        """Sees what has ended."""
        for id_, held in list(self._held.items()):
            if held.work and held.work.done():
                again = held.work.result()
                held.work = None
                if again is None:
                    del self._held[id_]
                else:
                    held.due = time.monotonic() + again

    def _renew(self) -> None:
        """What hangs is not renewed: others may have a try at it."""
        now = time.monotonic()
        if now < self._next_hold:
            return
        self._next_hold = now + self._config.claim_after / 3
        ids = [id_ for id_, held in self._held.items() if not held.work or now - held.begun <= self._config.handle_timeout]
        if ids:
            self._broker.hold(ids)

    def _retry(self, held: Held) -> None:
        message = self._broker.again(held.message.id)
        if message is None:
            # Somebody else has it, or it came to its end and we did not hear of it.
            del self._held[held.message.id]
            return
        self._metrics.redelivered()
        self._begin(message)

    def _begin(self, message: Message) -> None:
        held = self._held.setdefault(message.id, Held(message))
        held.message, held.begun = message, time.monotonic()
        held.work = self._pool.submit(self._process, message)

    def _process(self, message: Message) -> float | None:
        """One attempt, in a thread of the pool. Answers after how many seconds to try again; nothing when the event came to its end."""
        event: Event | None = None
        try:
            try:
                event = parse(message.fields)
            except BadEvent as error:
                self._metrics.count_security_event("malformed_event")
                fields = {"category": "security", "event": "malformed_event", "reason": str(error), "entry": message.id}
                log.warning("event refused", extra={"fields": fields})
                self._bury(message, None, "malformed", str(error))
                return None
            return self._attempt(message, event)
        except BrokerError as error:
            # Not the event's fault. Whether it was acknowledged shows when it is taken up again.
            log.warning("broker lost", extra={"fields": {"reason": str(error), "entry": message.id}})
            return wait_before(1, self._config.backoff, random.random)
        finally:
            # The thread serves other events next.
            set_current_context(None)

    def _attempt(self, message: Message, event: Event) -> float | None:
        attributes = {"messaging.system": "redis", "messaging.destination.name": self._config.stream, "messaging.message.id": event.id}
        span = self._tracer.start(f"process {self._metrics.type_of(event.type)}", {"traceparent": event.traceparent}, attributes)
        set_current_context(span.context)
        failure: Exception | None = None
        try:
            if message.deliveries > self._config.attempts:
                # Those before did not end in an error, or we would not be here: they took the process with them.
                self._bury(message, event, "gave up", "whoever began it did not come back")
                return None
            handler = self._handlers.get(event.type)
            if handler is None:
                self._broker.skip(message)
                self._end(message, event, "skipped")
                return None
            if self._broker.was_processed(event):
                self._broker.complete(message, event, Effects())
                self._end(message, event, "duplicate")
                return None
            begun = time.monotonic()
            try:
                effects = Effects()
                handler(event, effects)
                first = self._broker.complete(message, event, effects)
            except Exception as error:
                # Whatever a handler raises, or the broker refuses, is about this event alone; that the broker is away is not.
                if isinstance(error, BrokerError) and not isinstance(error, BrokerRefusal):
                    raise
                failure = error
            self._metrics.handled(event.type, time.monotonic() - begun, failure is not None)
            if failure is None:
                self._end(message, event, "processed" if first else "duplicate")
                return None
            if isinstance(failure, BadEvent):
                self._bury(message, event, "refused", str(failure))
                return None
            if message.deliveries >= self._config.attempts:
                log.error("attempt failed", exc_info=failure, extra={"fields": self._fields(message, event)})
                self._bury(message, event, "gave up", f"{type(failure).__name__}: {failure}")
                return None
            again = wait_before(message.deliveries, self._config.backoff, random.random)
            later: dict[str, object] = {"again_after_seconds": round(again, 3)}
            log.warning("attempt failed", exc_info=failure, extra={"fields": self._fields(message, event) | later})
            return again
        finally:
            span.end({"messaging.redis.deliveries": message.deliveries}, failure)

    def _fields(self, message: Message, event: Event | None) -> dict[str, object]:
        names: dict[str, object] = {"event_id": event.id, "type": event.type, "source": event.source} if event else {}
        return {**names, "entry": message.id, "attempt": message.deliveries}

    def _end(self, message: Message, event: Event | None, outcome: str) -> None:
        delay = time.time() - published_at(message)
        self._metrics.ended(event.type if event else "other", outcome, delay)
        said: dict[str, object] = {"outcome": outcome, "delay_seconds": round(delay, 3)}
        log.info("event", extra={"fields": self._fields(message, event) | said})

    def _bury(self, message: Message, event: Event | None, reason: str, error: str) -> None:
        if self._broker.bury(message, reason, error):
            why: dict[str, object] = {"reason": reason, "cause": error}
            log.error("dead letter", extra={"fields": self._fields(message, event) | why})
            self._end(message, event, "dead")

    def _drain(self) -> bool:
        """Finishes what was begun and gives back what waits."""
        deadline = time.monotonic() + max(0.5, self._config.shutdown_grace - 2)
        self._settle()
        log.info("draining", extra={"fields": {"held": len(self._held)}})
        self._give_back([id_ for id_, held in self._held.items() if not held.work])
        while (working := [held.work for held in self._held.values() if held.work]) and time.monotonic() < deadline:
            self._turned = time.monotonic()
            wait(working, timeout=0.2)
            self._settle()
        unfinished = [id_ for id_, held in self._held.items() if held.work]
        # What was to be tried again since, and what would not end.
        self._give_back(list(self._held))
        self._pool.shutdown(wait=not unfinished, cancel_futures=True)
        log.log(logging.ERROR if unfinished else logging.INFO, "stopped", extra={"fields": {"unfinished": len(unfinished)}})
        return not unfinished

    def _give_back(self, ids: list[str]) -> None:
        try:
            if ids:
                self._broker.give_back(ids)
        except BrokerError as error:
            log.warning("not given back; others claim it in time", extra={"fields": {"reason": str(error), "events": len(ids)}})
