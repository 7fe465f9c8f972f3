"""What an event leads to, collected first and then done by the broker in one step."""

from __future__ import annotations


class Effects:
    """Changes of data that lies beside the stream; `name` is the part after `<stream>.`."""

    def __init__(self) -> None:
        self._commands: list[tuple[str, str, tuple[str, ...]]] = []

    def add_to(self, name: str, field: str, amount: int) -> None:
        """Adds to a number in a table."""
        self._commands.append(("HINCRBY", name, (field, str(amount))))

    def put(self, name: str, value: str) -> None:
        """Sets a value."""
        self._commands.append(("SET", name, (value,)))

    def commands(self, stream: str) -> list[list[str]]:
        """As the broker takes them."""
        return [[command, f"{stream}.{name}", *arguments] for command, name, arguments in self._commands]
