"""`python -m engine STUDIO`: run the engine of a studio in the foreground."""

import sys
from pathlib import Path

from db.errors import UserError
from engine.supervisor import main

try:
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "."))
except UserError as error:
    sys.exit(f"kimikoe: {error}")
