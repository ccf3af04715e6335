"""From a key to the next picture in the cull room, in a terminal of 120×50 cells, by kitty, by sixel and as text.

The pictures are 512×512, as cartoons are drawn, under the light grain that models leave; the next ones are prepared
when the key comes, as they are while a person looks at one.
"""

import random
import re
import tempfile
from contextlib import closing
from pathlib import Path
from statistics import median

import msgspec
from PIL import Image, ImageDraw

from bench.first_paint import our_command
from bench.harness import Result, at_most
from bench.studio import small_studio
from bench.terminal import Painted
from db.connect import connect_studio, writing
from kimikoe_tui.engine_control import start_engine, stop_engine

SIZE, SIDE, PICTURES = (120, 50), 512, 16
PREPARING_SECONDS, QUIET_SECONDS = 20.0, 0.25
FIRST_MS, LAST_MS, KIB = 8.0, 16.0, 170.0
METHODS = ("kitty", "sixel", "half")
PICTURE_DATA = re.compile(rb"\x1b(?:_G|P0;1)[^\x1b]*\x1b")


class Felt(msgspec.Struct):
    """What a person felt, key by key: milliseconds to the first and the last byte, KiB in all and of the picture alone.

    `cpu` is milliseconds of the processor's time a key, which where the machine is busy says more than the others; the
    next pictures, which are prepared meanwhile, are in it.
    """

    first: list[float] = []
    last: list[float] = []
    kib: list[float] = []
    picture: list[float] = []
    cpu: float = 0.0


def run() -> list[Result]:
    """Milliseconds at the 95th percentile and KiB at the most, each against its limit and against half blocks."""
    with tempfile.TemporaryDirectory() as folder:
        root = small_studio(Path(folder))
        add_pictures(root)
        start_engine(root)
        felt = {method: _cull(root, method) for method in METHODS}
        stop_engine(root)
    return [result for method in METHODS[:-1] for result in _results(method, felt[method], felt["half"])]


def _results(method: str, ours: Felt, text: Felt) -> list[Result]:
    found = [
        at_most(f"{method}: first byte, p95", _p95(ours.first), FIRST_MS, "ms", 1.0),
        at_most(f"{method}: last byte, p95", _p95(ours.last), LAST_MS, "ms", 1.0),
        at_most(f"{method}: last byte, to text", median(ours.last), median(text.last), "ms", 1.0),
        at_most(f"{method}: cpu a key and ahead", ours.cpu, text.cpu, "ms", 6.0),
        at_most(f"{method}: all bytes, to text", median(ours.kib), median(text.kib), "KiB", 5.0),
    ]
    limit = [at_most("kitty: a picture", max(ours.picture), KIB, "KiB", 1.0)] if method == "kitty" else []
    return found + limit


def _p95(values: list[float]) -> float:
    return sorted(values)[int(0.95 * len(values))]


def _cull(root: Path, method: str) -> Felt:
    """Go from picture to picture, each time when the next ones have been prepared."""
    felt, keys = Felt(), PICTURES - 4
    program = Painted(our_command(root), b"kimikoe", SIZE, {"KIMIKOE_GRAPHICS": method})
    with closing(program):
        program.rest(PREPARING_SECONDS)
        program.press("gc", f"1 of {PICTURES}".encode())
        for _picture in range(keys):
            program.rest(PREPARING_SECONDS)
            used = program.cpu_seconds()
            first, last, data = program.follow("l", QUIET_SECONDS)
            felt.cpu += (program.cpu_seconds() - used) * 1000 / keys
            felt.first.append(first * 1000)
            felt.last.append(last * 1000)
            felt.kib.append(len(data) / 1024)
            felt.picture.append(sum(map(len, PICTURE_DATA.findall(data))) / 1024)
    return felt


def add_pictures(root: Path) -> None:
    """Finished pictures, and their files."""
    folder = root / "images"
    folder.mkdir(exist_ok=True)
    db = connect_studio(root)
    with writing(db):
        db.execute("INSERT INTO base VALUES (1, 'b', '/b', 'h', 'sd15', 'epsilon', 64, 64, '', '', 0)")
        db.execute("INSERT INTO generation VALUES (1, '1girl', '', 1, '{}', 0)")
        for number in range(1, PICTURES + 1):
            drawn(number).save(folder / f"{number}.png")
            db.execute(
                """INSERT INTO image (id, generation_id, ordinal, state, prompt, negative_prompt, seed, steps, sampler,
                       cfg_scale, width, height, path)
                   VALUES (?, 1, ?, 'done', '1girl', '', 7, 20, 'Euler', 7, ?, ?, ?)""",
                (number, number, SIDE, SIDE, f"images/{number}.png"),
            )
    db.close()


def drawn(seed: int) -> Image.Image:
    """Flat colours and dark outlines under light grain."""
    chance = random.Random(seed)
    image = Image.new("RGB", (2 * SIDE, 2 * SIDE), (180, 200, 230))
    draw = ImageDraw.Draw(image)
    for _shape in range(40):
        x, y, wide = chance.randrange(2 * SIDE), chance.randrange(2 * SIDE), chance.randrange(40, 340)
        high = int(wide * (0.2 + 0.8 * chance.random()))
        colour = (chance.randrange(256), chance.randrange(256), chance.randrange(256))
        draw.ellipse((x - wide, y - high, x + wide, y + high), fill=colour, outline=(20, 10, 10), width=6)
    image = image.resize((SIDE, SIDE), Image.Resampling.LANCZOS)
    grain = Image.frombytes("L", (SIDE, SIDE), chance.randbytes(SIDE * SIDE))
    return Image.blend(image, Image.merge("RGB", (grain, grain, grain)), 0.03)
