"""The terminal's memory with the frames listed of a film of 170,000 frames, against a trivial Textual app."""

import tempfile
from pathlib import Path

from bench.first_paint import OUR_WORD, TRIVIAL, TRIVIAL_WORD, our_command
from bench.harness import Result, at_most
from bench.studio import LONG, long_studio
from bench.terminal import Painted
from kimikoe_tui.engine_control import start_engine, stop_engine

SETTLE_SECONDS = 3.0
FRAMES_ROOM = "gf"


def run() -> list[Result]:
    """Resident megabytes once the frame list has settled; at most 2.5 times the trivial app."""
    with tempfile.TemporaryDirectory() as folder:
        root = long_studio(Path(folder))
        start_engine(root)
        program = Painted(our_command(root), OUR_WORD)
        program.press(FRAMES_ROOM, f"{LONG:,} frames".encode())
        ours = _settled_megabytes(program)
        trivial = _settled_megabytes(Painted(TRIVIAL, TRIVIAL_WORD))
        stop_engine(root)
    return [at_most("tui_memory", ours, trivial, "MB", 2.5)]


def _settled_megabytes(program: Painted) -> float:
    program.settle(SETTLE_SECONDS)
    megabytes = program.rss() / 2**20
    program.close()
    return megabytes
