"""Runs against a deployed worker: `REDIS_URL=redis://… python -m pytest acceptance`."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from worker.broker import Broker
from worker.config import load_config
from worker.event import Event, serialise

PATIENCE = float(os.environ["SLO_LATENCY_SECONDS"])
SOURCES = Path(__file__).parents[1] / "src"


@pytest.fixture
def broker() -> Broker:
    return Broker(load_config(os.environ))


@pytest.fixture
def customer() -> str:
    """One nobody else orders for."""
    return f"acceptance-{secrets.token_hex(8)}"


def total(broker: Broker, customer: str) -> int:
    return int(broker._redis.hget(f"{broker._stream}.totals", customer) or 0)


def eventually(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline, f"not within {PATIENCE:g} seconds"
        time.sleep(0.05)


def order(customer: str, amount: int) -> bytes:
    return serialise(Event(secrets.token_hex(8), "/acceptance", "order.placed.v1", {"customer": customer, "amount": amount}))


def test_adds_up_what_a_customer_ordered_and_counts_nothing_twice(broker: Broker, customer: str) -> None:
    first = order(customer, 100)
    for event in (first, order(customer, 20), first, first):
        broker.publish(event)
    eventually(lambda: total(broker, customer) == 120)
    # Duplicates have had their time, too.
    broker.publish(order(customer, 3))
    eventually(lambda: total(broker, customer) == 123)


def test_what_cannot_be_processed_is_a_dead_letter_and_holds_nobody_up(broker: Broker, customer: str) -> None:
    broker.publish(order(customer, -1))
    broker.publish(order(customer, 7))
    eventually(lambda: total(broker, customer) == 7)

    def letters() -> list[str]:
        return [letter.id for letter in broker.dead_letters(100_000) if customer.encode() in letter.original.get(b"event", b"")]

    eventually(lambda: len(letters()) == 1)
    command = [sys.executable, "-m", "worker", "replay", *letters()]
    subprocess.run(command, env={**os.environ, "PYTHONPATH": str(SOURCES)}, check=True, capture_output=True)
    eventually(lambda: len(letters()) == 1)
    # What was made here for a test waits for nobody.
    for id_ in letters():
        broker._redis.xdel(f"{broker._stream}.dead", id_)
