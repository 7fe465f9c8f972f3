"""Where flags come from: a flag service where OFREP_ENDPOINT names one, FEATURE_FLAGS elsewhere."""

from __future__ import annotations

from collections.abc import Callable

from .config import SERVICE_NAME, Config
from .flags import EnvironmentProvider, EvaluationContext, Flags, Provider
from .ofrep import OfrepProvider


def create_flags(config: Config, on_error: Callable[[str, str], None] = lambda _flag, _code: None) -> Flags:
    """The flags of one process. What every question says of this service comes before what a call adds."""
    provider: Provider
    if config.ofrep_endpoint:
        provider = OfrepProvider(config.ofrep_endpoint, config.ofrep_headers, config.ofrep_timeout)
    else:
        provider = EnvironmentProvider(config.flags_on)
    context = EvaluationContext(SERVICE_NAME, {"service": SERVICE_NAME, "environment": config.environment, "version": config.version})
    return Flags(provider, context, on_error)
