"""`python -m tests.crash.rehearsal --minutes 60`: the demo's loop again and again, with everything going wrong.

One studio lies on a small disk. Its engine is killed in every way, its jobs are paused by hand, its disk fills and is
emptied; one person walks through its rooms all the time, another comes and goes. A second studio plays the same rounds
undisturbed. After each round both must hold the same; at the end also what the report says must be true, memory flat,
and everything as its rows tell. Ends with 1 where anything is not.
"""

import argparse
import os
import sys
import tempfile
from pathlib import Path

from tests.crash.rehearsal.play import rehearse


def main() -> int:
    """Run one; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.crash.rehearsal", description=__doc__)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path, help="where to work; kept afterwards")
    options = parser.parse_args()
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    if options.folder:
        options.folder.mkdir(parents=True, exist_ok=True)
        return _told(rehearse(options.folder.resolve(), options.minutes, options.seed))
    with tempfile.TemporaryDirectory() as folder:
        return _told(rehearse(Path(folder), options.minutes, options.seed))


def _told(faults: list[str]) -> int:
    for fault in faults:
        print(f"WRONG  {fault}")
    print("wrong: see above" if faults else "nothing was lost")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
