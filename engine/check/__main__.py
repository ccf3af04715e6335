"""`python -m engine.check STUDIO [--repair] [--from BACKUP]`: what is not as rows tell, as lines of JSON."""

import argparse
import sys
from pathlib import Path

import msgspec

from db.errors import UserError
from db.findings import Told
from engine.check.whole import check_studio


def _tell(told: Told) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(told) + b"\n")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m engine.check")
    parser.add_argument("studio", type=Path)
    parser.add_argument("--repair", action="store_true")
    parser.add_argument("--from", dest="backup", type=Path)
    options = parser.parse_args()
    try:
        check_studio(options.studio.resolve(), _tell, repair=options.repair, backup=options.backup)
    except UserError as error:
        sys.exit(f"kimikoe: {error}")
