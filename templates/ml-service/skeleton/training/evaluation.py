"""Whether a model may be used: how good it is on data it has not seen, as a whole, for each slice, and beside the model that is served."""

from __future__ import annotations

from typing import Any

from service.model import Model

from .data import Rows
from .fit import auc, log_loss


def evaluate(model: Model, rows: Rows) -> dict[str, Any]:
    guesses = [model.predict(row) for row in rows.features]
    slices = {}
    for name in sorted(set(rows.slices)):
        chosen = [index for index, value in enumerate(rows.slices) if value == name]
        slices[name] = round(auc([rows.labels[i] for i in chosen], [guesses[i] for i in chosen]), 4)
    return {
        "rows": len(rows.labels),
        "auc": round(auc(rows.labels, guesses), 4),
        "log_loss": round(log_loss(rows.labels, guesses), 4),
        "auc_by_slice": slices,
    }


def objections(metrics: dict[str, Any], thresholds: dict[str, float], served: dict[str, Any] | None) -> list[str]:
    """Why a model must not be used; nothing when it may be. `served`: what the model that is served reaches on the same rows."""
    found = []
    if metrics["auc"] < thresholds["lowest_auc"]:
        found.append(f"its AUC is {metrics['auc']}; {thresholds['lowest_auc']} is the least")
    lowest, worst = min((value, name) for name, value in metrics["auc_by_slice"].items())
    gap = round(metrics["auc"] - lowest, 4)
    if gap > thresholds["largest_slice_gap"]:
        found.append(f"its AUC is {gap} lower for {worst} than as a whole; {thresholds['largest_slice_gap']} is the most")
    if served and metrics["auc"] < served["auc"] - thresholds["largest_loss"]:
        found.append(f"its AUC is {metrics['auc']}, that of the model that is served {served['auc']}")
    return found
