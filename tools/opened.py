"""`python -m tools.opened STUDIO`: the terminal program on a studio whose engine does not run."""

import sys
from pathlib import Path

from kimikoe_tui.app import run_studio
from kimikoe_tui.graphics.detect import Detection
from kimikoe_tui.graphics.known import known_terminals

if __name__ == "__main__":
    with Detection(known_terminals()) as detection:
        run_studio(Path(sys.argv[1]), None, detection)
