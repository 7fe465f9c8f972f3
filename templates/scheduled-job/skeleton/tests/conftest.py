from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

from job.config import Config, load_config
from job.logs import configure_logging


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return load_config(
        {
            "SERVICE_VERSION": "1.2.3-abc",
            "DEPLOYMENT_ENVIRONMENT": "test",
            "RUN_FOR": "2026-11-20",
            "DATA_DIR": str(tmp_path),
            "DEADLINE_SECONDS": "5",
            "TRACEPARENT": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        }
    )


class Lines:
    """What the job logged."""

    def __init__(self) -> None:
        self.stream = io.StringIO()

    def all(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.stream.getvalue().splitlines()]


@pytest.fixture
def lines(config: Config) -> Lines:
    lines = Lines()
    configure_logging(config, lines.stream)
    return lines
