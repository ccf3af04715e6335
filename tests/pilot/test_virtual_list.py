"""A list's lines: as wide as what its scrollbar leaves, and a sign at the one under the cursor."""

import pytest
from rich.text import Text
from textual.app import App, ComposeResult

from kimikoe_tui.widgets.virtual_list import VirtualList

WIDTH, HEIGHT = 20, 5


class Words(VirtualList):
    """Lines of one word, too long for any list."""

    def line(self, index: int, width: int) -> Text:
        """Its first cell is the cursor's."""
        return Text(" " + "x" * 2 * width)


class Alone(App[None]):
    """One list, as large as the terminal."""

    def compose(self) -> ComposeResult:
        """The list alone."""
        yield Words()


@pytest.mark.parametrize(("count", "room"), [(HEIGHT, WIDTH), (HEIGHT + 1, WIDTH - 1)])
async def test_a_long_line_ends_beside_the_scrollbar(count: int, room: int) -> None:
    app = Alone()
    async with app.run_test(size=(WIDTH, HEIGHT)) as pilot:
        lines = app.query_one(Words)
        lines.resize_to(count)
        await pilot.pause()
        assert lines.show_vertical_scrollbar == (count > HEIGHT)
        texts = [lines.render_line(y).text for y in range(HEIGHT)]
        assert texts == ["▸" + "x" * (room - 2) + "…", *[" " + "x" * (room - 2) + "…"] * (HEIGHT - 1)]
