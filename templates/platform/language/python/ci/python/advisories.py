"""Asks OSV (https://osv.dev) for known vulnerabilities of what a lock names: `python3 ci/python/advisories.py requirements.txt`.

Exit 0: none that is fixed in another version. 1: there is one; update, or allow it in pyproject.toml until a day, for a reason:
`[tool.advisories.allowed]` with `GHSA-… = "2026-12-31"`. 75: the advisory service did not answer, or with something else.
`OSV_API` names a mirror.
"""

from __future__ import annotations

import datetime
import json
import os
import re
import sys
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

import tomllib

API = os.environ.get("OSV_API") or "https://api.osv.dev"
# Queries of one request, and seconds for an answer.
BATCH = 500
PATIENCE = 20


def pinned(text: str) -> list[tuple[str, str]]:
    """Names and versions of a lock; ci/python/lock_check.py has seen that each has one."""
    found = re.findall(r"^([A-Za-z0-9][\w.-]*)(?:\[[\w,-]+\])?==([\w.!+]+)", text, re.MULTILINE)
    return [(re.sub(r"[-_.]+", "-", name).lower(), version) for name, version in found]


def ask(path: str, body: Any = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(API + path, data, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=PATIENCE) as response:
        return json.load(response)


def advisories(packages: list[tuple[str, str]]) -> dict[str, set[tuple[str, str]]]:
    """Ids of advisories, each with the packages it is about. An answer may come in pages."""
    found: dict[str, set[tuple[str, str]]] = {}
    waiting: list[tuple[tuple[str, str], str]] = [(package, "") for package in packages]
    while waiting:
        now, waiting = waiting[:BATCH], waiting[BATCH:]
        queries = [
            {"package": {"name": name, "ecosystem": "PyPI"}, "version": version, **({"page_token": token} if token else {})}
            for (name, version), token in now
        ]
        results = ask("/v1/querybatch", {"queries": queries})["results"]
        if len(results) != len(queries):
            raise ValueError(f"{len(queries)} questions, {len(results)} answers")
        for (package, _), result in zip(now, results, strict=True):
            for advisory in result.get("vulns") or []:
                found.setdefault(advisory["id"], set()).add(package)
            if result.get("next_page_token"):
                waiting.append((package, result["next_page_token"]))
    return found


def fixes(advisory: dict[str, Any], name: str) -> list[str]:
    """Versions of a package in which it is fixed."""
    return sorted(
        {
            event["fixed"]
            for affected in advisory.get("affected") or []
            if re.sub(r"[-_.]+", "-", affected.get("package", {}).get("name", "")).lower() == name
            for span in affected.get("ranges") or []
            if span.get("type") != "GIT"
            for event in span.get("events") or []
            if "fixed" in event
        }
    )


def main(lock: str) -> int:
    project = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))
    today = datetime.datetime.now(datetime.UTC).date()
    allowed: dict[str, datetime.date] = {}
    for identifier, day in project.get("tool", {}).get("advisories", {}).get("allowed", {}).items():
        try:
            allowed[identifier] = datetime.date.fromisoformat(str(day))
        except ValueError:
            print(f"  pyproject.toml: {identifier} is allowed until {day!r}, which is no day", file=sys.stderr)
            return 1
    wrong = 0
    try:
        for identifier, packages in sorted(advisories(pinned(Path(lock).read_text(encoding="utf-8"))).items()):
            advisory = ask(f"/v1/vulns/{urllib.parse.quote(identifier)}")
            if advisory.get("withdrawn"):
                continue
            # One vulnerability has several names.
            names = [identifier, *(advisory.get("aliases") or [])]
            until = max((allowed[known] for known in names if known in allowed), default=None)
            for name, version in sorted(packages):
                fixed = fixes(advisory, name)
                if not fixed:
                    verdict = "no version fixes it yet"
                elif until and until >= today:
                    verdict = f"allowed until {until}"
                else:
                    verdict = f"fixed in {', '.join(fixed)}" + (f"; it was allowed until {until}" if until else "")
                    wrong += 1
                print(f"  {name} {version}: {identifier}: {advisory.get('summary', '')} ({verdict})", file=sys.stderr)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        # Nothing that answers otherwise is taken for a clean bill.
        print(f"  {API}: {error}", file=sys.stderr)
        return 1 if wrong else 75
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
