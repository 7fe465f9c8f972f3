from __future__ import annotations

import re

from flask import Flask, request
from flask.testing import FlaskClient

from service.drain import Drain

from .conftest import Lines


def test_healthz_says_which_version_is_alive(client: FlaskClient) -> None:
    response = client.get("/healthz")
    assert response.status_code == 200
    assert response.get_json() == {"status": "ok", "version": "1.2.3-abc"}


def test_readyz_fails_while_draining_and_healthz_does_not(client: FlaskClient, drain: Drain) -> None:
    assert client.get("/readyz").status_code == 200
    drain.begin()
    assert client.get("/readyz").status_code == 503
    assert client.get("/healthz").status_code == 200


def test_metrics_count_requests_by_route_not_by_path_and_leave_the_probes_out(client: FlaskClient) -> None:
    for path in ("/v1/predictions/example", "/v1/predictions/example?again", "/nowhere", "/healthz"):
        client.get(path)
    body = client.get("/metrics").get_data(as_text=True)
    assert re.search(r'http_requests_total\{method="GET",route="/v1/predictions/example",service="[^"]+",status="200"\} 2', body)
    assert re.search(r'http_requests_total\{method="GET",route="unmatched",service="[^"]+",status="404"\} 1', body)
    assert 'http_request_duration_seconds_bucket{le="0.3"' in body
    assert 'version="1.2.3-abc"' in body
    assert 'route="/healthz"' not in body


def test_an_unknown_path_is_a_404_in_the_error_shape(client: FlaskClient) -> None:
    response = client.get("/nowhere")
    assert response.status_code == 404
    assert response.get_json() == {"error": {"status": 404, "message": "Not found"}}


def test_an_unexpected_error_is_logged_and_not_shown_to_the_caller(app: Flask, lines: Lines) -> None:
    @app.get("/boom")
    def boom() -> str:
        raise RuntimeError("the password is hunter2")

    response = app.test_client().get("/boom")
    assert response.status_code == 500
    assert response.get_json() == {"error": {"status": 500, "message": "Internal error"}}
    assert "hunter2" in lines.text


def test_a_body_over_the_limit_is_refused_counted_and_logged_as_a_security_event(app: Flask, lines: Lines) -> None:
    @app.post("/echo")
    def echo() -> bytes:
        return request.get_data()

    client = app.test_client()
    assert client.post("/echo", data=b"x" * 70_000).status_code == 413
    body = client.get("/metrics").get_data(as_text=True)
    assert re.search(r'security_events_total\{event="payload_too_large",service="[^"]+"\} 1', body)
    assert any(line.get("category") == "security" for line in lines.all())


def test_log_lines_carry_the_callers_trace_id(client: FlaskClient, lines: Lines) -> None:
    trace_id = "0af7651916cd43dd8448eb211c80319c"
    client.get("/v1/predictions/example", headers={"traceparent": f"00-{trace_id}-b7ad6b7169203331-01"})
    [line] = [line for line in lines.all() if line["msg"] == "request"]
    assert line["trace_id"] == trace_id
    assert line["level"] == "info"
    assert line["route"] == "/v1/predictions/example"


def test_a_request_without_a_valid_trace_begins_its_own(client: FlaskClient, lines: Lines) -> None:
    client.get("/v1/predictions/example", headers={"traceparent": f"00-{'0' * 32}-b7ad6b7169203331-01"})
    client.get("/v1/predictions/example")
    ids = [line["trace_id"] for line in lines.all() if line["msg"] == "request"]
    assert len(set(ids)) == 2
    assert all(re.fullmatch(r"(?!0{32})[0-9a-f]{32}", trace_id) for trace_id in ids)
