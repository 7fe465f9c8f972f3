from __future__ import annotations

import json

import pytest

from worker.event import EVENT_LIMIT, BadEvent, Event, parse, serialise

WHOLE = {"specversion": "1.0", "id": "1", "source": "/shop", "type": "order.placed.v1", "data": {"a": 1}}


def test_what_is_written_is_read() -> None:
    event = Event("1", "/shop", "order.placed.v1", {"a": "ä"}, "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
    assert parse({b"event": serialise(event)}) == event


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (b"", "not JSON"),
        (b"\xff", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"[]", "no CloudEvent"),
        (json.dumps({**WHOLE, "specversion": "0.3"}).encode(), "no CloudEvent"),
        (json.dumps({**WHOLE, "id": ""}).encode(), "no id"),
        (json.dumps({**WHOLE, "source": 1}).encode(), "no source"),
        (json.dumps({**WHOLE, "type": None}).encode(), "no type"),
        (json.dumps({**WHOLE, "id": "\ud800"}).encode(), "id is no text"),
        (json.dumps({**WHOLE, "data": "text"}).encode(), "no object"),
        (b'"' + b"x" * EVENT_LIMIT + b'"', "more than"),
    ],
)
def test_refuses(text: bytes, why: str) -> None:
    with pytest.raises(BadEvent, match=why):
        parse({b"event": text})


def test_an_entry_without_an_event_is_refused() -> None:
    with pytest.raises(BadEvent, match="no field"):
        parse({b"other": b"1"})


def test_an_event_is_the_same_by_source_and_id() -> None:
    one = Event("1", "/a", "t", {})
    assert one.identity == Event("1", "/a", "u", {"x": 1}).identity
    assert one.identity != Event("1", "/b", "t", {}).identity
    assert Event("1", "/ab", "t", {}).identity != Event("b1", "/a", "t", {}).identity
