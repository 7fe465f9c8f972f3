from __future__ import annotations

import io
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from service.app import create_app
from service.config import Config, load_config
from service.drain import Drain
from service.logs import configure_logging

ROOT = Path(__file__).parents[1]


@pytest.fixture
def config() -> Config:
    return load_config({"SERVICE_VERSION": "1.2.3-abc", "DEPLOYMENT_ENVIRONMENT": "test"})


@pytest.fixture
def drain() -> Drain:
    return Drain()


@pytest.fixture
def app(config: Config, drain: Drain) -> Flask:
    return create_app(config, drain)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """What training reads and writes, in a folder of its own."""
    for part in ("data", "models", "training", "src", "docs"):
        shutil.copytree(ROOT / part, tmp_path / part, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


class Lines:
    """What the service logged."""

    def __init__(self) -> None:
        self.stream = io.StringIO()

    @property
    def text(self) -> str:
        return self.stream.getvalue()

    def all(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.text.splitlines()]


@pytest.fixture
def lines(config: Config) -> Lines:
    lines = Lines()
    configure_logging(config, lines.stream)
    return lines
