"""Runs against a deployed service: `BASE_URL=http://… python -m pytest acceptance`."""

from __future__ import annotations

import json
import os
import re
import urllib.error
import urllib.request
from typing import Any

import pytest

BASE_URL = os.environ["BASE_URL"]


def get(path: str) -> str:
    with urllib.request.urlopen(BASE_URL + path, timeout=5) as response:
        return str(response.read().decode())


def get_json(path: str) -> Any:
    return json.loads(get(path))


def test_greets_a_caller_by_name() -> None:
    assert get_json("/v1/greetings/ada") == {"greeting": "Hello, ada!"}


def test_answers_an_unknown_path_with_a_clear_error() -> None:
    with pytest.raises(urllib.error.HTTPError) as caught:
        get("/v1/nowhere")
    assert caught.value.code == 404
    assert json.loads(caught.value.read())["error"]["message"] == "Not found"


def test_counts_the_requests_it_answered() -> None:
    counted = re.compile(
        r'^http_requests_total\{(?=[^}]*method="GET")(?=[^}]*route="/v1/greetings/<name>")(?=[^}]*status="200")[^}]*\} [1-9]',
        re.MULTILINE,
    )
    # Each replica counts for itself, and a balancer may ask another one than it sent the request to: both are done again then.
    for _ in range(20):
        get("/v1/greetings/ada")
        if counted.search(get("/metrics")):
            return
    raise AssertionError("no request is counted")
