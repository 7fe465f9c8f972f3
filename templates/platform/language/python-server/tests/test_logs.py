from __future__ import annotations

import logging

from .conftest import Lines


def test_credentials_never_reach_the_log(lines: Lines) -> None:
    logging.getLogger("service").info("call", extra={"fields": {"Authorization": "Bearer hunter2", "route": "/x"}})
    [line] = lines.all()
    assert line["Authorization"] == "[redacted]"
    assert line["route"] == "/x"


def test_an_error_carries_its_trace_back_on_one_line(lines: Lines) -> None:
    try:
        raise ValueError("odd")
    except ValueError:
        logging.getLogger("other").exception("failed")
    [line] = lines.all()
    assert "ValueError: odd" in line["error"]
