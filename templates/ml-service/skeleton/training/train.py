"""Makes the model: `python -m training.train`. The same data, parameters and code give the same bytes, and so the same version.

A model that is too bad, too uneven between slices, or worse than the one that is served is refused. What is made lies in `models/` and is
served by nobody until `python -m training.promote` names it. `--check` writes nothing but a report, and fails when the model that this
data, these parameters and this code make is not there, was changed, or is refused: so says the pipeline.
"""

from __future__ import annotations

import hashlib
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from service.model import PREDICTION, Model, Reference, WrongModel, parse_model, probability

from . import registry
from .card import card_of
from .data import Data, WrongData, load_data
from .evaluation import evaluate, objections
from .fit import DIGITS, choose_penalty, fit

ROOT = Path(__file__).parents[1]
CODE = ("training/data.py", "training/fit.py", "training/train.py", "src/service/model.py")
"""What a model depends on besides data and parameters."""

BINS = 10
EXAMPLES = 3


def reference_of(values: list[float]) -> Reference:
    """Bins that hold about the same number of values each; what many values equal has one of its own, and none is quite empty."""
    ordered = sorted(values)
    inner = {round(ordered[len(ordered) * part // BINS], DIGITS) for part in range(1, BINS)}
    bounds = tuple(sorted(bound for bound in inner if bound > ordered[0]))
    counts = [0.5] * (len(bounds) + 1)
    for value in values:
        counts[Reference(bounds, ()).bin_of(value)] += 1
    return Reference(bounds, tuple(round(count / sum(counts), DIGITS) for count in counts))


def code_version(root: Path) -> str:
    return hashlib.sha256(b"\0".join((root / name).read_bytes() for name in CODE)).hexdigest()


def make(root: Path, data: Data) -> bytes:
    """The model's file."""
    parameters = json.loads((root / "training" / "parameters.json").read_text(encoding="utf-8"))
    penalty, losses = choose_penalty(data.train, parameters["penalties"], parameters["folds"], parameters["seed"])
    intercept, weights = fit(data.train.features, data.train.labels, penalty)
    predictions = [probability(intercept, weights, row) for row in data.train.features]
    names = [feature.name for feature in data.features]
    references = {name: reference_of([row[index] for row in data.train.features]) for index, name in enumerate(names)}
    references[PREDICTION] = reference_of(predictions)
    content = {
        "features": [asdict(feature) for feature in data.features],
        "intercept": intercept,
        "weights": weights,
        "references": {name: asdict(reference) for name, reference in references.items()},
        "examples": [
            {
                "input": {f.name: int(value) if f.whole else value for f, value in zip(data.features, row, strict=True)},
                "prediction": round(probability(intercept, weights, row), 12),
            }
            for row in data.train.features[:EXAMPLES]
        ],
        "lineage": {
            "data": data.version,
            "code": code_version(root),
            "parameters": parameters,
            "penalty": penalty,
            "losses": losses,
        },
    }
    return (json.dumps(content, indent=2) + "\n").encode()


def judge(root: Path, model: Model, data: Data) -> tuple[dict[str, Any], list[str]]:
    """What a model reaches on the data of today, and why it must not be used. Raises WrongModel when the one that is served is broken."""
    thresholds = json.loads((root / "training" / "thresholds.json").read_text(encoding="utf-8"))
    served = registry.served(root / "models")
    metrics = evaluate(model, data.test)
    return metrics, objections(metrics, thresholds, evaluate(served, data.test) if served else None)


def check(root: Path, data: Data, content: bytes, card: str) -> list[str]:
    """What is wrong with `models/`. Raises WrongModel for a model that was changed."""
    models = root / "models"
    made = parse_model(content).version
    wrong = []
    there = registry.versions(models)
    for version in there:
        # Only what is made and what is served is asked, below: a check must not take longer with every model there ever was.
        registry.verified(models, version)
    if made not in there:
        wrong.append(f"this data, these parameters and this code make version {made}, which is not there: run `make train`, commit it")
    elif (models / made / "card.md").read_text(encoding="utf-8") != card:
        wrong.append(f"models/{made}/card.md is not its card")
    served = registry.served(models)
    if served is None:
        return [*wrong, "no model was promoted: run `make promote`"]
    if (root / "docs" / "model-card.md").read_text(encoding="utf-8") != (models / served.version / "card.md").read_text(encoding="utf-8"):
        wrong.append("docs/model-card.md is not the card of the model that is served: run `make promote`")
    wrong += [f"the model that is served is refused: {objection}" for objection in judge(root, served, data)[1]]
    return wrong


def run(root: Path, *, checking: bool) -> dict[str, Any]:
    """Answers the report. Raises WrongData or WrongModel."""
    data = load_data(root / "data")
    content = make(root, data)
    model = parse_model(content)
    metrics, wrong = judge(root, model, data)
    if wrong:
        raise WrongModel(f"the model is refused: {'; '.join(wrong)}")
    card = card_of(model, data, metrics)
    if checking:
        wrong = check(root, data, content, card)
        if wrong:
            raise WrongModel("; ".join(wrong))
    else:
        registry.add(root / "models", content, card)
    served = registry.served(root / "models")
    return {
        "model": model.version,
        "served": served.version if served else None,
        "data": data.version,
        "code": model.lineage["code"],
        "metrics": metrics,
    }


def main(arguments: list[str]) -> int:
    try:
        report = run(ROOT, checking="--check" in arguments)
    except (WrongData, WrongModel) as error:
        print(error, file=sys.stderr)
        return 1
    reports = ROOT / "build" / "reports"
    reports.mkdir(parents=True, exist_ok=True)
    (reports / "training.json").write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(report))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
