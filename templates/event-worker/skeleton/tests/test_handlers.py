from __future__ import annotations

import pytest

from worker.effects import Effects
from worker.event import BadEvent, Event
from worker.handlers import LARGEST_AMOUNT, order_placed


def test_adds_what_a_customer_ordered() -> None:
    effects = Effects()
    order_placed(Event("1", "/shop", "order.placed.v1", {"customer": "ada", "amount": 250}), effects)
    assert effects.commands("orders") == [["HINCRBY", "orders.totals", "ada", "250"]]


@pytest.mark.parametrize(
    ("data", "why"),
    [
        ({"amount": 1}, "customer"),
        ({"customer": "", "amount": 1}, "customer"),
        ({"customer": "x" * 101, "amount": 1}, "customer"),
        ({"customer": "ada"}, "amount"),
        ({"customer": "ada", "amount": 0}, "amount"),
        ({"customer": "ada", "amount": True}, "amount"),
        ({"customer": "ada", "amount": "1"}, "amount"),
        ({"customer": "ada", "amount": LARGEST_AMOUNT + 1}, "amount"),
    ],
)
def test_refuses(data: dict[str, object], why: str) -> None:
    effects = Effects()
    with pytest.raises(BadEvent, match=why):
        order_placed(Event("1", "/shop", "order.placed.v1", data), effects)
    assert effects.commands("orders") == []
