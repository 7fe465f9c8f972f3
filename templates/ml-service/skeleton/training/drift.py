"""The drift check: is what predictions are made from still what the model was made from? `python -m training.drift`

Compares a day of live values with the reference that training recorded, by the population stability index (PSI) of each feature and of the
predictions: below 0.1 nothing happened, from 0.25 on it is another world. The same is alerted on (`observability/prometheus/model`); this
says besides which values moved, for whoever has to decide. PROMETHEUS_URL: counts of all replicas over a day. METRICS_URL: those of one
replica since it started. Exit 1: drift. 75: too little to go by.
"""

from __future__ import annotations

import json
import math
import os
import re
import sys
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from service.config import SERVICE_NAME
from service.model import Reference, WrongModel

from . import registry
from .train import ROOT

LIMIT = 0.25
WATCH = 0.1
LEAST = 500
"""Fewer values say nothing: their PSI is mostly chance. The same numbers are in observability/prometheus/model/rules.yaml."""

EX_TEMPFAIL = 75
SECONDS = 20

Counts = dict[str, dict[str, dict[int, float]]]
"""By version of the model, feature and bin."""


class Unknown(Exception):  # noqa: N818 - says what it is
    """Nothing can be said."""


@dataclass(frozen=True)
class Drift:
    feature: str
    psi: float
    values: float
    moved: str
    """The bin that adds most, in words."""


def drift_of(feature: str, reference: Reference, counts: Mapping[int, float]) -> Drift:
    """Half a value is added to every bin, as in the reference: an empty one would be infinitely far away."""
    bins = range(len(reference.shares))
    total = math.fsum(counts.get(index, 0.0) + 0.5 for index in bins)
    parts = []
    for index, expected in enumerate(reference.shares):
        found = (counts.get(index, 0.0) + 0.5) / total
        parts.append(((found - expected) * math.log(found / expected), index, found, expected))
    _, index, found, expected = max(parts)
    moved = f"{words_of(reference, index)}: {found:.0%} of the values, {expected:.0%} in training"
    return Drift(feature, math.fsum(part for part, *_ in parts), math.fsum(counts.values()), moved)


def words_of(reference: Reference, index: int) -> str:
    """Which values a bin holds."""
    lower = f"from {reference.bounds[index - 1]:g}" if index > 0 else ""
    upper = f"below {reference.bounds[index]:g}" if index < len(reference.bounds) else ""
    return " to ".join(part for part in (lower, upper) if part) if upper else f"{lower} on".strip()


def fetch(url: str) -> str:
    if not url.startswith(("http://", "https://")):
        raise Unknown("the address is no http(s) URL")
    try:
        with urllib.request.urlopen(url, timeout=SECONDS) as response:  # noqa: S310 - checked above
            return str(response.read().decode())
    except (OSError, ValueError) as error:
        raise Unknown(f"{url.split('?')[0]} does not answer: {error}") from error


def from_prometheus(url: str) -> Counts:
    query = f'sum by (model, feature, bin) (increase(prediction_values_total{{service="{SERVICE_NAME}", environment!="staging"}}[1d]))'
    answer = fetch(f"{url.rstrip('/')}/api/v1/query?{urllib.parse.urlencode({'query': query})}")
    try:
        series = [(sample["metric"], float(sample["value"][1])) for sample in json.loads(answer)["data"]["result"]]
        return gather(series)
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise Unknown(f"Prometheus answers something else than values: {error!r}") from error


def from_metrics(url: str) -> Counts:
    series = []
    for labels, value in re.findall(r"^prediction_values_total\{(.*)\} (\S+)$", fetch(url), re.MULTILINE):
        series.append((dict(re.findall(r'(\w+)="([^"]*)"', labels)), float(value)))
    return gather(series)


def gather(series: list[tuple[dict[str, str], float]]) -> Counts:
    counts: Counts = {}
    for labels, value in series:
        counts.setdefault(labels["model"], {}).setdefault(labels["feature"], {})[int(labels["bin"])] = value
    return counts


def look(counts: Counts, models: Path) -> dict[str, list[Drift]]:
    """By version of the model; those with too few values are left out. Raises Unknown when none is left, WrongModel for one nobody made."""
    found = {}
    for version, features in sorted(counts.items()):
        if max(math.fsum(bins.values()) for bins in features.values()) < LEAST:
            continue
        references = registry.read(models, version).references
        found[version] = [drift_of(name, references[name], bins) for name, bins in sorted(features.items()) if name in references]
    if not found:
        raise Unknown(f"there are fewer than {LEAST} predictions to go by")
    return found


def verdict(drift: Drift) -> str:
    return "DRIFT" if drift.psi > LIMIT else ("watch" if drift.psi > WATCH else "as in training")


def main(env: Mapping[str, str], root: Path = ROOT) -> int:
    prometheus, metrics = env.get("PROMETHEUS_URL"), env.get("METRICS_URL")
    try:
        if not prometheus and not metrics:
            raise Unknown("neither PROMETHEUS_URL nor METRICS_URL is set")
        found = look(from_prometheus(prometheus) if prometheus else from_metrics(str(metrics)), root / "models")
    except Unknown as error:
        print(f"NOT RUN: drift: {error}", file=sys.stderr)
        return EX_TEMPFAIL
    except WrongModel as error:
        print(f"what serves cannot be compared: {error}", file=sys.stderr)
        return 1
    report: dict[str, Any] = {}
    for version, drifts in found.items():
        print(f"model {version}")
        for drift in drifts:
            print(f"  {drift.feature:<20} PSI {drift.psi:6.3f} of {drift.values:8.0f} values: {verdict(drift)}; {drift.moved}")
        report[version] = [{"feature": d.feature, "psi": round(d.psi, 4), "values": round(d.values), "moved": d.moved} for d in drifts]
    reports = root / "build" / "reports"
    reports.mkdir(parents=True, exist_ok=True)
    (reports / "drift.json").write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    drifted = sorted({drift.feature for drifts in found.values() for drift in drifts if drift.psi > LIMIT})
    if drifted:
        print(f"{', '.join(drifted)}: not what the model was made from; docs/runbooks/drift.md says what to do", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(os.environ))
