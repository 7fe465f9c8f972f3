from __future__ import annotations

import pytest
from flask.testing import FlaskClient


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
