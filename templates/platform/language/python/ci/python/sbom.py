"""Lists what the artifact runs on (CycloneDX 1.6): the project's dependencies, and theirs, in the versions that are installed.

`.venv/bin/python ci/python/sbom.py <name> <version> [extra …]`
"""

from __future__ import annotations

import json
import re
import sys
from importlib import metadata
from pathlib import Path

import tomllib


def name_of(requirement: str) -> str:
    found = re.match(r"[A-Za-z0-9][\w.-]*", requirement)
    return found.group().lower() if found else ""


def closure(requirements: list[str]) -> dict[str, metadata.Distribution]:
    """Installed distributions reachable from the requirements; extras and other platforms' needs are left out."""
    found: dict[str, metadata.Distribution] = {}
    waiting = [name_of(requirement) for requirement in requirements]
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        try:
            found[name] = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            continue
        waiting += [name_of(r) for r in found[name].requires or [] if "extra ==" not in r]
    return found


def main(name: str, version: str, extras: list[str]) -> None:
    project = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))["project"]
    optional = project.get("optional-dependencies", {})
    wanted = [*project.get("dependencies", []), *(r for extra in extras for r in optional.get(extra, []))]
    components = [
        {
            "type": "library",
            "name": dependency,
            "version": distribution.version,
            "purl": f"pkg:pypi/{dependency}@{distribution.version}",
            "bom-ref": f"pkg:pypi/{dependency}@{distribution.version}",
        }
        for dependency, distribution in sorted(closure(wanted).items())
    ]
    if wanted and not components:
        raise SystemExit("the SBOM is empty")
    document = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": {"type": "application", "name": name, "version": version}},
        "components": components,
    }
    print(json.dumps(document, indent=2))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3:])
