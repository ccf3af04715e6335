"""The terminal's first paint on a studio, against a trivial Textual app."""

import sys
import tempfile
from pathlib import Path
from statistics import median

from bench.harness import Result, at_most
from bench.studio import small_studio
from bench.terminal import Painted
from kimikoe_tui.engine_control import start_engine, stop_engine

ROUNDS = 7
TRIVIAL = [sys.executable, "-m", "bench.trivial_app"]
TRIVIAL_WORD, OUR_WORD = b"painted", b"kimikoe"


def run() -> list[Result]:
    """Seconds from the start of the process to the first word on the screen; at most 1.6 times the trivial app."""
    with tempfile.TemporaryDirectory() as folder:
        root = small_studio(Path(folder))
        start_engine(root)
        times: tuple[list[float], list[float]] = ([], [])
        for _round in range(ROUNDS):
            times[0].append(_seconds(our_command(root), OUR_WORD))
            times[1].append(_seconds(TRIVIAL, TRIVIAL_WORD))
        stop_engine(root)
    return [at_most("first_paint", 1000 * median(times[0]), 1000 * median(times[1]), "ms", 1.6)]


def our_command(root: Path) -> list[str]:
    """What a person types to open a studio."""
    return [sys.executable, "-m", "kimikoe_tui", "--studio", str(root)]


def _seconds(command: list[str], word: bytes) -> float:
    program = Painted(command, word)
    program.close()
    return program.seconds
