"""Against a broker of our own: what must hold whoever dies when."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from worker.broker import Broker, BrokerError
from worker.config import Config
from worker.effects import Effects
from worker.event import Event, serialise

EVENT = Event("1", "/shop", "order.placed.v1", {})


def adding(amount: int) -> Effects:
    effects = Effects()
    effects.add_to("totals", "ada", amount)
    return effects


def total(broker: Broker) -> int:
    return int(broker._redis.hget(f"{broker._stream}.totals", "ada") or 0)


def test_an_event_has_its_effect_once(broker: Broker) -> None:
    for _ in range(2):
        broker.publish(serialise(EVENT))
    one, other = broker.read(10, 0.1)
    assert broker.complete(one, EVENT, adding(5))
    assert not broker.complete(other, EVENT, adding(5))
    assert not broker.complete(one, EVENT, adding(5))
    assert total(broker) == 5
    assert broker.backlog().waiting == 0


def test_an_effect_the_server_refuses_leaves_the_event_to_be_tried_again(broker: Broker) -> None:
    broker._redis.set(f"{broker._stream}.totals", "no table")
    broker.publish(serialise(EVENT))
    [message] = broker.read(1, 0.1)
    with pytest.raises(BrokerError):
        broker.complete(message, EVENT, adding(5))
    assert not broker.was_processed(EVENT)
    assert broker.backlog().held == 1


def test_effects_before_the_one_the_server_refuses_happen_once(broker: Broker) -> None:
    broker._redis.set(f"{broker._stream}.other", "no table")
    broker.publish(serialise(EVENT))
    [message] = broker.read(1, 0.1)
    effects = adding(5)
    effects.add_to("other", "ada", 1)
    for _ in range(2):
        with pytest.raises(BrokerError):
            broker.complete(message, EVENT, effects)
    broker._redis.delete(f"{broker._stream}.other")
    assert broker.complete(message, EVENT, effects)
    assert total(broker) == 5
    assert broker.backlog().waiting == 0


def test_a_reason_no_encoding_has_is_kept_as_far_as_it_goes(broker: Broker) -> None:
    broker.publish(serialise(EVENT))
    [message] = broker.read(1, 0.1)
    assert broker.bury(message, "refused", "half \ud800")
    [letter] = broker.dead_letters(10)
    assert letter.error == "half ?"


def test_what_was_read_is_ours_until_we_are_silent_for_too_long(broker: Broker, live: Config) -> None:
    other = Broker(replace(live, consumer="other"))
    broker.publish(serialise(EVENT))
    [message] = broker.read(1, 0.1)
    assert other.claim(10) == []
    time.sleep(0.7)
    broker.hold([message.id])
    time.sleep(0.6)
    assert other.claim(10) == []
    time.sleep(0.6)
    [claimed] = other.claim(10)
    assert (claimed.id, claimed.deliveries, claimed.fields) == (message.id, 2, message.fields)
    # Ours no longer: it is neither renewed nor begun again.
    broker.hold([message.id])
    assert broker.again(message.id) is None


def test_what_is_given_back_others_have_at_once(broker: Broker, live: Config) -> None:
    other = Broker(replace(live, consumer="other"))
    broker.publish(serialise(EVENT))
    [message] = broker.read(1, 0.1)
    broker.give_back([message.id])
    assert [claimed.id for claimed in other.claim(10)] == [message.id]


def test_every_attempt_is_counted_by_the_server(broker: Broker) -> None:
    broker.publish(serialise(EVENT))
    [message] = broker.read(1, 0.1)
    again = broker.again(message.id)
    assert again is not None
    assert (again.deliveries, again.fields) == (2, message.fields)


def test_a_dead_letter_keeps_every_byte_and_is_made_once(broker: Broker) -> None:
    broker._redis.xadd(broker._stream, {b"\xff": b"\x00\xfe", b"event": b"{"})
    [message] = broker.read(1, 0.1)
    assert broker.bury(message, "malformed", "not JSON")
    assert not broker.bury(message, "malformed", "not JSON")
    [letter] = broker.dead_letters(10)
    assert (letter.reason, letter.error, letter.attempts, letter.origin) == ("malformed", "not JSON", 1, message.id)
    assert letter.original == {b"\xff": b"\x00\xfe", b"event": b"{"}
    assert broker.backlog().dead == 1


def test_a_replayed_letter_is_an_event_again_and_no_letter(broker: Broker) -> None:
    broker.publish(b"{")
    [message] = broker.read(1, 0.1)
    broker.bury(message, "malformed", "not JSON")
    [letter] = broker.dead_letters(10)
    assert broker.replay(letter)
    assert not broker.replay(letter)
    [again] = broker.read(10, 0.1)
    assert (again.fields, again.deliveries) == ({b"event": b"{"}, 1)
    assert broker.backlog().dead == 0


def test_the_backlog_is_what_nobody_has_and_what_somebody_holds(broker: Broker) -> None:
    assert broker.backlog().age == 0
    for _ in range(3):
        broker.publish(serialise(EVENT))
    time.sleep(1.1)
    [message, _] = broker.read(2, 0.1)
    backlog = broker.backlog()
    assert (backlog.waiting, backlog.held) == (3, 2)
    assert 1 <= backlog.age < 5
    broker.skip(message)
    assert (broker.backlog().waiting, broker.backlog().held) == (2, 1)


def test_only_consumers_that_hold_nothing_are_forgotten(broker: Broker, live: Config) -> None:
    idle = Broker(replace(live, consumer="idle"))
    for reader in (broker, idle):
        broker.publish(serialise(EVENT))
        [message] = reader.read(1, 0.1)
    idle.skip(message)
    assert broker.forget_consumers(60) == 0
    time.sleep(0.05)
    assert broker.forget_consumers(0) == 1
    assert broker.backlog().held == 1


def test_the_group_begins_with_the_oldest_event(live: Config) -> None:
    fresh = replace(live, stream=f"{live.stream}-fresh")
    broker = Broker(fresh)
    broker.publish(serialise(EVENT))
    broker.ensure_group()
    broker.ensure_group()
    assert len(broker.read(10, 0.1)) == 1
