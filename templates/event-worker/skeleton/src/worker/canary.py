"""The synthetic check: an event of our own goes the way of all events, and is seen to arrive."""

from __future__ import annotations

import secrets
import time

from .broker import Broker
from .config import SERVICE_NAME
from .effects import Effects
from .event import Event, serialise

CANARY = "dev.pavedroad.canary.v1"
"""Type of the event."""


def handle(event: Event, effects: Effects) -> None:
    effects.put("canary", str(int(time.time())))


def send(broker: Broker, patience: float) -> float | None:
    """Publishes a canary and waits until it was processed. Answers after how many seconds; nothing when it was not within `patience`."""
    trace = f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-01"
    event = Event(secrets.token_hex(16), f"/{SERVICE_NAME}/canary", CANARY, {}, trace)
    begun = time.monotonic()
    broker.publish(serialise(event))
    while (waited := time.monotonic() - begun) < patience:
        if broker.was_processed(event):
            return waited
        time.sleep(0.05)
    return None
