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
    get("/v1/greetings/ada")
    assert re.search(r'http_requests_total\{[^}]*method="GET",route="/v1/greetings/<name>"', get("/metrics"))
