"""Does this machine provide what pyproject.toml asks for? Prints what falls short of a locked installation; exit 1 when it does not do.

Run with the interpreter in question. Dependencies and the tools of the tests are needed; what belongs to the other extras may be missing.
"""

from __future__ import annotations

import re
import sys
from importlib import metadata
from pathlib import Path

import tomllib

# ruff is seen to by ci/lint.sh.
NEEDED_TOOLS = ("pytest", "mypy")


def numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version)[:3])


def satisfied(requirement: str) -> bool:
    """Is the requirement (a name and a lowest version) met?"""
    name, _, lowest = requirement.partition(">=")
    try:
        found = metadata.version(name.strip())
    except metadata.PackageNotFoundError:
        return False
    return numbers(found) >= numbers(lowest.split(",")[0])


def main() -> int:
    project = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))["project"]
    needed = [*project.get("dependencies", []), *NEEDED_TOOLS]
    if not all(satisfied(requirement) for requirement in needed):
        return 1
    versions = ", ".join(f"{name} {metadata.version(name)}" for name in (re.split(r"[<>=~!]", r)[0] for r in needed))
    print(f"requirements.txt: the package index does not answer; this machine's own packages serve ({versions})")
    extras = project.get("optional-dependencies", {})
    missing = [
        requirement
        for extra, requirements in extras.items()
        if extra != "dev"
        for requirement in requirements
        if not satisfied(requirement)
    ]
    if missing:
        print(f"{', '.join(sorted(extras.keys() - {'dev'}))}: {', '.join(missing)} not installed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
