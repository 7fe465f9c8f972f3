from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from service.model import Reference, load_model
from training.drift import drift_of, main

MODEL = load_model()
REFERENCE = Reference((1.0, 2.0), (0.25, 0.25, 0.5))


@pytest.mark.parametrize(
    ("counts", "psi", "moved"),
    [
        ({0: 250, 1: 250, 2: 500}, 0.0, ""),
        ({0: 600, 1: 250, 2: 150}, 0.7278, "from 2 on: 15% of the values, 50% in training"),
        ({0: 600, 1: 50, 2: 350}, 0.6818, "from 1 to below 2: 5% of the values, 25% in training"),
        ({0: 1000}, 6.0397, "from 2 on: 0% of the values, 50% in training"),
    ],
)
def test_psi(counts: dict[int, float], psi: float, moved: str) -> None:
    drift = drift_of("distance", REFERENCE, counts)
    assert drift.psi == pytest.approx(psi, abs=0.01)
    assert moved in drift.moved


def scrape(factor: float, first: float = 1.0) -> str:
    """Counts as training had them, or with `first` times as many of the shortest ways."""
    lines = []
    for name, reference in MODEL.references.items():
        for index, share in enumerate(reference.shares):
            count = share * factor * (first if name == "distance_km" and index == 0 else 1)
            lines.append(f'prediction_values_total{{bin="{index}",feature="{name}",model="{MODEL.version}",service="x"}} {count}')
    return "\n".join(lines) + "\n"


@pytest.fixture
def site() -> Iterator[tuple[str, dict[str, str]]]:
    """A server that answers what it is told to, by path."""
    answers: dict[str, str] = {}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer = answers.get(self.path.split("?")[0])
            self.send_response(200 if answer is not None else 404)
            self.end_headers()
            self.wfile.write((answer or "").encode())

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", answers
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(
    ("metrics", "code", "words"),
    [
        (scrape(1000), 0, "as in training"),
        (scrape(1000, first=8), 1, "distance_km: not what the model was made from"),
        (scrape(100, first=8), 75, "NOT RUN: drift: there are fewer than 500 predictions"),
        ("", 75, "NOT RUN: drift: there are fewer than 500 predictions"),
        (scrape(1000).replace(MODEL.version, "abc"), 1, "there is no version abc"),
        (None, 75, "NOT RUN: drift"),
    ],
)
def test_says_what_changed(
    site: tuple[str, dict[str, str]], checkout: Path, capsys: pytest.CaptureFixture[str], metrics: str | None, code: int, words: str
) -> None:
    url, answers = site
    if metrics is not None:
        answers["/metrics"] = metrics
    assert main({"METRICS_URL": f"{url}/metrics"}, checkout) == code
    said = capsys.readouterr()
    assert words in said.out + said.err


def test_asks_prometheus_for_all_replicas(site: tuple[str, dict[str, str]], checkout: Path) -> None:
    url, answers = site
    answers["/api/v1/query"] = json.dumps(
        {
            "data": {
                "result": [
                    {
                        "metric": {"model": MODEL.version, "feature": name, "bin": str(index)},
                        "value": [0, str(share * 1000)],
                    }
                    for name, reference in MODEL.references.items()
                    for index, share in enumerate(reference.shares)
                ]
            }
        }
    )
    assert main({"PROMETHEUS_URL": url, "METRICS_URL": "http://127.0.0.1:9/"}, checkout) == 0
    report = json.loads((checkout / "build" / "reports" / "drift.json").read_text())
    assert {drift["feature"] for drift in report[MODEL.version]} == set(MODEL.references)


@pytest.mark.parametrize("answer", ["", "[]", '{"data": {"result": [{}]}}'])
def test_an_answer_that_is_none_says_nothing(site: tuple[str, dict[str, str]], checkout: Path, answer: str) -> None:
    url, answers = site
    answers["/api/v1/query"] = answer
    assert main({"PROMETHEUS_URL": url}, checkout) == 75


@pytest.mark.parametrize("env", [{}, {"PROMETHEUS_URL": "file:///etc/passwd"}])
def test_says_that_it_could_not_look(env: dict[str, str], capsys: pytest.CaptureFixture[str], checkout: Path) -> None:
    assert main(env, checkout) == 75
    assert "NOT RUN: drift" in capsys.readouterr().err
