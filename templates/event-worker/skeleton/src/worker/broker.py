"""The stream and what lies beside it, in Redis 6.2 or newer. Whatever must happen together is one script, which the server runs as a whole.

What a consumer was given stays with it, as pending, until it says that it is done with it; when it dies, others claim it. So every event
comes at least once, and the note of what was processed makes that once.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import redis

from .config import Config
from .effects import Effects
from .event import Event

BrokerError = redis.RedisError
"""The broker cannot be reached, or refuses."""

BrokerRefusal = redis.ResponseError
"""The broker was reached, and refuses."""

# Effects first: when the server refuses one, neither the note nor the acknowledgement is there, and the event is tried again. A script has
# no way back: how many effects there were already is kept, so that the next attempt goes on after them.
_COMPLETE = """
if redis.call('EXISTS', KEYS[2]) == 0 then
  local done = tonumber(redis.call('GET', KEYS[3]) or 0)
  for i, command in ipairs(cjson.decode(ARGV[4])) do
    if i > done then
      local answer = redis.pcall(unpack(command))
      if type(answer) == 'table' and answer.err then
        redis.call('SET', KEYS[3], i - 1, 'EX', ARGV[3])
        return answer
      end
    end
  end
  redis.call('DEL', KEYS[3])
  redis.call('SET', KEYS[2], ARGV[2], 'EX', ARGV[3])
  redis.call('XACK', KEYS[1], ARGV[1], ARGV[2])
  return 1
end
redis.call('XACK', KEYS[1], ARGV[1], ARGV[2])
return 0
"""

# Only who takes it off the list of pending events makes the letter: two who give up at once make one.
_BURY = """
if redis.call('XACK', KEYS[1], ARGV[1], ARGV[2]) == 1 then
  redis.call('XADD', KEYS[2], '*', unpack(ARGV, 3))
  return 1
end
return 0
"""

# Back into the stream and out of the dead letters, or neither.
_REPLAY = """
if redis.call('XDEL', KEYS[2], ARGV[1]) == 1 then
  redis.call('XADD', KEYS[1], '*', unpack(ARGV, 2))
  return 1
end
return 0
"""

# For events that are still ours: sets how long ago we were heard of.
_TOUCH = """
local touched = {}
for i = 4, #ARGV do
  if #redis.call('XPENDING', KEYS[1], ARGV[1], ARGV[i], ARGV[i], 1, ARGV[2]) == 1 then
    redis.call('XCLAIM', KEYS[1], ARGV[1], ARGV[2], 0, ARGV[i], 'IDLE', ARGV[3], 'JUSTID')
    touched[#touched + 1] = ARGV[i]
  end
end
return touched
"""

# One that is still ours, once more: the server counts the attempt.
_AGAIN = """
local mine = redis.call('XPENDING', KEYS[1], ARGV[1], ARGV[3], ARGV[3], 1, ARGV[2])
if #mine == 1 then
  local entry = redis.call('XCLAIM', KEYS[1], ARGV[1], ARGV[2], 0, ARGV[3])[1]
  if entry then
    return {entry[2], mine[1][4] + 1}
  end
end
return {}
"""

# A consumer that holds nothing and was not heard of for so long that it will not come back; what it held would go with it.
_FORGET = """
local forgotten = 0
for _, consumer in ipairs(redis.call('XINFO', 'CONSUMERS', KEYS[1], ARGV[1])) do
  local it = {}
  for i = 1, #consumer, 2 do
    it[consumer[i]] = consumer[i + 1]
  end
  if it.pending == 0 and it.idle > tonumber(ARGV[2]) then
    redis.call('XGROUP', 'DELCONSUMER', KEYS[1], ARGV[1], it.name)
    forgotten = forgotten + 1
  end
end
return forgotten
"""

_ORIGINAL = b"original."


@dataclass(frozen=True)
class Message:
    """An entry of the stream, given to us."""

    id: str
    fields: Mapping[bytes, bytes]
    # How often it was given to somebody, this time included.
    deliveries: int = 1


@dataclass(frozen=True)
class DeadLetter:
    id: str
    reason: str
    error: str
    attempts: int
    # Id of the entry it was.
    origin: str
    original: Mapping[bytes, bytes]


@dataclass(frozen=True)
class Backlog:
    """What waits, for all workers of the group together."""

    # Events not processed yet: those nobody was given, and those somebody holds.
    waiting: int
    held: int
    # Age of the oldest of them, in seconds; 0 when there is none.
    age: float
    dead: int
    # When a canary was last processed, in Unix time; 0 when none ever was.
    canary: float


class Broker:
    """Every method raises BrokerError when Redis cannot be reached."""

    def __init__(self, config: Config, timeout: float = 5) -> None:
        self._config = config
        self._stream = config.stream
        self._dead = f"{config.stream}.dead"
        self._redis: Any = redis.Redis.from_url(
            config.redis_url,
            password=config.redis_password,
            client_name=f"{config.consumer}"[:60],
            socket_timeout=timeout,
            socket_connect_timeout=timeout,
            health_check_interval=15,
        )

    def ensure_group(self) -> None:
        """Makes stream and group where they are not there yet; the group begins with the oldest event."""
        try:
            self._redis.xgroup_create(self._stream, self._config.group, id="0", mkstream=True)
        except redis.ResponseError as error:
            if "BUSYGROUP" not in str(error):
                raise

    def publish(self, event: bytes) -> str:
        return _text(self._redis.xadd(self._stream, {"event": event}))

    def read(self, count: int, patience: float) -> list[Message]:
        """Up to `count` events that nobody was given yet; waits up to `patience` seconds for the first."""
        found = self._redis.xreadgroup(
            self._config.group, self._config.consumer, {self._stream: ">"}, count=count, block=max(1, round(patience * 1000))
        )
        return [Message(_text(id_), fields) for _, entries in found or [] for id_, fields in entries]

    def claim(self, count: int) -> list[Message]:
        """Up to `count` events of consumers that were not heard of for too long."""
        idle = self._config.claim_after * 1000
        found = self._redis.xautoclaim(self._stream, self._config.group, self._config.consumer, idle, count=count)
        return [Message(_text(id_), fields, self._deliveries(_text(id_))) for id_, fields in found[1] if fields]

    def _deliveries(self, id_: str) -> int:
        pending = self._redis.xpending_range(self._stream, self._config.group, id_, id_, 1)
        return int(pending[0]["times_delivered"]) if pending else 1

    def again(self, id_: str) -> Message | None:
        """Begins one of ours anew; nothing when it is ours no longer."""
        found = self._redis.eval(_AGAIN, 1, self._stream, self._config.group, self._config.consumer, id_)
        if not found:
            return None
        flat, deliveries = found
        return Message(id_, dict(zip(flat[::2], flat[1::2], strict=True)), int(deliveries))

    def hold(self, ids: Iterable[str]) -> None:
        """Says that we are still at these, so that nobody claims them."""
        self._touch(ids, 0)

    def give_back(self, ids: Iterable[str]) -> None:
        """Lets others claim these at once."""
        self._touch(ids, self._config.claim_after)

    def _touch(self, ids: Iterable[str], idle: int) -> None:
        self._redis.eval(_TOUCH, 1, self._stream, self._config.group, self._config.consumer, idle * 1000, *ids)

    def was_processed(self, event: Event) -> bool:
        return bool(self._redis.exists(self._note(event)))

    def complete(self, message: Message, event: Event, effects: Effects) -> bool:
        """Does the effects, notes that the event was processed and acknowledges it, in one step. False: it had been processed before, and
        nothing was done."""
        note, commands = self._note(event), json.dumps(effects.commands(self._stream))
        group, retention = self._config.group, self._config.retention
        return bool(self._redis.eval(_COMPLETE, 3, self._stream, note, f"{note}:done", group, message.id, retention, commands))

    def _note(self, event: Event) -> str:
        return f"{self._stream}.processed:{event.identity}"

    def skip(self, message: Message) -> None:
        """Acknowledges an event that is none of our business."""
        self._redis.xack(self._stream, self._config.group, message.id)

    def bury(self, message: Message, reason: str, error: str) -> bool:
        """Puts the event among the dead letters as it came, with the reason. False: somebody else had dealt with it."""
        said = error[:2000].encode(errors="replace")
        fields: list[bytes | str | int] = ["reason", reason, "error", said, "attempts", message.deliveries, "id", message.id]
        for name, value in message.fields.items():
            fields += [_ORIGINAL + name, value]
        return bool(self._redis.eval(_BURY, 2, self._stream, self._dead, self._config.group, message.id, *fields))

    def dead_letters(self, limit: int) -> Iterator[DeadLetter]:
        """The oldest `limit` of them."""
        for id_, fields in self._redis.xrange(self._dead, count=limit):
            yield DeadLetter(
                _text(id_),
                _text(fields.get(b"reason", b"")),
                _text(fields.get(b"error", b"")),
                int(fields.get(b"attempts", b"0")),
                _text(fields.get(b"id", b"")),
                {name.removeprefix(_ORIGINAL): value for name, value in fields.items() if name.startswith(_ORIGINAL)},
            )

    def replay(self, letter: DeadLetter) -> bool:
        """Puts a dead letter back into the stream, where it begins anew. False: it was there no longer."""
        fields = [part for pair in letter.original.items() for part in pair]
        return bool(self._redis.eval(_REPLAY, 2, self._stream, self._dead, letter.id, *fields))

    def forget_consumers(self, silent: int) -> int:
        """Takes consumers off the group's list that hold nothing and were silent for so many seconds."""
        return int(self._redis.eval(_FORGET, 1, self._stream, self._config.group, silent * 1000))

    def backlog(self) -> Backlog:
        [group] = [g for g in self._redis.xinfo_groups(self._stream) if _text(g["name"]) == self._config.group]
        seconds, microseconds = self._redis.time()
        after = _text(group["last-delivered-id"])
        undelivered = self._redis.xrange(self._stream, min=f"({after}", count=1)
        held = int(group["pending"])
        # Redis before 7 does not count, and after somebody deleted entries it cannot: then by looking, up to a bound.
        ahead = group.get("lag")
        if ahead is None:
            ahead = len(self._redis.xrange(self._stream, min=f"({after}", count=10_000)) if undelivered else 0
        oldest = [_text(id_) for id_, _ in undelivered]
        if held:
            oldest.append(_text(self._redis.xpending(self._stream, self._config.group)["min"] or "") or after)
        born = min((int(id_.split("-")[0]) / 1000 for id_ in oldest), default=None)
        return Backlog(
            waiting=int(ahead) + held,
            held=held,
            age=0.0 if born is None else max(0.0, seconds + microseconds / 1e6 - born),
            dead=int(self._redis.xlen(self._dead)),
            canary=float(self._redis.get(f"{self._stream}.canary") or 0),
        )

    def close(self) -> None:
        self._redis.close()
        self._redis.connection_pool.disconnect()


def published_at(message: Message) -> float:
    """When the entry was made, in Unix time by the server's clock."""
    return int(message.id.split("-")[0]) / 1000


def _text(value: bytes | str) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else value
