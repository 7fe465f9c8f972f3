"""The example: replace it with what this worker is for, and with it `tests/test_handlers.py` and `acceptance/test_orders.py`.

It adds up what each customer ordered. What every handler should keep: it decides, and leaves what is to happen in `effects`. These
happen in one step with the note that the event was processed, so that an event that comes twice has one effect. What cannot happen there
(a call of another service) needs the event's `identity` as its idempotency key.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from .effects import Effects
from .event import BadEvent, Event

Handler = Callable[[Event, Effects], None]
"""Raises BadEvent when trying again will not help; whatever else it raises is tried again."""

LARGEST_AMOUNT = 100_000_000


def order_placed(event: Event, effects: Effects) -> None:
    customer, amount = event.data.get("customer"), event.data.get("amount")
    if not isinstance(customer, str) or not 1 <= len(customer) <= 100:
        raise BadEvent("customer must be a text of 1 to 100 characters")
    if type(amount) is not int or not 0 < amount <= LARGEST_AMOUNT:
        raise BadEvent(f"amount must be a whole number of cents from 1 to {LARGEST_AMOUNT}")
    effects.add_to("totals", customer, amount)


HANDLERS: Mapping[str, Handler] = {"order.placed.v1": order_placed}
"""What is done with events of a type. Others are none of our business: they are skipped."""
