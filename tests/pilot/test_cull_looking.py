"""Looking closely and comparing in the cull room: zoom, pan, pin, flick, the film in place."""

from pathlib import Path
from sqlite3 import Connection

import pytest
from PIL import Image

from db.connect import writing
from kimikoe_tui.app import KimikoeApp
from kimikoe_tui.graphics.renderer import Drawing
from kimikoe_tui.widgets.closeup import CloseupPicture, Zoom
from kimikoe_tui.widgets.pane import Pane
from kimikoe_tui.widgets.sources import Closeup, FilmFrame
from tests.pilot.conftest import Open, Pilot, add_pictures, cull_room, drawn, ratings, until

LARGE = 2048


def add_large_pictures(db: Connection, root: Path, count: int) -> list[int]:
    """Pictures of 2048×2048 pixels: red left, green right, a little blue in the lower half."""
    image_ids = add_pictures(db, root, count)
    for image_id in image_ids:
        image = Image.new("RGB", (LARGE, LARGE), (image_id, 0, 0))
        image.paste((0, image_id, 0), (LARGE // 2, 0, LARGE, LARGE))
        image.save(root / "images" / f"{image_id}.png", compress_level=1)
    with writing(db):
        db.execute("UPDATE image SET width = ?, height = ?", (LARGE, LARGE))
    return image_ids


async def seen(app: KimikoeApp, pilot: Pilot[None], what: object) -> None:
    """Wait until this stands in the pane, close up or whole."""
    await until(pilot, lambda: cull_room(app).picture.painted == what)


def colours(picture: CloseupPicture) -> set[tuple[int, int, int]]:
    """The colours of the cells that are seen."""
    assert isinstance(picture.shown, Drawing)
    styles = [segment.style for row in picture.shown.rows for segment in row]
    return {style.color.triplet for style in styles if style and style.color and style.color.triplet}


async def test_zoom_is_pixel_by_pixel_and_kept_across_pictures(db: Connection, studio: Path, open_studio: Open) -> None:
    first, second = add_large_pictures(db, studio, 2)
    async with open_studio("g", "c") as (app, pilot):
        await drawn(app, pilot, first)
        await pilot.press("z")
        await seen(app, pilot, Closeup(first, 0.5, 0.5))
        picture = cull_room(app).picture
        assert isinstance(picture.shown, Drawing)
        assert (picture.shown.columns, len(picture.shown.rows)) == picture.size
        assert colours(picture) == {(first, 0, 0), (0, first, 0)}
        for _press in range(60):
            await pilot.press("l")
        await until(pilot, lambda: isinstance(picture.painted, Closeup) and picture.painted.x > 0.9)
        assert colours(picture) == {(0, first, 0)}
        await pilot.press("right")
        await until(pilot, lambda: isinstance(picture.painted, Closeup) and picture.painted.what == second)
        assert isinstance(picture.painted, Closeup) and picture.painted.x > 0.9
        assert colours(picture) == {(0, second, 0)}
        await pilot.press("4", "q")
        await drawn(app, pilot, second)
        assert ratings(db) == {second: (4, 0, 0)}, "a picture seen close up has been seen"


def test_panning_never_leaves_the_picture() -> None:
    zoom = Zoom()
    zoom.is_close = True
    for way, end in (("left", (0.25, 0.5)), ("up", (0.25, 0.05)), ("right", (0.75, 0.05)), ("down", (0.75, 0.95))):
        for _step in range(60):
            zoom.pan(way, (200, 1000), (100, 100))
        key = zoom.key(7)
        assert isinstance(key, Closeup) and (key.x, key.y) == pytest.approx(end)
    zoom.pan("left", (50, 50), (100, 100))
    assert zoom.key(7) == Closeup(7, 0.5, pytest.approx(0.95))


async def test_flicking_to_a_pinned_picture_moves_nothing(db: Connection, studio: Path, open_studio: Open) -> None:
    first, second, third = add_large_pictures(db, studio, 3)
    async with open_studio("g", "c") as (app, pilot):
        await drawn(app, pilot, first)
        await pilot.press("c", "z", "space")
        await seen(app, pilot, Closeup(second, 0.5, 0.5))
        region = cull_room(app).picture.region
        await pilot.press("tab")
        await seen(app, pilot, Closeup(first, 0.5, 0.5))
        assert cull_room(app).picture.region == region and cull_room(app).current == second
        assert "pinned" in cull_room(app).query_one("#picture-pane", Pane).title_text
        await pilot.press("3")
        await until(pilot, lambda: ratings(db) == {first: (3, 0, 0)})
        assert cull_room(app).current == second, "what is seen is judged, and only the cursor's picture leads on"
        await pilot.press("tab")
        await seen(app, pilot, Closeup(second, 0.5, 0.5))
        await pilot.press("enter")
        await seen(app, pilot, Closeup(third, 0.5, 0.5))
        rows = db.execute("SELECT better_id, worse_id, blind FROM comparison").fetchall()
        assert [tuple(row) for row in rows] == [(second, first, 0)] and cull_room(app).pinned == second
        await pilot.press("u")
        await until(pilot, lambda: not db.execute("SELECT 1 FROM comparison").fetchone())
        assert cull_room(app).current == second


async def test_the_film_in_the_pictures_place_by_one_key(db: Connection, studio: Path, open_studio: Open) -> None:
    first, _second = add_pictures(db, studio, 2)
    async with open_studio("g", "c") as (app, pilot):
        await drawn(app, pilot, first)
        region = cull_room(app).picture.region
        await pilot.press("o")
        await until(pilot, lambda: isinstance(cull_room(app).picture.painted, FilmFrame))
        frame = cull_room(app).picture.painted
        assert isinstance(frame, FilmFrame) and frame.number == 51 and cull_room(app).picture.region == region
        assert "frame 51" in cull_room(app).query_one("#picture-pane", Pane).title_text
        await pilot.press("5", "x")
        assert ratings(db) == {}, "a frame of the film is not rated"
        await pilot.press("O")
        await until(pilot, lambda: getattr(cull_room(app).picture.painted, "number", 0) == 61)
        assert "tab flicks back" in cull_room(app).status.said
        await pilot.press("tab")
        await drawn(app, pilot, first)
        assert cull_room(app).status.said == "", "it is flicked back"
        await pilot.press("tab", "q")
        await drawn(app, pilot, first)


@pytest.mark.parametrize("key", ["j", "q", "tab", "w"])
async def test_what_was_said_of_the_film_goes_with_its_frame(
    db: Connection, studio: Path, open_studio: Open, key: str
) -> None:
    first, second = add_pictures(db, studio, 2)
    async with open_studio("g", "c") as (app, pilot):
        await drawn(app, pilot, first)
        await pilot.press("o")
        await until(pilot, lambda: isinstance(cull_room(app).picture.painted, FilmFrame))
        assert "tab flicks back" in cull_room(app).status.said
        await pilot.press(key)
        await drawn(app, pilot, second if key == "j" else first)
        assert cull_room(app).status.said == ""


async def test_what_was_said_since_stays_when_one_moves_on(db: Connection, studio: Path, open_studio: Open) -> None:
    first, _second = add_pictures(db, studio, 2)
    async with open_studio("g", "c") as (app, pilot):
        await drawn(app, pilot, first)
        await pilot.press("o", "a", "tab")
        assert "A decision stays here" in cull_room(app).status.said


async def test_in_a_terminal_that_becomes_narrow_the_picture_stays(
    db: Connection, studio: Path, open_studio: Open
) -> None:
    first, _second = add_pictures(db, studio, 2)
    async with open_studio("g", "c") as (app, pilot):
        await drawn(app, pilot, first)
        facts = cull_room(app).query_one("#facts-pane")
        assert facts.display
        await pilot.resize_terminal(60, 30)
        await until(pilot, lambda: not facts.display and cull_room(app).picture.region.width > 50)
        await pilot.press("i")
        await until(pilot, lambda: facts.display)
        await pilot.resize_terminal(50, 30)
        assert facts.display, "facts that were asked for stay"
        await pilot.resize_terminal(120, 40)
        await until(pilot, lambda: facts.display and cull_room(app).picture.region.width > 50)
