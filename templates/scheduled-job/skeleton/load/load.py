"""Load test tied to the deadline: `RECORDS=200000 DEADLINE_SECONDS=600 python load/load.py`.

Runs the job on far more than a day brings, and fails when it takes more than half of its deadline: what grows needs room.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

RECORDS = int(os.environ.get("RECORDS", "200000"))
DEADLINE = int(os.environ["DEADLINE_SECONDS"])


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder)
        (data / "input").mkdir()
        lines = "".join(f"{number},0.01\n" for number in range(RECORDS))
        (data / "input" / "2026-01-01.csv").write_text(f"id,amount\n{lines}", encoding="utf-8")
        env = {
            **os.environ,
            "PYTHONPATH": str(Path(__file__).parents[1] / "src"),
            "DATA_DIR": folder,
            "RUN_FOR": "2026-01-01",
            "LOG_LEVEL": "warning",
        }
        started = time.monotonic()
        code = subprocess.run([sys.executable, "-m", "job"], env=env, check=False).returncode
        seconds = time.monotonic() - started
    print(json.dumps({"records": RECORDS, "seconds": round(seconds, 2), "deadlineSeconds": DEADLINE, "exitCode": code}))
    if code != 0 or seconds > DEADLINE / 2:
        print("The job does not keep its deadline under this load.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
