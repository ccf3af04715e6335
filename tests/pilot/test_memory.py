"""Memory stays flat however many pictures are gone through: the process's, and its terminal's."""

import asyncio
import gc
import os
from pathlib import Path
from sqlite3 import Connection

import psutil
import pytest

from db.connect import writing
from kimikoe_tui.screens.cull import CullRoom
from kimikoe_tui.widgets import real_pixels, sending
from kimikoe_tui.widgets.sending import SendsPictures
from tests.pilot.conftest import add_pictures, cull_room, drawn
from tests.pilot.test_real_pixels import program
from tests.terminal.decoder.emulator import KITTY, Emulator
from tests.terminal.pictures import drawn_picture

pytestmark = pytest.mark.slow
PICTURES, WARM_UP, FILES = 2_000, 200, 8
SIDE, TURNS = 256, 30_000
SIZE = 100, 30
MOST_GROWTH = 16 * 2**20
"""A twentieth of what the pixels of the pictures take, and a third of what is sent of them, or less."""


def add_many(db: Connection, root: Path) -> list[int]:
    """Pictures of which few are drawn and all the others are links to them."""
    ids = add_pictures(db, root, FILES)
    for image_id in ids:
        drawn_picture(SIDE, image_id).save(root / "images" / f"{image_id}.png")
    with writing(db):
        rows = db.execute(
            """WITH RECURSIVE more(n) AS (SELECT ?1 UNION ALL SELECT n + 1 FROM more WHERE n + 1 < ?2)
               INSERT INTO image (generation_id, ordinal, state, prompt, negative_prompt, seed, steps, sampler,
                   cfg_scale, width, height)
               SELECT generation_id, n, 'done', prompt, negative_prompt, seed, steps, sampler, cfg_scale, width, height
               FROM more JOIN image ON id = ?3 RETURNING id""",
            (FILES, PICTURES, ids[0]),
        ).fetchall()
    for row in rows:
        name = f"images/{row['id']}.png"
        os.link(root / "images" / f"{ids[row['id'] % FILES]}.png", root / name)
        db.execute("UPDATE image SET path = ? WHERE id = ?", (name, row["id"]))
    return [*ids, *(row["id"] for row in rows)]


def resident() -> int:
    """Bytes of this process that are in memory, once what nobody needs is given back."""
    gc.collect()
    return int(psutil.Process().memory_info().rss)


async def shown(room: CullRoom, image_id: int) -> None:
    """Wait until a picture has reached the terminal, without waiting for what is drawn ahead."""
    for _turn in range(TURNS):
        if room.picture.painted == image_id:
            return
        await asyncio.sleep(0.002)
    raise AssertionError(f"picture {image_id} never came")


class Recipient:
    """A terminal that takes what pictures write beside the text, and is looked at after each write."""

    def __init__(self, columns: int, rows: int) -> None:
        self.taken = 0
        """Bytes."""
        self.most_held = 0
        """How many pictures it held at once, at any time."""
        self._emulator = Emulator(columns, rows, KITTY)
        self.kitty = self._emulator.kitty

    def take(self, _app: object, data: str) -> None:
        """What stands for `write_raw`."""
        self.taken += len(data)
        self._emulator.feed(data.encode())
        self.most_held = max(self.most_held, len(self.kitty.images), len(self.kitty.placements))


async def gone_through(room: CullRoom, ids: list[int]) -> int:
    """See one picture after another; returns the bytes that are in memory more than after the first of them."""
    before = 0
    for at, image_id in enumerate(ids, 1):
        if at == WARM_UP:
            before = resident()
        room.action_move(1)
        await shown(room, image_id)
        assert len(room.picture._kept) <= room.picture.kept_most
    return resident() - before


async def test_memory_is_flat_over_two_thousand_pictures_on_both_sides(
    db: Connection, studio: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = add_many(db, studio)
    assert len(ids) == PICTURES
    terminal = Recipient(*SIZE)
    for module in (sending, real_pixels):
        monkeypatch.setattr(module, "write_raw", terminal.take)
    async with program(studio, "kitty").run_test(size=SIZE) as pilot:
        app = pilot.app
        await pilot.press("g", "c")
        await drawn(app, pilot, ids[0])  # type: ignore[arg-type]
        room = cull_room(app)  # type: ignore[arg-type]
        grown = await gone_through(room, ids[1:])
        panes = sum(pane.size.area > 0 for pane in room.walk_children(SendsPictures))
    assert len(room.seen) >= PICTURES - 1 and terminal.taken > 3 * MOST_GROWTH
    assert grown < MOST_GROWTH, f"{grown / 2**20:.1f} MB more after {PICTURES - WARM_UP} pictures"
    assert terminal.kitty.sent >= PICTURES - 1 and terminal.most_held == panes == 1
    assert not terminal.kitty.images and not terminal.kitty.placements, "a program that has ended leaves nothing there"
