"""`python -m tests.pilot.japanese_rooms STUDIO`: every room at two sizes, as lines of JSON, in the language in use."""

import asyncio
import json
import sys
from pathlib import Path

from textual.pilot import Pilot

from kimikoe_tui.app import KimikoeApp
from kimikoe_tui.keys import ROOMS
from kimikoe_tui.pixels import FrameServer
from tests.pilot.conftest import FAKE_SERVER

SIZES = ((80, 24), (45, 14))


def lines(app: KimikoeApp) -> list[str]:
    """What is on the screen."""
    return [strip.text for strip in app.screen._compositor.render_strips()]


async def _settle(pilot: Pilot[None]) -> None:
    """Wait until two looks in a row show the same."""
    before: list[str] = []
    while (now := lines(pilot.app)) != before:  # type: ignore[arg-type]
        before = now
        for _pause in range(5):
            await pilot.pause(0.05)


async def main(root: Path) -> None:
    """Go through the rooms, their help and a line to write in."""
    for size in SIZES:
        app = KimikoeApp(root, None, FrameServer([*FAKE_SERVER, str(root)], root / "logs" / "pixels.log"))
        async with app.run_test(size=size) as pilot:
            for room in ROOMS:
                await app.switch_mode(room)
                await _settle(pilot)
                print(json.dumps({"size": size, "room": room, "lines": lines(app)}, ensure_ascii=False))
            for name, key in (("help", "?"), ("go", "g")):
                await pilot.press(key)
                await _settle(pilot)
                print(json.dumps({"size": size, "room": name, "lines": lines(app)}, ensure_ascii=False))
                await pilot.press("escape")


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
