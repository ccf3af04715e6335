"""Memory stays flat however many pictures are gone through: what is kept of them is bounded, and so is the process."""

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
from tests.pilot.conftest import add_pictures, cull_room, drawn
from tests.pilot.test_real_pixels import program
from tests.terminal.pictures import drawn_picture

pytestmark = pytest.mark.slow
PICTURES, WARM_UP, FILES = 2_000, 200, 8
SIDE, TURNS = 256, 30_000
MOST_GROWTH = 24 * 2**20
"""A tenth of what the pixels of the pictures take, and half of what is sent of them."""


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


async def test_memory_is_flat_over_two_thousand_pictures(
    db: Connection, studio: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = add_many(db, studio)
    assert len(ids) == PICTURES
    sent = 0

    def count(_app: object, data: str) -> None:
        nonlocal sent
        sent += len(data)

    for module in (sending, real_pixels):
        monkeypatch.setattr(module, "write_raw", count)
    async with program(studio, "kitty").run_test(size=(100, 30)) as pilot:
        app = pilot.app
        await pilot.press("g", "c")
        await drawn(app, pilot, ids[0])  # type: ignore[arg-type]
        room = cull_room(app)  # type: ignore[arg-type]
        before = 0
        for at, image_id in enumerate(ids[1:], 1):
            if at == WARM_UP:
                before = resident()
            room.action_move(1)
            await shown(room, image_id)
            assert len(room.picture._kept) <= room.picture.kept_most
        grown = resident() - before
    assert len(room.seen) >= PICTURES - 1 and sent > 3 * MOST_GROWTH
    assert grown < MOST_GROWTH, f"{grown / 2**20:.1f} MB more after {PICTURES - WARM_UP} pictures"
