"""The example's model, logistic regression, and how good it is. Replace it with what the problem needs, scikit-learn for instance:
what is asked of it is the same weights for the same data, parameters and seed, on every machine.
"""

from __future__ import annotations

import math
from random import Random

from service.model import probability

from .data import Rows

DIGITS = 6
"""Beyond this the mathematics of two machines may differ."""

STEPS = 50
CLOSE_ENOUGH = 1e-10


def solve(matrix: list[list[float]], vector: list[float]) -> list[float]:
    """The solution of a system of linear equations, by elimination with the largest pivot."""
    size = len(vector)
    rows = [[*row, value] for row, value in zip(matrix, vector, strict=True)]
    for column in range(size):
        pivot = max(range(column, size), key=lambda index: abs(rows[index][column]))
        rows[column], rows[pivot] = rows[pivot], rows[column]
        for below in range(column + 1, size):
            factor = rows[below][column] / rows[column][column]
            rows[below] = [b - factor * a for a, b in zip(rows[column], rows[below], strict=True)]
    solution = [0.0] * size
    for index in reversed(range(size)):
        known = math.fsum(rows[index][other] * solution[other] for other in range(index + 1, size))
        solution[index] = (rows[index][size] - known) / rows[index][index]
    return solution


def fit(rows: list[list[float]], labels: list[int], penalty: float) -> tuple[float, list[float]]:
    """Intercept and weights on the features as they come, so that what serves needs no scaling. `penalty` draws weights to nought (L2)."""
    width = len(rows[0])
    means = [math.fsum(column) / len(rows) for column in zip(*rows, strict=True)]
    scales = [
        math.sqrt(math.fsum((value - mean) ** 2 for value in column) / len(rows)) or 1.0
        for column, mean in zip(zip(*rows, strict=True), means, strict=True)
    ]
    scaled = [[1.0, *((value - mean) / scale for value, mean, scale in zip(row, means, scales, strict=True))] for row in rows]
    weights = [0.0] * (width + 1)
    # Newton's method: no rate of learning to choose, and no chance involved.
    for _ in range(STEPS):
        gradient = [0.0] + [penalty * weight for weight in weights[1:]]
        curvature = [[penalty if i == j and i > 0 else 0.0 for j in range(width + 1)] for i in range(width + 1)]
        for row, label in zip(scaled, labels, strict=True):
            guess = probability(0.0, weights, row)
            slope, bend = guess - label, guess * (1 - guess)
            for i, x in enumerate(row):
                gradient[i] += slope * x
                for j in range(i + 1):
                    curvature[i][j] += bend * x * row[j]
        for i in range(width + 1):
            for j in range(i):
                curvature[j][i] = curvature[i][j]
        change = solve(curvature, gradient)
        weights = [weight - step for weight, step in zip(weights, change, strict=True)]
        if max(abs(step) for step in change) < CLOSE_ENOUGH:
            break
    slopes = [weight / scale for weight, scale in zip(weights[1:], scales, strict=True)]
    intercept = weights[0] - math.fsum(slope * mean for slope, mean in zip(slopes, means, strict=True))
    return round(intercept, DIGITS), [round(slope, DIGITS) for slope in slopes]


def auc(labels: list[int], guesses: list[float]) -> float:
    """How often a late one is guessed to be later than one that was not: 0.5 is chance, 1 is always. Equal guesses count half."""
    order = sorted(range(len(guesses)), key=lambda index: guesses[index])
    ranks = [0.0] * len(guesses)
    start = 0
    while start < len(order):
        end = start
        while end + 1 < len(order) and guesses[order[end + 1]] == guesses[order[start]]:
            end += 1
        for place in range(start, end + 1):
            ranks[order[place]] = (start + end) / 2 + 1
        start = end + 1
    positives = sum(labels)
    negatives = len(labels) - positives
    total = math.fsum(rank for rank, label in zip(ranks, labels, strict=True) if label)
    return (total - positives * (positives + 1) / 2) / (positives * negatives)


def log_loss(labels: list[int], guesses: list[float]) -> float:
    """Mean surprise, in nats: 0 is never surprised."""
    kept = [min(max(guess, 1e-12), 1 - 1e-12) for guess in guesses]
    return -math.fsum(math.log(guess if label else 1 - guess) for label, guess in zip(labels, kept, strict=True)) / len(labels)


def choose_penalty(rows: Rows, penalties: list[float], folds: int, seed: int) -> tuple[float, dict[str, float]]:
    """The penalty with the least log loss on rows left out of the fit, and the loss of each. `seed` decides which rows go together."""
    order = list(range(len(rows.labels)))
    Random(seed).shuffle(order)  # noqa: S311 - chance, not secrecy
    losses = {}
    for penalty in penalties:
        found = []
        for fold in range(folds):
            left_out = order[fold::folds]
            kept = sorted(set(order) - set(left_out))
            intercept, weights = fit([rows.features[i] for i in kept], [rows.labels[i] for i in kept], penalty)
            guesses = [probability(intercept, weights, rows.features[i]) for i in left_out]
            found.append(log_loss([rows.labels[i] for i in left_out], guesses))
        losses[f"{penalty:g}"] = round(math.fsum(found) / folds, 4)
    return min(penalties, key=lambda penalty: (losses[f"{penalty:g}"], -penalty)), losses
