"""A pane's picture: what is asked for twice is drawn once, and no words stand that were said of another."""

import threading
from collections.abc import Hashable

from textual.app import App, ComposeResult

from kimikoe_tui.graphics.halfblock import HalfBlocks
from kimikoe_tui.graphics.pixels import Pixels
from kimikoe_tui.widgets.picture import Picture
from tests.pilot.conftest import until


class SlowSource:
    """Has no picture before it is told to."""

    def __init__(self) -> None:
        self.loaded: list[Hashable] = []
        self.given_up = 0
        self.ready = threading.Event()

    def load(self, key: Hashable, box: tuple[int, int]) -> Pixels:
        self.loaded.append(key)
        assert self.ready.wait(60)
        return Pixels(2, 2, bytes(12))

    def give_up(self) -> None:
        self.given_up += 1


class OnePicture(App[None]):
    """Shows a picture of a source."""

    def __init__(self, source: SlowSource) -> None:
        super().__init__()
        self.picture = Picture(source, renderer=HalfBlocks())

    def compose(self) -> ComposeResult:
        yield self.picture


async def test_what_is_being_drawn_is_not_begun_again() -> None:
    source = SlowSource()
    app = OnePicture(source)
    async with app.run_test(size=(20, 10)) as pilot:
        app.picture.show("a", ["b"])
        await until(pilot, lambda: source.loaded == ["a"])
        given_up = source.given_up
        for _each in range(3):
            app.picture.show("a", ["b"])
            await pilot.pause()
        assert source.given_up == given_up
        source.ready.set()
        await until(pilot, lambda: app.picture.painted == "a")
        await until(pilot, lambda: source.loaded == ["a", "b"])
        app.picture.show("c")
        await until(pilot, lambda: app.picture.painted == "c")
        assert source.loaded == ["a", "b", "c"] and source.given_up > given_up


async def test_words_of_another_picture_do_not_stand_in_its_place() -> None:
    source = SlowSource()
    app = OnePicture(source)
    async with app.run_test(size=(20, 10)) as pilot:
        app.picture.show(None)
        assert app.picture.shown == "no picture"
        app.picture.show("a")
        assert app.picture.shown == ""
        source.ready.set()
        await until(pilot, lambda: app.picture.painted == "a")
