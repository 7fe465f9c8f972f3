"""The model, as training left it: found by its digest, checked, and asked. Training scores and bins with this very code.

`models/current.json` names the version that is served; `models/<version>/model.json` is that version, and the version is the beginning of
its SHA-256. Nothing else can be served.
"""

from __future__ import annotations

import hashlib
import json
import math
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MODELS = Path(__file__).parents[2] / "models"
"""Beside the sources in a checkout, beside the libraries in an artifact."""

PREDICTION = "prediction"
"""What a prediction is called among the features, where both are counted."""

VERSION_DIGITS = 12
TOLERANCE = 1e-9


class WrongModel(Exception):  # noqa: N818 - says what it is
    """There is no model, it is not the one that was promoted, or it does not answer as it did in training."""


class WrongInput(Exception):  # noqa: N818 - says what it is
    """A prediction cannot be made from this; `feature` is what is at fault."""

    def __init__(self, feature: str, reason: str) -> None:
        super().__init__(f"{feature} {reason}")
        self.feature = feature


@dataclass(frozen=True)
class Reference:
    """How the values of a feature were spread in training: `shares` of them lie in the bins between `bounds`, and add up to 1."""

    bounds: tuple[float, ...]
    shares: tuple[float, ...]

    def bin_of(self, value: float) -> int:
        """A value on a bound is in the bin above it."""
        return bisect_right(self.bounds, value)


@dataclass(frozen=True)
class Feature:
    name: str
    lowest: float
    highest: float
    whole: bool

    def read(self, value: object) -> float:
        """Raises WrongInput for what training would have refused too."""
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise WrongInput(self.name, "must be a number")
        if not self.lowest <= value <= self.highest:
            raise WrongInput(self.name, f"must be from {self.lowest:g} to {self.highest:g}")
        if self.whole and value != int(value):
            raise WrongInput(self.name, "must be a whole number")
        return float(value)


@dataclass(frozen=True)
class Model:
    version: str
    digest: str
    features: tuple[Feature, ...]
    intercept: float
    weights: tuple[float, ...]
    references: Mapping[str, Reference]
    """By feature, and of the predictions themselves under PREDICTION."""
    examples: tuple[Mapping[str, Any], ...]
    """Inputs with what training predicted from them."""
    lineage: Mapping[str, Any]

    def read(self, body: object) -> list[float]:
        """The values of a request in the model's order. Raises WrongInput."""
        if not isinstance(body, dict):
            raise WrongInput("body", "must be an object")
        known = {feature.name for feature in self.features}
        unknown = sorted(str(name) for name in body if name not in known)
        if unknown:
            raise WrongInput("body", f"holds what the model does not know: {unknown[0][:100]}")
        for feature in self.features:
            if feature.name not in body:
                raise WrongInput(feature.name, "is missing")
        return [feature.read(body[feature.name]) for feature in self.features]

    def predict(self, values: list[float]) -> float:
        """How likely it is, from 0 to 1."""
        return probability(self.intercept, self.weights, values)

    def bins(self, values: list[float], prediction: float) -> dict[str, int]:
        """Which bin of its reference each value is in, and the prediction."""
        by_name = dict(zip((feature.name for feature in self.features), values, strict=True))
        return {name: reference.bin_of(by_name.get(name, prediction)) for name, reference in self.references.items()}


def probability(intercept: float, weights: tuple[float, ...] | list[float], values: list[float]) -> float:
    """The logistic function, without an overflow for what is far away."""
    logit = math.fsum((intercept, *(weight * value for weight, value in zip(weights, values, strict=True))))
    return 1 / (1 + math.exp(-logit)) if logit >= 0 else math.exp(logit) / (1 + math.exp(logit))


def version_of(content: bytes) -> tuple[str, str]:
    """Version and SHA-256 of a model's file."""
    digest = hashlib.sha256(content).hexdigest()
    return digest[:VERSION_DIGITS], digest


def parse_model(content: bytes) -> Model:
    """Raises WrongModel when it is no model, or answers its own examples in another way than in training."""
    version, digest = version_of(content)
    try:
        fields = json.loads(content)
        model = Model(
            version=version,
            digest=digest,
            features=tuple(Feature(**feature) for feature in fields["features"]),
            intercept=float(fields["intercept"]),
            weights=tuple(float(weight) for weight in fields["weights"]),
            references={
                name: Reference(tuple(reference["bounds"]), tuple(reference["shares"])) for name, reference in fields["references"].items()
            },
            examples=tuple(fields["examples"]),
            lineage=fields["lineage"],
        )
        answered = [(example["prediction"], model.predict(model.read(example["input"]))) for example in model.examples]
    except (ValueError, KeyError, TypeError, AttributeError, WrongInput) as error:
        raise WrongModel(f"version {version} is no model this service can read: {error!r}") from error
    # Asked this way round, because what is no number is not within anything.
    if not answered or not all(abs(expected - found) <= TOLERANCE for expected, found in answered):
        raise WrongModel(f"version {version} does not answer its examples as it did in training")
    return model


def load_model(folder: Path = MODELS) -> Model:
    """The model that was promoted. Raises WrongModel, also for one that was changed after training."""
    try:
        current = json.loads((folder / "current.json").read_text(encoding="utf-8"))
        version, digest = str(current["version"]), str(current["sha256"])
        content = (folder / Path(version).name / "model.json").read_bytes()
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise WrongModel(f"no model was promoted, or it is not there: {error!r}") from error
    if version_of(content) != (version, digest):
        raise WrongModel(f"version {version} is not what was promoted: its digest is {version_of(content)[1]}")
    return parse_model(content)
