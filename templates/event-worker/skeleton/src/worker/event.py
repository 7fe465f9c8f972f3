"""Events as they lie in the stream: CloudEvents 1.0 in JSON (structured mode), in the field `event` of an entry."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

FIELD = b"event"

EVENT_LIMIT = 256 * 1024
"""Largest event accepted, in bytes."""


class BadEvent(Exception):  # noqa: N818 - says what it is
    """The event is not what it has to be; trying again will not help."""


@dataclass(frozen=True)
class Event:
    id: str
    source: str
    type: str
    data: Mapping[str, Any]
    # The trace the event was made in (W3C `traceparent`), if it says so.
    traceparent: str = ""

    @property
    def identity(self) -> str:
        """Source and id together make an event the same event, wherever it lies and however often."""
        return hashlib.sha256(f"{self.source}\0{self.id}".encode()).hexdigest()


def parse(fields: Mapping[bytes, bytes]) -> Event:
    """The event of a stream's entry. Raises BadEvent."""
    text = fields.get(FIELD)
    if text is None:
        raise BadEvent("the entry has no field `event`")
    if len(text) > EVENT_LIMIT:
        raise BadEvent(f"the event has more than {EVENT_LIMIT} bytes")
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        raise BadEvent("the event is not JSON") from None
    if not isinstance(content, dict) or content.get("specversion") != "1.0":
        raise BadEvent("the event is no CloudEvent of version 1.0")
    for name in ("id", "source", "type"):
        if not isinstance(content.get(name), str) or not content[name]:
            raise BadEvent(f"the event has no {name}")
        if not _is_text(content[name]):
            raise BadEvent(f"the event's {name} is no text")
    data = content.get("data", {})
    if not isinstance(data, dict):
        raise BadEvent("the event's data is no object")
    traceparent = content.get("traceparent", "")
    return Event(content["id"], content["source"], content["type"], data, traceparent if _is_text(traceparent) else "")


def _is_text(value: object) -> bool:
    """JSON allows half a character (`"\\ud800"`), which no encoding has."""
    try:
        return isinstance(value, str) and value.encode() is not None
    except UnicodeEncodeError:
        return False


def serialise(event: Event) -> bytes:
    """The event as it is put into a stream."""
    content: dict[str, Any] = {
        "specversion": "1.0",
        "id": event.id,
        "source": event.source,
        "type": event.type,
        "datacontenttype": "application/json",
        "data": dict(event.data),
    }
    if event.traceparent:
        content["traceparent"] = event.traceparent
    return json.dumps(content).encode()
