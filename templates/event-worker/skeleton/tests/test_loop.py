"""The worker as it runs, on a broker of our own."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace

import pytest

from worker.broker import Broker
from worker.canary import CANARY, send
from worker.canary import handle as handle_canary
from worker.config import Config
from worker.effects import Effects
from worker.event import Event, serialise
from worker.handlers import HANDLERS, Handler
from worker.loop import Worker
from worker.metrics import Metrics
from worker.tracing import LocalTracer

from .conftest import Lines


class Running:
    def __init__(self, config: Config, handlers: Mapping[str, Handler]) -> None:
        self.broker = Broker(config)
        self.metrics = Metrics("1", "test", frozenset(handlers), self.broker.backlog, lambda: self.worker.busy)
        self.worker = Worker(config, Broker(config), self.metrics, LocalTracer(), handlers)
        self.whole: bool | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)

    def _run(self) -> None:
        self.whole = self.worker.run()

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> float:
        begun = time.monotonic()
        self.worker.stop()
        self._thread.join(timeout=20)
        assert not self._thread.is_alive()
        return time.monotonic() - begun

    def count(self, outcome: str) -> int:
        found = re.findall(rf'^worker_events_total\{{.*outcome="{outcome}".*\}} (\d+)', self.metrics.scrape().decode(), re.MULTILINE)
        return sum(map(int, found))


@contextmanager
def running(config: Config, handlers: Mapping[str, Handler] = HANDLERS) -> Iterator[Running]:
    it = Running(config, handlers)
    it.start()
    try:
        yield it
    finally:
        it.stop()


def eventually(holds: Callable[[], bool], within: float = 10) -> None:
    deadline = time.monotonic() + within
    while not holds():
        assert time.monotonic() < deadline, "it did not come to that"
        time.sleep(0.02)


@contextmanager
def letting_go(held_up: threading.Event) -> Iterator[None]:
    """In the end, handlers that wait for it go on: a test that fails does not wait for them."""
    try:
        yield
    finally:
        held_up.set()


def order(id_: str, amount: int = 1, **more: str) -> bytes:
    return serialise(Event(id_, "/shop", "order.placed.v1", {"customer": "ada", "amount": amount}, **more))


def total(broker: Broker) -> int:
    return int(broker._redis.hget(f"{broker._stream}.totals", "ada") or 0)


def test_every_event_has_its_effect_and_a_duplicate_has_none(live: Config, broker: Broker, lines: Lines) -> None:
    with running(live) as it:
        for number in range(20):
            broker.publish(order(str(number)))
            broker.publish(order(str(number)))
        eventually(lambda: broker.backlog().waiting == 0)
        eventually(lambda: it.count("processed") + it.count("duplicate") == 40)
        assert (total(broker), it.count("processed"), it.count("duplicate")) == (20, 20, 20)


def test_poison_becomes_a_dead_letter_and_holds_nobody_up(live: Config, broker: Broker, lines: Lines) -> None:
    broker.publish(b"{")
    broker.publish(order("bad", amount=-1))
    broker.publish(order("good"))
    with running(live) as it:
        eventually(lambda: broker.backlog().waiting == 0)
        eventually(lambda: it.count("dead") == 2)
    assert total(broker) == 1
    letters = list(broker.dead_letters(10))
    assert sorted(letter.reason for letter in letters) == ["malformed", "refused"]
    assert all(letter.attempts == 1 for letter in letters)
    [line] = [line for line in lines.all() if line.get("category") == "security"]
    assert line["event"] == "malformed_event"


def test_what_fails_is_tried_again_later_and_then_given_up(live: Config, broker: Broker, lines: Lines) -> None:
    attempts: list[float] = []

    def fail(event: Event, effects: Effects) -> None:
        attempts.append(time.monotonic())
        effects.add_to("totals", "ada", 1)
        raise RuntimeError("the warehouse is away")

    broker.publish(order("1"))
    with running(replace(live, backoff=0.1), {"order.placed.v1": fail}) as it:
        eventually(lambda: it.count("dead") == 1)
    assert len(attempts) == 3
    assert attempts[1] - attempts[0] >= 0.07
    assert attempts[2] - attempts[1] >= 0.15
    [letter] = broker.dead_letters(10)
    assert (letter.reason, letter.error, letter.attempts) == ("gave up", "RuntimeError: the warehouse is away", 3)
    assert total(broker) == 0


def test_what_fails_once_succeeds_the_second_time(live: Config, broker: Broker, lines: Lines) -> None:
    seen: list[str] = []

    def sometimes(event: Event, effects: Effects) -> None:
        seen.append(event.id)
        if len(seen) == 1:
            raise RuntimeError("not now")
        effects.add_to("totals", "ada", 1)

    broker.publish(order("1"))
    with running(live, {"order.placed.v1": sometimes}) as it:
        eventually(lambda: it.count("processed") == 1)
        assert "worker_redelivered_total" in it.metrics.scrape().decode()
    assert total(broker) == 1
    assert list(broker.dead_letters(1)) == []


def test_an_effect_the_broker_refuses_is_the_events_own_failure(live: Config, broker: Broker, lines: Lines) -> None:
    broker._redis.set(f"{live.stream}.totals", "no table")
    broker.publish(order("1"))
    with running(live) as it:
        eventually(lambda: it.count("dead") == 1)
    [letter] = broker.dead_letters(10)
    assert "WRONGTYPE" in letter.error


def test_an_event_that_fails_does_not_hold_up_the_others(live: Config, broker: Broker, lines: Lines) -> None:
    def picky(event: Event, effects: Effects) -> None:
        if event.id == "bad":
            raise RuntimeError("no")
        effects.add_to("totals", "ada", 1)

    broker.publish(order("bad"))
    for number in range(10):
        broker.publish(order(str(number)))
    with running(replace(live, concurrency=1, backoff=60), {"order.placed.v1": picky}):
        eventually(lambda: total(broker) == 10)
    assert broker.backlog().held == 1


def test_no_more_is_taken_than_is_worked_on(live: Config, broker: Broker, lines: Lines) -> None:
    let_go = threading.Event()

    def slow(event: Event, effects: Effects) -> None:
        let_go.wait(10)

    for number in range(10):
        broker.publish(order(str(number)))
    with running(replace(live, concurrency=2), {"order.placed.v1": slow}), letting_go(let_go):
        eventually(lambda: broker.backlog().held == 2)
        time.sleep(0.3)
        assert broker.backlog().held == 2
        let_go.set()
        eventually(lambda: broker.backlog().waiting == 0)


def test_what_a_dead_consumer_held_is_taken_over(live: Config, broker: Broker, lines: Lines) -> None:
    gone = Broker(replace(live, consumer="gone"))
    broker.publish(order("1"))
    assert len(gone.read(1, 0.1)) == 1
    with running(live) as it:
        eventually(lambda: it.count("processed") == 1)
    assert total(broker) == 1
    assert lines.saying("event")[0]["attempt"] == 2


def test_what_keeps_killing_its_process_is_given_up(live: Config, broker: Broker, lines: Lines) -> None:
    gone = Broker(replace(live, consumer="gone"))
    broker.publish(order("1"))
    [message] = gone.read(1, 0.1)
    for _ in range(live.attempts - 1):
        gone.again(message.id)
    with running(live) as it:
        eventually(lambda: it.count("dead") == 1)
    assert total(broker) == 0
    [letter] = broker.dead_letters(10)
    assert letter.reason == "gave up"


def test_a_long_handler_keeps_its_event(live: Config, broker: Broker, lines: Lines) -> None:
    calls: list[str] = []

    def long(event: Event, effects: Effects) -> None:
        calls.append(event.id)
        time.sleep(5)

    broker.publish(order("1"))
    # One at a time: who is at it has no hands free to claim anything, its own event included, which would keep it by chance.
    one = replace(live, concurrency=1, claim_after=2)
    other = replace(one, consumer="other")
    with running(one, {"order.placed.v1": long}) as it, running(other, {"order.placed.v1": long}) as that:
        eventually(lambda: it.count("processed") + that.count("processed") == 1)
    assert calls == ["1"]


def test_told_to_stop_it_finishes_what_it_began_and_gives_the_rest_back(live: Config, broker: Broker, lines: Lines) -> None:
    def handle(event: Event, effects: Effects) -> None:
        if event.id == "bad":
            raise RuntimeError("no")
        time.sleep(0.5)
        effects.add_to("totals", "ada", 1)

    broker.publish(order("bad"))
    broker.publish(order("1"))
    it = Running(replace(live, backoff=60, claim_after=30), {"order.placed.v1": handle})
    it.start()
    eventually(lambda: len(lines.saying("attempt failed")) == 1)
    assert it.stop() < 5
    assert it.whole
    assert total(broker) == 1
    # Thirty seconds would have to pass; what was given back is there at once.
    other = Broker(replace(live, consumer="other", claim_after=30))
    assert [json.loads(message.fields[b"event"])["id"] for message in other.claim(10)] == ["bad"]


def test_what_hangs_is_cut_off_left_to_others_and_said(live: Config, broker: Broker, lines: Lines) -> None:
    let_go = threading.Event()

    def hang(event: Event, effects: Effects) -> None:
        let_go.wait(20)

    broker.publish(order("1"))
    it = Running(replace(live, claim_after=30, shutdown_grace=3, handle_timeout=1), {"order.placed.v1": hang})
    it.start()
    with letting_go(let_go):
        eventually(lambda: it.worker.busy > 1)
        assert not it.worker.alive
        it.stop()
        assert it.whole is False
        assert len(Broker(replace(live, consumer="other", claim_after=30)).claim(10)) == 1


def test_types_nobody_handles_are_skipped_and_share_a_label(live: Config, broker: Broker, lines: Lines) -> None:
    broker.publish(serialise(Event("1", "/shop", "order.cancelled.v1", {})))
    with running(live) as it:
        eventually(lambda: it.count("skipped") == 1)
        scrape = it.metrics.scrape().decode()
    assert 'type="other"' in scrape
    assert "order.cancelled.v1" not in scrape
    assert broker.backlog().waiting == 0


def test_lines_carry_the_trace_of_the_event(live: Config, broker: Broker, lines: Lines) -> None:
    trace_id = "0af7651916cd43dd8448eb211c80319c"
    broker.publish(order("1", traceparent=f"00-{trace_id}-b7ad6b7169203331-01"))
    with running(live) as it:
        eventually(lambda: it.count("processed") == 1)
    [line] = lines.saying("event")
    assert line["trace_id"] == trace_id
    assert line["delay_seconds"] >= 0


def test_a_broker_that_is_away_is_waited_for(live: Config, lines: Lines) -> None:
    away = replace(live, redis_url="redis://127.0.0.1:9/0")
    with running(away) as it:
        eventually(lambda: len(lines.saying("broker lost")) >= 2)
        assert not it.worker.ready
        assert it.worker.alive
        scrape = it.metrics.scrape().decode()
    assert re.search(r"worker_broker_connected\{.*\} 0", scrape)
    assert "worker_lag_seconds{" not in scrape


def test_lost_connections_lose_nothing_and_do_nothing_twice(live: Config, broker: Broker, lines: Lines) -> None:
    with running(live):
        for number in range(200):
            broker.publish(order(str(number)))
            if number % 40 == 0:
                broker._redis.execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
        eventually(lambda: broker.backlog().waiting == 0)
    assert total(broker) == 200


def test_a_canary_is_seen_to_arrive(live: Config, broker: Broker, lines: Lines) -> None:
    assert send(broker, 0.2) is None
    with running(live, {CANARY: handle_canary}):
        seconds = send(broker, 10)
    assert seconds is not None
    assert broker.backlog().canary == pytest.approx(time.time(), abs=10)
