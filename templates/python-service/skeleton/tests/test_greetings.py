from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from service.app import create_app
from service.config import load_config
from service.drain import Drain


@pytest.mark.parametrize(
    ("path", "greeting"),
    [("ada", "Hello, ada!"), ("Jos%C3%A9", "Hello, José!"), ("a%20b", "Hello, a b!")],
)
def test_greets(client: FlaskClient, path: str, greeting: str) -> None:
    response = client.get(f"/v1/greetings/{path}")
    assert response.status_code == 200
    assert response.get_json() == {"greeting": greeting}


@pytest.mark.parametrize(("name", "status"), [("", 404), ("x" * 100, 200), ("x" * 101, 400)])
def test_a_name_has_one_to_a_hundred_characters(client: FlaskClient, name: str, status: int) -> None:
    assert client.get(f"/v1/greetings/{name}").status_code == status


def test_says_more_when_the_flag_longer_greeting_is_on() -> None:
    client = create_app(load_config({"FEATURE_FLAGS": "longer-greeting"}), Drain()).test_client()
    assert client.get("/v1/greetings/ada").get_json() == {"greeting": "Hello, ada! Nice to meet you."}


def test_greets_as_ever_when_the_flag_service_is_not_there() -> None:
    client = create_app(load_config({"OFREP_ENDPOINT": "http://127.0.0.1:1"}), Drain()).test_client()
    assert client.get("/v1/greetings/ada").get_json() == {"greeting": "Hello, ada!"}
    assert 'error_code="GENERAL",flag="longer-greeting"' in client.get("/metrics").get_data(as_text=True)
