"""A terminal that draws ambiguous characters over two cells is sent none."""

import unicodedata
from pathlib import Path
from sqlite3 import Connection

from kimikoe_tui.app import KimikoeApp
from kimikoe_tui.graphics.display import Display
from kimikoe_tui.pixels import FrameServer
from tests.pilot.conftest import FAKE_SERVER, add_pictures, drawn


def written(app: KimikoeApp) -> str:
    """Every character of the screen."""
    return "".join(strip.text for strip in app.screen._compositor.render_strips())


async def test_no_room_writes_a_character_whose_width_is_in_doubt(db: Connection, studio: Path) -> None:
    image_ids = add_pictures(db, studio, 2)
    server = FrameServer([*FAKE_SERVER, str(studio)], studio / "logs" / "pixels.log")
    app = KimikoeApp(studio, None, server, Display(method="cells", ambiguous=2))
    async with app.run_test(size=(120, 40)) as pilot:
        doubtful = _doubtful(app)
        await pilot.press("g", "c")
        await drawn(app, pilot, image_ids[0])
        await pilot.press("3")
        await pilot.pause()
        doubtful |= _doubtful(app)
        for keys in (("question_mark",), ("escape", "g"), ("f",), ("g", "j"), ("g", "r")):
            await pilot.press(*keys)
            await pilot.pause()
            doubtful |= _doubtful(app)
    assert doubtful == set()


def _doubtful(app: KimikoeApp) -> set[str]:
    return {character for character in written(app) if unicodedata.east_asian_width(character) == "A"}
