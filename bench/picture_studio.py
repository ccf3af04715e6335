"""A studio with many finished pictures, of which few are drawn."""

import random
from pathlib import Path

from PIL import Image, ImageDraw

from bench.studio import small_studio
from db.connect import connect_studio, writing

SIDE, DRAWN = 512, 16
FILES = [f"images/{number}.png" for number in range(1, DRAWN + 1)]


def picture_studio(folder: Path, count: int) -> Path:
    """A studio with `count` pictures of 512×512."""
    root = small_studio(folder)
    (root / "images").mkdir(exist_ok=True)
    for seed, name in enumerate(FILES):
        drawn(seed).save(root / name)
    db = connect_studio(root)
    with writing(db):
        db.execute("INSERT INTO base VALUES (1, 'b', '/b', 'h', 'sd15', 'epsilon', 64, 64, '', '', 0)")
        db.execute("INSERT INTO generation VALUES (1, '1girl', '', 1, '{}', 0)")
        db.executemany(
            """INSERT INTO image (id, generation_id, ordinal, state, prompt, negative_prompt, seed, steps, sampler,
                   cfg_scale, width, height, path)
               VALUES (?, 1, ?, 'done', '1girl', '', 7, 20, 'Euler', 7, ?, ?, ?)""",
            ((number, number, SIDE, SIDE, FILES[number % DRAWN]) for number in range(1, count + 1)),
        )
    db.close()
    return root


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
