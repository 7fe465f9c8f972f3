"""Fault experiment: a run is killed half way, again and again, then left to finish.

Hypothesis: nobody ever sees half a result, and the run that finishes gives what an undisturbed one gives. Runbook:
docs/runbooks/fault-interruption.md.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

DAY = "2026-01-01"


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder)
        (data / "input").mkdir()
        lines = "".join(f"{number},0.01\n" for number in range(300_000))
        (data / "input" / f"{DAY}.csv").write_text(f"id,amount\n{lines}", encoding="utf-8")
        result = data / "results" / f"{DAY}.json"
        env = {
            **os.environ,
            "PYTHONPATH": str(Path(__file__).parents[1] / "src"),
            "DATA_DIR": folder,
            "RUN_FOR": DAY,
            "LOG_LEVEL": "warning",
        }
        command = [sys.executable, "-m", "job"]

        begun = time.monotonic()
        subprocess.run(command, env=env, check=True)
        whole = time.monotonic() - begun
        undisturbed = result.read_bytes()
        result.unlink()

        killed = halves = 0
        for part in (0.3, 0.5, 0.7, 0.8, 0.9):
            process = subprocess.Popen(command, env=env)
            time.sleep(whole * part)
            process.kill()
            killed += process.wait() != 0
            if result.exists():
                halves += result.read_bytes() != undisturbed
                result.unlink()
        code = subprocess.run(command, env=env, check=False).returncode
        same = result.exists() and result.read_bytes() == undisturbed
    print(json.dumps({"killed": killed, "halfResults": halves, "exitCode": code, "sameResult": same}))
    if killed == 0 or halves or code != 0 or not same:
        print("The hypothesis does not hold.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
