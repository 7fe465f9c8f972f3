"""What the model does, measured: predictions, what they were made from, and what they should look like according to training.

Drift is worked out by Prometheus, from the counts of all replicas over a day (`observability/prometheus/model/rules.yaml`); a process
knows neither the other replicas nor yesterday.
"""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client import Counter, Histogram
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from .config import SERVICE_NAME
from .metrics import Metrics
from .model import Model


class PredictionMetrics(Metrics):
    """The service's metrics and those of its model; without a model only what was asked of it in vain."""

    def __init__(self, version: str, environment: str, model: Model | None) -> None:
        super().__init__(version, environment)
        self._predictions = Counter(
            "predictions_total",
            "Predictions made, by version of the model.",
            ("service", "model"),
            registry=self._registry,
        )
        self._seconds = Histogram(
            "prediction_duration_seconds",
            "Time the model takes for a prediction, in seconds.",
            ("service", "model"),
            buckets=(0.00001, 0.00003, 0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1),
            registry=self._registry,
        )
        self._values = Counter(
            "prediction_values_total",
            "Values predictions were made from, and predictions, by bin of the reference that training recorded.",
            ("service", "model", "feature", "bin"),
            registry=self._registry,
        )
        self._refused = Counter(
            "predictions_refused_total",
            "Predictions refused because of their input, by the feature at fault.",
            ("service", "feature"),
            registry=self._registry,
        )
        self._model = model
        if model:
            # Counts begin at 0, so that Prometheus sees the first one as an increase.
            self._predictions.labels(SERVICE_NAME, model.version)
            for name, reference in model.references.items():
                for index in range(len(reference.shares)):
                    self._values.labels(SERVICE_NAME, model.version, name, str(index))
            for feature in ("body", *(feature.name for feature in model.features)):
                self._refused.labels(SERVICE_NAME, feature)

    def count_prediction(self, model: Model, values: list[float], prediction: float, seconds: float) -> None:
        self._predictions.labels(SERVICE_NAME, model.version).inc()
        self._seconds.labels(SERVICE_NAME, model.version).observe(seconds)
        for name, index in model.bins(values, prediction).items():
            self._values.labels(SERVICE_NAME, model.version, name, str(index)).inc()

    def count_refusal(self, feature: str) -> None:
        """`feature` is one of the model's, or `body`: never a caller's word."""
        self._refused.labels(SERVICE_NAME, feature).inc()

    def _collectors(self) -> list[Collector]:
        return [*super()._collectors(), *([ModelCollector(self._model)] if self._model else [])]


class ModelCollector(Collector):
    """What does not change while the process lives, so that no file has to be shared for it."""

    def __init__(self, model: Model) -> None:
        self._model = model

    def collect(self) -> Iterator[Metric]:
        model = self._model
        info = GaugeMetricFamily("model_info", "Always 1; the labels say which model serves.", labels=("service", "model", "data"))
        info.add_metric((SERVICE_NAME, model.version, str(model.lineage["data"])[:12]), 1)
        yield info
        shares = GaugeMetricFamily(
            "model_reference_ratio",
            "Share of training's values in each bin: what the counts are held against.",
            labels=("service", "model", "feature", "bin"),
        )
        for name, reference in model.references.items():
            for index, share in enumerate(reference.shares):
                shares.add_metric((SERVICE_NAME, model.version, name, str(index)), share)
        yield shares
