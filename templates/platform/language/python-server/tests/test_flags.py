from __future__ import annotations

import logging
from collections.abc import Mapping

import pytest

from service.config import SERVICE_NAME, load_config
from service.flag_source import create_flags
from service.flags import FLAGS, LOG_AGAIN_SECONDS, EnvironmentProvider, EvaluationContext, FlagEvaluationDetails, Flags, Resolution
from service.metrics import Metrics

from .conftest import Lines

FLAG = FLAGS[0]


class Answers:
    """A provider that answers always the same, and remembers what it was asked."""

    def __init__(self, answer: Resolution | Exception) -> None:
        self.answer = answer
        self.contexts: list[EvaluationContext] = []

    def resolve(self, flag_key: str, context: EvaluationContext) -> Resolution:
        self.contexts.append(context)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def test_flags_are_off_unless_the_environment_names_them() -> None:
    assert create_flags(load_config({})).get_boolean_details(FLAG, True) == FlagEvaluationDetails(FLAG, False, "off", "STATIC")
    on = create_flags(load_config({"FEATURE_FLAGS": f" {FLAG} ,"}))
    assert on.get_boolean_details(FLAG, False) == FlagEvaluationDetails(FLAG, True, "on", "STATIC")


def test_a_flag_that_is_none_is_not_found() -> None:
    assert EnvironmentProvider([]).resolve("no-such-flag", EvaluationContext()).error_code == "FLAG_NOT_FOUND"


@pytest.mark.parametrize("default", [True, False])
@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (Resolution(error_code="FLAG_NOT_FOUND", error_message="who?"), "FLAG_NOT_FOUND"),
        (Resolution(value=True, error_code="PARSE_ERROR"), "PARSE_ERROR"),
        (Resolution(value="true"), "TYPE_MISMATCH"),
        (Resolution(value=1), "TYPE_MISMATCH"),
        (RuntimeError("a provider with a fault"), "GENERAL"),
    ],
)
def test_what_is_no_answer_is_the_default_an_error_and_never_an_exception(answer: Resolution | Exception, code: str, default: bool) -> None:
    errors: list[tuple[str, str]] = []
    flags = Flags(Answers(answer), on_error=lambda flag, error: errors.append((flag, error)))
    details = flags.get_boolean_details(FLAG, default)
    assert (details.value, details.reason, details.error_code, details.variant) == (default, "ERROR", code, None)
    assert flags.get_boolean_value(FLAG, default) is default
    assert errors == [(FLAG, code)] * 2


@pytest.mark.parametrize("default", [True, False])
def test_a_service_may_leave_it_to_the_code(default: bool) -> None:
    details = Flags(Answers(Resolution(variant="control", reason="DEFAULT"))).get_boolean_details(FLAG, default)
    assert details == FlagEvaluationDetails(FLAG, default, "control", "DEFAULT")


def test_what_a_call_says_counts_before_what_the_service_says_of_itself() -> None:
    provider = Answers(Resolution(value=True))
    own = EvaluationContext("ledger", {"environment": "test", "version": "1"})
    flags = Flags(provider, own)
    flags.get_boolean_value(FLAG, False)
    flags.get_boolean_value(FLAG, False, EvaluationContext("user-1", {"version": "2", "plan": "gold"}))
    flags.get_boolean_value(FLAG, False, EvaluationContext(attributes={"plan": "gold"}))
    merged: list[tuple[str | None, Mapping[str, object]]] = [(context.targeting_key, context.attributes) for context in provider.contexts]
    assert merged == [
        ("ledger", {"environment": "test", "version": "1"}),
        ("user-1", {"environment": "test", "version": "2", "plan": "gold"}),
        ("ledger", {"environment": "test", "version": "1", "plan": "gold"}),
    ]


def test_trouble_is_counted_every_time_and_logged_once_in_a_while(lines: Lines, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr("service.flags.time.monotonic", lambda: now)
    metrics = Metrics("1", "test")
    flags = Flags(Answers(Resolution(error_code="GENERAL", error_message="refused")), on_error=metrics.count_flag_error)
    for _ in range(3):
        flags.get_boolean_value(FLAG, False)
    now += LOG_AGAIN_SECONDS
    flags.get_boolean_value(FLAG, False)
    logging.getLogger("service").info("end")
    first, second, _ = lines.all()
    assert (first["level"], first["flag"], first["error_code"], first["reason"]) == ("warning", FLAG, "GENERAL", "refused")
    assert second["msg"] == first["msg"]
    counted = f'feature_flag_errors_total{{environment="test",error_code="GENERAL",flag="{FLAG}",service="{SERVICE_NAME}"}} 4.0'
    assert counted in metrics.scrape().decode()
