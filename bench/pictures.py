"""From a key to the next picture in the cull room, in a terminal of 120×50 cells, by kitty, by sixel and as text.

The pictures are 512×512, as cartoons are drawn, under the light grain that models leave. They are prepared when the key
comes, as they are while a person looks at one; cold ones come ten further on, where nothing is prepared. Where
`textual-image` is installed, or `KIMIKOE_TEXTUAL_IMAGE` names a folder that holds it, its widget shows the same
files in as many cells in the same run.
"""

import os
import re
import sys
import tempfile
from contextlib import closing
from pathlib import Path
from statistics import median

import msgspec

from bench.first_paint import our_command
from bench.harness import Result, at_95, at_most
from bench.picture_studio import FILES, picture_studio
from bench.terminal import Painted
from kimikoe_tui.engine_control import start_engine, stop_engine

SIZE, PICTURES, FIRST_KEYS, READY_KEYS, COLD_KEYS = (120, 50), 360, 3, 40, 30
PREPARING_SECONDS, QUIET_SECONDS = 20.0, 0.25
FIRST_MS, LAST_MS, COARSE_MS, SIXEL_MS, KEY_MS, KIB = 8.0, 16.0, 100.0, 250.0, 16.0, 170.0
METHODS = ("kitty", "sixel", "half")
PICTURE_DATA = re.compile(rb"\x1b(?:_G|P0;1)[^\x1b]*\x1b")
BEGUN = re.compile("\x1b_G|\x1bP0;1|[▘▝▀▖▌▞▛▗▚▐▜▄▙▟█]{2}".encode())
WHOLE = re.compile(rb"\x1b_G[^\x1b]*m=0;[^\x1b]*\x1b|\x1bP0;1[^\x1b]*\x1b")
PAGE, OTHER_KEY, OTHER_WORD = "\x04", "a", b"decision"
COMPARED = "KIMIKOE_TEXTUAL_IMAGE"


class Felt(msgspec.Struct):
    """What a person felt, key by key: milliseconds to the first and the last byte, KiB in all and of the picture alone.

    `coarse` and `whole` are milliseconds until something and until all of a cold picture is there, `other` to the
    first byte of what another key does meanwhile. `cpu` is milliseconds of the processor's time a key, which where the
    machine is busy says more than the others; the next pictures, which are prepared meanwhile, are in it.
    """

    first: list[float] = []
    last: list[float] = []
    kib: list[float] = []
    picture: list[float] = []
    cpu: float = 0.0
    coarse: list[float] = []
    whole: list[float] = []
    other: list[float] = []


def run() -> list[Result]:
    """Milliseconds at the 95th percentile and KiB at the most, each against its limit and against half blocks."""
    with tempfile.TemporaryDirectory() as folder:
        root = picture_studio(Path(folder), PICTURES)
        start_engine(root)
        felt = {method: _cull(root, method) for method in METHODS}
        stop_engine(root)
        others = {method: _compared(root, method) for method in METHODS[:-1]}
    results = [result for method in METHODS[:-1] for result in _results(method, felt[method], felt["half"])]
    return results + [each for method in METHODS[:-1] for each in _against(method, felt[method], others[method])]


def _results(method: str, ours: Felt, text: Felt) -> list[Result]:
    found = [
        at_most(f"{method}: first byte, p95", at_95(ours.first), FIRST_MS, "ms", 1.0),
        at_most(f"{method}: last byte, p95", at_95(ours.last), LAST_MS, "ms", 1.0),
        at_most(f"{method}: last byte, to text", median(ours.last), median(text.last), "ms", 1.0),
        at_most(f"{method}: cold, something, p95", at_95(ours.coarse), COARSE_MS, "ms", 1.0),
        at_most(f"{method}: cold, all of it, p95", at_95(ours.whole), SIXEL_MS, "ms", 1.0),
        at_most(f"{method}: a key meanwhile, p95", at_95(ours.other), KEY_MS, "ms", 1.0),
        at_most(f"{method}: cpu a key and ahead", ours.cpu, text.cpu, "ms", 6.0),
        at_most(f"{method}: all bytes, to text", median(ours.kib), median(text.kib), "KiB", 5.0),
    ]
    limit = [at_most("kitty: a picture", max(ours.picture), KIB, "KiB", 1.0)] if method == "kitty" else []
    return found + limit


def _against(method: str, ours: Felt, theirs: Felt | None) -> list[Result]:
    """Ours against the published widget."""
    if theirs is None:
        return []
    return [
        at_most(f"{method}: last, to textual-image", median(ours.last), median(theirs.last), "ms", 0.5),
        at_most(f"{method}: KiB, to textual-image", median(ours.kib), median(theirs.kib), "KiB", 1.1),
    ]


def _cull(root: Path, method: str) -> Felt:
    """Go from picture to picture, each time when the next ones have been prepared, then by tens, where none is."""
    felt = Felt()
    program = Painted(our_command(root), b"kimikoe", SIZE, {"KIMIKOE_GRAPHICS": method})
    with closing(program):
        program.rest(PREPARING_SECONDS)
        program.press("gc", f"1 of {PICTURES}".encode())
        for _picture in range(FIRST_KEYS):  # before the first are prepared, the frame server has to start
            program.rest(PREPARING_SECONDS)
            program.follow("l", QUIET_SECONDS)
        for _picture in range(READY_KEYS):
            program.rest(PREPARING_SECONDS)
            used = program.cpu_seconds()
            _note(felt, program, "l")
            felt.cpu += (program.cpu_seconds() - used) * 1000 / READY_KEYS
        for _picture in range(COLD_KEYS):
            program.rest(PREPARING_SECONDS)
            _note_cold(felt, program)
    return felt


def _note(felt: Felt, program: Painted, key: str) -> None:
    first, last, data = program.follow(key, QUIET_SECONDS)
    felt.first.append(first * 1000)
    felt.last.append(last * 1000)
    felt.kib.append(len(data) / 1024)
    felt.picture.append(sum(map(len, PICTURE_DATA.findall(data))) / 1024)


def _note_cold(felt: Felt, program: Painted) -> None:
    """A page on, and while its picture is drawn another key."""
    pieces = program.record(PAGE, 0.01)
    began = pieces[-1][0]
    meanwhile = program.record(OTHER_KEY, QUIET_SECONDS)
    felt.other.append(1000 * _seconds_to(re.compile(OTHER_WORD), meanwhile))
    pieces += [(began + seconds, data) for seconds, data in meanwhile]
    felt.coarse.append(1000 * _seconds_to(BEGUN, pieces))
    felt.whole.append(1000 * _seconds_to(WHOLE, pieces))


def _seconds_to(pattern: "re.Pattern[bytes]", pieces: list[tuple[float, bytes]]) -> float:
    """When the first match was whole; the last moment where there is none, as text has no picture's data."""
    seen = b""
    for seconds, data in pieces:
        seen += data
        if pattern.search(seen):
            return seconds
    return pieces[-1][0]


def _compared(root: Path, method: str) -> Felt | None:
    """The same keys in a program with the published widget; None, and a line, where it is not installed."""
    path = os.pathsep.join([os.environ.get(COMPARED, ""), str(Path(__file__).parents[1])])
    files = [str(root / name) for name in FILES]
    command = [sys.executable, "-m", "bench.textual_image_app", method, *files]
    try:
        program = Painted(command, b"painted", SIZE, {"PYTHONPATH": path})
    except (TimeoutError, OSError):
        print(f"textual-image is not installed here; {COMPARED} may name a folder that holds it", file=sys.stderr)
        return None
    felt = Felt()
    with closing(program):
        for _picture in range(FIRST_KEYS):  # before the first are prepared, the frame server has to start
            program.rest(PREPARING_SECONDS)
            program.follow("l", QUIET_SECONDS)
        for _picture in range(READY_KEYS):
            program.rest(PREPARING_SECONDS)
            _note(felt, program, "l")
    return felt
