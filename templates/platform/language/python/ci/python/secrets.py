"""Looks for secrets in the files named on standard input (NUL-separated): `git ls-files -z | python3 ci/python/secrets.py`.

Exit 1 when one is found. What is found is named by kind and place, never printed.
"""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

KINDS = {
    "a private key": r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY(?: BLOCK)?-----",
    "a GitHub token": r"\bgh[oprsu]_[A-Za-z0-9]{36,255}\b|\bgithub_pat_[A-Za-z0-9_]{60,}\b",
    "a GitLab token": r"\bgl(?:pat|dt|rt|cbt|ptt|soat)-[A-Za-z0-9_-]{20,}",
    "an AWS access key": r"\b(?:AKIA|ASIA)[A-Z2-7]{16}\b",
    "a Google API key": r"\bAIza[A-Za-z0-9_-]{35}\b",
    "a Slack token": r"\bxox[abeprs]-[A-Za-z0-9-]{10,}",
    "a Stripe key": r"\b[rs]k_live_[A-Za-z0-9]{20,}\b",
    "an npm token": r"\bnpm_[A-Za-z0-9]{36}\b",
    "a PyPI token": r"\bpypi-AgE[A-Za-z0-9_-]{50,}",
    "a JSON web token": r"\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}",
    "a password in an address": r"\b[a-z][a-z0-9+.-]{0,30}://[^\s/:@'\"$<{]+:[^\s/:@'\"$<{]{6,}@[\w.-]+",
}
PATTERN = re.compile("|".join(f"(?P<k{i}>{pattern})" for i, pattern in enumerate(KINDS.values())))
NAMES = list(KINDS)


def main() -> int:
    found = 0
    for name in map(os.fsdecode, filter(None, sys.stdin.buffer.read().split(b"\0"))):
        try:
            # In whatever encoding: a secret is ASCII, with zeros between its letters in UTF-16 and UTF-32; what is around it may be anything.
            text = Path(name).read_bytes().replace(b"\0", b"").decode("utf-8", "replace")
        except (IsADirectoryError, FileNotFoundError):
            continue
        for number, line in enumerate(text.splitlines(), start=1):
            match = PATTERN.search(line)
            if match and match.lastgroup:
                print(f"  {name}:{number}: {NAMES[int(match.lastgroup[1:])]}", file=sys.stderr)
                found += 1
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
