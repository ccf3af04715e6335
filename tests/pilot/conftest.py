"""A studio with a small film and pictures, and the program over it with a frame server of our own."""

import sys
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from sqlite3 import Connection

import pytest
from PIL import Image
from textual.pilot import Pilot

from db import pictures
from db.connect import writing
from kimikoe_tui.app import KimikoeApp
from kimikoe_tui.pixels import FrameServer
from kimikoe_tui.screens.cull import CullRoom
from kimikoe_tui.screens.frames import FramesRoom
from tests.rows import add_small_film

FAKE_SERVER = [sys.executable, str(Path(__file__).with_name("fake_frame_server.py"))]
PATIENCE = 500

Open = Callable[..., AbstractAsyncContextManager[tuple[KimikoeApp, Pilot[None]]]]


async def until(pilot: Pilot[None], holds: Callable[[], object], pauses: int = PATIENCE) -> None:
    """Let the program run until something holds; fails where it never does."""
    for _pause in range(pauses):
        await pilot.pause()
        if holds():
            return
        await pilot.pause(0.01)
    raise AssertionError(f"never came true: {holds}")


def add_base(db: Connection) -> None:
    """A base model's row, and the LoRA `film-1`."""
    with writing(db):
        db.execute(
            """INSERT INTO base (id, name, source, sha256, architecture, prediction_type, width, height, added_at)
               VALUES (1, 'base', '/nowhere', 'cc', 'sd15', 'epsilon', 64, 64, 0)"""
        )
        db.execute(
            """INSERT INTO lora (id, name, path, sha256, tensors_sha256, sshs_hash, made_at)
               VALUES (1, 'film-1', 'loras/film-1.safetensors', 'd', 'e', 'f', 0)"""
        )


def add_pictures(db: Connection, root: Path, count: int, prompt: str = "1girl <film-1:0.7>") -> list[int]:
    """Finished pictures, each of one colour, each with two film frames it resembles; returns their ids."""
    settings = pictures.PictureSettings(prompt=prompt, negative_prompt="hat", count=count, seed=100)
    generation_id = pictures.plan(db, 1, settings)
    rows = db.execute("SELECT id FROM image WHERE generation_id = ? ORDER BY id", (generation_id,))
    image_ids = [int(row["id"]) for row in rows]
    for image_id in image_ids:
        finish_picture(db, root, image_id)
    return image_ids


def finish_picture(db: Connection, root: Path, image_id: int) -> None:
    """Draw a planned picture."""
    path = Path("images") / f"{image_id}.png"
    (root / "images").mkdir(exist_ok=True)
    Image.new("RGB", (64, 64), (image_id, 100, 200)).save(root / path)
    with writing(db):
        db.execute("UPDATE image SET state = 'done', path = ? WHERE id = ?", (str(path), image_id))
        db.execute("INSERT INTO match VALUES (?, 1, 1, 51, 0.93, 'cosine', 'v1', 0.8)", (image_id,))
        db.execute("INSERT INTO match VALUES (?, 2, 1, 61, 0.81, 'cosine', 'v1', 0.8)", (image_id,))
        db.execute("INSERT INTO image_score VALUES (?, 1, 1, 240)", (image_id,))
        pictures.announce_done(db, image_id)


@pytest.fixture
def studio(studio_root: Path, db: Connection) -> Path:
    """A studio with the small film, a base, a LoRA, and no pictures."""
    add_small_film(db)
    add_base(db)
    return studio_root


@pytest.fixture
def open_studio(studio: Path) -> Open:
    """Opens the program on the studio, as often as wanted."""

    @asynccontextmanager
    async def opened(*keys: str, size: tuple[int, int] = (120, 40), start_engine=None):  # type: ignore[no-untyped-def]
        app = KimikoeApp(studio, start_engine, FrameServer([*FAKE_SERVER, str(studio)], studio / "logs" / "pixels.log"))
        async with app.run_test(size=size) as pilot:
            await pilot.press(*keys)
            yield app, pilot

    return opened


def ratings(db: Connection) -> dict[int, tuple[int | None, int, int]]:
    """By picture: (stars, rejected, unseen)."""
    return {
        row["image_id"]: (row["stars"], row["rejected"], row["unseen"])
        for row in db.execute("SELECT image_id, stars, rejected, unseen FROM rating")
    }


def verdicts(db: Connection, tag: str) -> dict[int, tuple[int, str]]:
    """By frame: (present, how) of one tag."""
    rows = db.execute(
        "SELECT frame_number, present, how FROM verdict v JOIN tag t ON t.id = v.tag_id WHERE t.name = ?", (tag,)
    )
    return {row["frame_number"]: (row["present"], row["how"]) for row in rows}


def cull_room(app: KimikoeApp) -> CullRoom:
    """The open room, which is the cull room."""
    assert isinstance(app.room, CullRoom)
    return app.room


async def drawn(app: KimikoeApp, pilot: Pilot[None], image_id: int) -> None:
    """Wait until a picture has reached the terminal."""
    await until(pilot, lambda: isinstance(app.room, CullRoom) and app.room.picture.painted == image_id)


def frames_room(app: KimikoeApp) -> FramesRoom:
    """The open room, which is the frames room."""
    assert isinstance(app.room, FramesRoom)
    return app.room


async def looked_at(app: KimikoeApp, pilot: Pilot[None], number: int) -> None:
    """Wait until a frame's tags are shown."""
    await until(
        pilot,
        lambda: isinstance(app.room, FramesRoom) and app.room.here is not None and app.room.here.frame.number == number,
    )
