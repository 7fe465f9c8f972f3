from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from service.model import WrongModel, load_model
from training import registry
from training.data import Rows, WrongData
from training.evaluation import objections
from training.fit import auc, choose_penalty, fit, log_loss, solve
from training.promote import promote
from training.train import reference_of, run

THRESHOLDS = {"lowest_auc": 0.75, "largest_slice_gap": 0.08, "largest_loss": 0.01}
GOOD: dict[str, Any] = {"auc": 0.86, "auc_by_slice": {"east": 0.85, "west": 0.87}}


def change(file: Path, **fields: object) -> None:
    file.write_text(json.dumps({**json.loads(file.read_text()), **fields}))


def test_what_is_committed_is_what_training_makes(checkout: Path) -> None:
    report = run(checkout, checking=True)
    assert report["model"] in registry.versions(checkout / "models")
    assert report["served"] == load_model(checkout / "models").version


def test_makes_the_same_bytes_twice(checkout: Path) -> None:
    # With another seed, so that it is not the one that is there already.
    change(checkout / "training" / "parameters.json", seed=3)
    file = checkout / "models" / run(checkout, checking=False)["model"] / "model.json"
    before = file.read_bytes()
    file.unlink()
    run(checkout, checking=False)
    assert file.read_bytes() == before


def test_another_seed_is_another_model_that_nobody_serves_before_it_is_promoted(checkout: Path) -> None:
    models = checkout / "models"
    served = load_model(models).version
    change(checkout / "training" / "parameters.json", seed=2)
    with pytest.raises(WrongModel, match="which is not there: run `make train`"):
        run(checkout, checking=True)
    made = run(checkout, checking=False)["model"]
    assert made != served
    assert load_model(models).version == served
    run(checkout, checking=True)
    assert promote(checkout, made) == made
    assert load_model(models).version == made
    assert made in (checkout / "docs" / "model-card.md").read_text()
    run(checkout, checking=True)
    # And back.
    assert promote(checkout, served) == served
    assert load_model(models).version == served


def test_changed_data_makes_no_model(checkout: Path) -> None:
    file = checkout / "data" / "train.csv"
    file.write_text(file.read_text().replace("1.7,", "1.8,", 1))
    with pytest.raises(WrongData):
        run(checkout, checking=False)


def test_a_model_below_its_threshold_is_neither_made_nor_promoted(checkout: Path) -> None:
    change(checkout / "training" / "thresholds.json", lowest_auc=0.99)
    with pytest.raises(WrongModel, match=r"the model is refused: its AUC is .*; 0\.99 is the least"):
        run(checkout, checking=False)
    with pytest.raises(WrongModel, match="is refused"):
        promote(checkout, None)


def test_a_model_that_was_changed_is_noticed(checkout: Path) -> None:
    models = checkout / "models"
    other = registry.add(models, (models / load_model(models).version / "model.json").read_bytes() + b"\n", "")
    (models / other / "model.json").write_bytes(b"{}")
    with pytest.raises(WrongModel, match="was changed after it was made"):
        run(checkout, checking=True)


def test_the_docs_show_the_card_of_what_is_served(checkout: Path) -> None:
    (checkout / "docs" / "model-card.md").write_text("# Model card\n")
    with pytest.raises(WrongModel, match="is not the card of the model that is served"):
        run(checkout, checking=True)


def test_a_repository_without_a_promoted_model_is_told_so(checkout: Path) -> None:
    (checkout / "models" / "current.json").unlink()
    with pytest.raises(WrongModel, match="run `make promote`"):
        run(checkout, checking=True)


@pytest.mark.parametrize(
    ("metrics", "served", "words"),
    [
        (GOOD, None, []),
        (GOOD, {"auc": 0.87}, []),
        (GOOD, {"auc": 0.88}, ["that of the model that is served 0.88"]),
        ({**GOOD, "auc": 0.74}, None, ["0.75 is the least"]),
        ({"auc": 0.86, "auc_by_slice": {"east": 0.77, "west": 0.9}}, None, ["0.09 lower for east"]),
        ({"auc": 0.7, "auc_by_slice": {"east": 0.6}}, {"auc": 0.8}, ["the least", "lower for east", "that is served"]),
    ],
)
def test_objects(metrics: dict[str, Any], served: dict[str, Any] | None, words: list[str]) -> None:
    found = objections(metrics, THRESHOLDS, served)
    assert len(found) == len(words)
    assert all(word in objection for word, objection in zip(words, found, strict=True))


def test_solves_equations_that_need_a_pivot() -> None:
    assert solve([[0.0, 2.0], [3.0, 1.0]], [4.0, 5.0]) == pytest.approx([1.0, 2.0])


def test_fits_what_made_the_data() -> None:
    rows = [[float(x)] for x in range(20) for _ in range(2)]
    labels = [int(x + half * 3 > 10) for x in range(20) for half in range(2)]
    intercept, [weight] = fit(rows, labels, 0.01)
    assert weight > 0
    assert -intercept / weight == pytest.approx(9, abs=1)


def test_the_seed_alone_decides_which_rows_go_together() -> None:
    rows = Rows([[float(x % 7), float(x % 3)] for x in range(90)], [int(x % 7 + x % 5 > 5) for x in range(90)], ["all"] * 90)
    once, again, other = (choose_penalty(rows, [0.1, 10], 3, seed) for seed in (1, 1, 2))
    assert once == again
    assert once != other


@pytest.mark.parametrize(
    ("guesses", "expected"),
    [([0.1, 0.2, 0.8, 0.9], 1.0), ([0.9, 0.8, 0.2, 0.1], 0.0), ([0.5, 0.5, 0.5, 0.5], 0.5), ([0.1, 0.8, 0.2, 0.9], 0.75)],
)
def test_auc(guesses: list[float], expected: float) -> None:
    assert auc([0, 0, 1, 1], guesses) == expected


def test_log_loss_of_a_sure_mistake_is_large_and_finite() -> None:
    assert log_loss([0, 1], [0.5, 0.5]) == pytest.approx(0.6931, abs=1e-4)
    assert 20 < log_loss([1], [0.0]) < 30


def test_a_reference_has_no_empty_bin_and_adds_up_to_1() -> None:
    reference = reference_of([0.0] * 50 + [float(x) for x in range(1, 51)])
    assert sum(reference.shares) == pytest.approx(1, abs=1e-4)
    assert min(reference.shares) > 0
    # What half of the values equal is one bin.
    assert reference.shares[0] == pytest.approx(0.5, abs=0.05)
