"""A studio to open in a terminal: a small film and pictures of one colour each."""

from pathlib import Path
from sqlite3 import Connection

from PIL import Image

from db.connect import connect_studio, writing
from tests.rows import add_small_film

PICTURES = 12


def fill(root: Path, pictures: int = PICTURES) -> None:
    """Add the film and the pictures."""
    db = connect_studio(root)
    add_small_film(db)
    _add_pictures(db, root, pictures)
    db.close()


def _add_pictures(db: Connection, root: Path, count: int) -> None:
    folder = root / "images" / "1"
    folder.mkdir(parents=True)
    with writing(db):
        db.execute("INSERT INTO base VALUES (1, 'b', '/b', 'h', 'sd15', 'epsilon', 64, 64, '', '', 0)")
        db.execute("INSERT INTO generation VALUES (1, '1girl', '', 1, '{}', 0)")
        for number in range(1, count + 1):
            colour = 20 * number % 256, 90, (255 - 20 * number) % 256
            Image.new("RGB", (64, 64), colour).save(folder / f"{number}.png")
            db.execute(
                """INSERT INTO image (id, generation_id, ordinal, state, prompt, negative_prompt, seed, steps, sampler,
                       cfg_scale, width, height, path)
                   VALUES (?, 1, ?, 'done', '1girl', '', 7, 20, 'Euler', 7, 64, 64, ?)""",
                (number, number, f"images/1/{number}.png"),
            )
