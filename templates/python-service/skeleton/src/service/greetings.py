"""The example endpoint: replace it with the first thing this service is for, and with it `tests/test_greetings.py`,
`acceptance/test_greetings.py` and the path in `docs/openapi.yaml`."""

from __future__ import annotations

from flask import Blueprint, abort

from .flags import Flags

LONGEST_NAME = 100


def create_greetings(flags: Flags) -> Blueprint:
    greetings = Blueprint("greetings", __name__)

    @greetings.get("/greetings/<name>")
    def greet(name: str) -> dict[str, str]:
        if len(name) > LONGEST_NAME:
            abort(400, f"A name has at most {LONGEST_NAME} characters")
        greeting = f"Hello, {name}!"
        longer = flags.get_boolean_value("longer-greeting", False)
        return {"greeting": f"{greeting} Nice to meet you." if longer else greeting}

    return greetings
