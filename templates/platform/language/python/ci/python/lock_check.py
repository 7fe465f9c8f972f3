"""Every dependency of a lock names exactly one version, none comes from an address. Exit 1: not so. Exit 75: so, but without hashes."""

from __future__ import annotations

import re
import sys
from pathlib import Path

PINNED = re.compile(r"[A-Za-z0-9][\w.-]*(\[[\w,-]+\])?==[\w.!+]+(\s*;.*)?")


def entries(text: str) -> list[tuple[str, bool]]:
    """Requirements of a lock, each with whether it carries a hash; a backslash carries a line on."""
    found = []
    for line in re.sub(r"\\\n", " ", text).splitlines():
        requirement, _, hashes = re.sub(r"(^|\s)#.*$", "", line).partition("--hash=")
        if requirement.strip() and not requirement.startswith(("-r ", "--requirement ")):
            found.append((requirement.strip(), bool(hashes)))
    return found


def main(names: list[str]) -> int:
    wrong = 0
    without = 0
    for name in names:
        for requirement, hashed in entries(Path(name).read_text(encoding="utf-8")):
            if not PINNED.fullmatch(requirement):
                print(f"  {name}: {requirement}: not one version from the index", file=sys.stderr)
                wrong += 1
            without += not hashed
    if wrong:
        return 1
    return 75 if without else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
