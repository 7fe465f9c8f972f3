"""What people have to know before they use a model, written from the model itself."""

from __future__ import annotations

from typing import Any

from service.model import Model

from .data import Data

USE = """How likely it is that a delivery arrives late, when it leaves the warehouse: to tell the customer, and to plan. It is an example,
made from synthetic data; it says nothing about real deliveries."""

LIMITS = """- It knows the columns below and nothing else: no traffic, no driver, no holidays.
- It is not for decisions about people. It was never looked at for what it does to groups of them, beyond the slices below.
- Inputs outside the ranges below are refused, not guessed."""


def card_of(model: Model, data: Data, metrics: dict[str, Any]) -> str:
    """Markdown. The same model and data give the same card."""
    lineage = model.lineage
    lines = [
        "# Model card",
        "",
        f"Version `{model.version}`, logistic regression.",
        "",
        "## What it is for",
        "",
        USE,
        "",
        "## What it must not be used for",
        "",
        LIMITS,
        "",
        "## What it was made from",
        "",
        "| | |",
        "| --- | --- |",
        f"| Data | {data.description} |",
        f"| Version of the data (`data/manifest.json`) | `{data.version[:12]}` |",
        f"| Rows to learn from, to judge by | {len(data.train.labels)}, {len(data.test.labels)} |",
        f"| Predicts | `{data.label}`, true for {sum(data.train.labels) / len(data.train.labels):.1%} of the rows |",
        f"| Code | `{lineage['code'][:12]}` |",
        f"| Seed, folds | {lineage['parameters']['seed']}, {lineage['parameters']['folds']} |",
        f"| Penalty | {lineage['penalty']:g}, of {', '.join(f'{name} (loss {loss})' for name, loss in lineage['losses'].items())} |",
        "",
        "| Feature | From | To | Weight |",
        "| --- | --- | --- | --- |",
        *(f"| `{f.name}` | {f.lowest:g} | {f.highest:g} | {weight:g} |" for f, weight in zip(model.features, model.weights, strict=True)),
        "",
        "## How good it was when it was made",
        "",
        f"On {metrics['rows']} rows it had not seen: AUC {metrics['auc']} (0.5 is chance, 1 is perfect), log loss {metrics['log_loss']}.",
        "",
        f"| {data.slice} | AUC |",
        "| --- | --- |",
        *(f"| {name} | {value} |" for name, value in metrics["auc_by_slice"].items()),
    ]
    return "\n".join(lines) + "\n"
