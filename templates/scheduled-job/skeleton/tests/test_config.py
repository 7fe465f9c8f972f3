from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from job.config import ConfigError, load_config


def test_the_defaults_work_on_a_laptop() -> None:
    config = load_config({}, datetime(2026, 3, 1, 0, 30, tzinfo=UTC))
    assert config.day == date(2026, 2, 28)
    assert config.deadline == 600
    assert config.environment == "development"
    assert config.pushgateway is None


@pytest.mark.parametrize(
    ("env", "variable"),
    [
        ({"RUN_FOR": "yesterday"}, "RUN_FOR"),
        ({"RUN_FOR": "2026-02-30"}, "RUN_FOR"),
        ({"LOG_LEVEL": "loud"}, "LOG_LEVEL"),
        ({"DEADLINE_SECONDS": "0"}, "DEADLINE_SECONDS"),
        ({"DEADLINE_SECONDS": "soon"}, "DEADLINE_SECONDS"),
        ({"PUSHGATEWAY_URL": "gateway:9091"}, "PUSHGATEWAY_URL"),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "collector"}, "OTEL_EXPORTER_OTLP_ENDPOINT"),
    ],
)
def test_refuses(env: dict[str, str], variable: str) -> None:
    with pytest.raises(ConfigError, match=variable):
        load_config(env)


def test_names_every_problem_at_once() -> None:
    with pytest.raises(ConfigError) as caught:
        load_config({"RUN_FOR": "x", "LOG_LEVEL": "y"})
    assert len(caught.value.problems) == 2
