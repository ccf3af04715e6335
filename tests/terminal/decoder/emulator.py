"""The terminal itself: what programs write goes in, pixels and answers come out."""

import re
from collections.abc import Callable, Iterable
from typing import NamedTuple

import pyte
from PIL import Image, ImageDraw

from kimikoe_tui.graphics.placeholders import PLACEHOLDER
from tests.terminal.decoder import inline, sixel
from tests.terminal.decoder.glyphs import draw_glyph
from tests.terminal.decoder.kitty import Kitty, placeholder
from tests.terminal.decoder.screen import Painted, PictureScreen
from tests.terminal.decoder.tokens import Token, Tokens


class Profile(NamedTuple):
    """What kind of terminal it is; `version` is its answer to XTVERSION, empty for none."""

    version: str = ""
    kitty: bool = False
    placeholders: bool = False
    sixel: bool = False
    inline: bool = False
    ambiguous: int = 1
    cell: tuple[int, int] | None = (10, 20)
    synchronized: bool = True


KITTY = Profile("kitty(0.35.2)", kitty=True, placeholders=True)
OLD_KITTY = Profile("kitty(0.26.5)", kitty=True)
XTERM = Profile("XTerm(379)", sixel=True, synchronized=False)
WEZTERM = Profile("WezTerm 20240203-110809-5046fc22", kitty=True, sixel=True, inline=True)
PLAIN = Profile()


class Emulator:
    """A terminal of so many cells. `answer` takes what it says to the program."""

    def __init__(
        self, columns: int = 80, rows: int = 24, profile: Profile = PLAIN,
        answer: Callable[[bytes], object] = lambda _reply: None,
    ) -> None:  # fmt: skip
        self.profile = profile
        self.cell = profile.cell or (10, 20)
        self.screen = PictureScreen(columns, rows)
        self.kitty = Kitty(profile.placeholders)
        self.pictures = 0
        """How many sixel and inline pictures were painted."""
        self._answer = answer
        self._stream = pyte.ByteStream(self.screen)
        self._tokens = Tokens()

    def feed(self, data: bytes) -> None:
        """Show what a program wrote."""
        self._show(self._tokens.feed(data))

    def _show(self, tokens: Iterable[Token]) -> None:
        for token in tokens:
            getattr(self, f"_{token.kind}")(token)

    def _text(self, token: Token) -> None:
        self._stream.feed(token.raw)

    _escape = _text

    def _tmux(self, token: Token) -> None:
        self._show(Tokens().feed(token.body.replace(b"\x1b\x1b", b"\x1b")))

    def _csi(self, token: Token) -> None:
        if (reply := self._reply(token.body.decode())) is not None:
            if reply:
                self._answer(reply.encode())
        elif token.body[:1] not in b"<=>":
            if token.body == b"2J":
                self.kitty.placements = {key: each for key, each in self.kitty.placements.items() if each.virtual}
            self._stream.feed(token.raw)

    def _reply(self, body: str) -> str | None:
        """The answer to a question, empty for silence; None where it is no question."""
        width, height = self.cell
        rows, columns = self.screen.lines, self.screen.columns
        told = self.profile.cell is not None
        if body in ("c", "0c"):
            return f"\x1b[?62{';4' if self.profile.sixel else ''};22c"
        if body in (">q", ">0q"):
            return f"\x1bP>|{self.profile.version}\x1b\\" if self.profile.version else ""
        if body == "16t":
            return f"\x1b[6;{height};{width}t" if told else ""
        if body == "14t":
            return f"\x1b[4;{rows * height};{columns * width}t" if told else ""
        if body == "6n":
            return f"\x1b[{self.screen.cursor.y + 1};{self._real_column() + 1}R"
        if mode := re.fullmatch(r"\?(\d+)\$p", body):
            return f"\x1b[?{mode[1]};{2 if mode[1] == '2026' and self.profile.synchronized else 0}$y"
        return "" if body.endswith(("t", "$p")) else None

    def _real_column(self) -> int:
        """Where the cursor is in a terminal that may take two cells for an ambiguous glyph before it."""
        cursor = self.screen.cursor
        before = self.screen.buffer[cursor.y][cursor.x - 1].data if cursor.x else " "
        return cursor.x + (self.profile.ambiguous - 1 if before == "─" else 0)

    def _osc(self, token: Token) -> None:
        if not self.profile.inline:
            return
        image = inline.decode(token.body, self.cell)
        if image is not None:
            self._paint(image)

    def _dcs(self, token: Token) -> None:
        if sixel.is_sixel(token.body) and self.profile.sixel:
            self._paint(sixel.decode(token.body))

    def _paint(self, image: Image.Image) -> None:
        self.pictures += 1
        self.screen.paint(image, self.screen.cursor.y, self.screen.cursor.x, self.cell)

    def _apc(self, token: Token) -> None:
        if self.profile.kitty and token.body.startswith(b"G"):
            cursor = self.screen.cursor
            if reply := self.kitty.command(token.body, (cursor.y, cursor.x)):
                self._answer(reply.encode())

    def text(self) -> str:
        """The screen's words, a blank where a picture stands."""
        return re.sub(f"{PLACEHOLDER}[\u0300-\U0001d244]*", " ", "\n".join(self.screen.display))

    def pixel(self, x: int, y: int) -> tuple[int, ...]:
        """One pixel of the screen, without drawing all of it."""
        found = self.image(range(y // self.cell[1], y // self.cell[1] + 1)).getpixel((x, y))
        assert isinstance(found, tuple)
        return found

    def image(self, rows: range | None = None) -> Image.Image:
        """The whole screen as pixels, or these rows on black."""
        width, height = self.cell
        image = Image.new("RGBA", (self.screen.columns * width, self.screen.lines * height), (0, 0, 0, 255))
        draw = ImageDraw.Draw(image)
        for row in rows or range(self.screen.lines):
            left = None
            for column in range(self.screen.columns):
                left = self._draw_cell(image, draw, row, column, left)
        self._draw_placements(image)
        return image.convert("RGB")

    def _draw_cell(
        self, image: Image.Image, draw: ImageDraw.ImageDraw, row: int, column: int, left: tuple[int, int] | None
    ) -> tuple[int, int] | None:
        char, (width, height) = self.screen.buffer[row][column], self.cell
        at = column * width, row * height
        draw_glyph(draw, char, (*at, at[0] + width, at[1] + height))
        place = placeholder(char.data, left)
        tile = char.tile if isinstance(char, Painted) else None
        if place is not None and (image_id := _image_id(char.fg)):
            tile = self.kitty.tile(image_id, *place, self.cell)
        if tile is not None:
            image.alpha_composite(tile, at)
        return place

    @staticmethod
    def _side(width: int, height: int, image: Image.Image) -> tuple[int, int]:
        """The size of a placement: a side that was not told follows from the image's shape."""
        if not width and not height:
            return image.size
        wide = width or round(height * image.width / image.height)
        return max(1, wide), max(1, height or round(width * image.height / image.width))

    def _draw_placements(self, image: Image.Image) -> None:
        for (number, _placement), placed in self.kitty.placements.items():
            if not placed.virtual and number in self.kitty.images:
                sent = self.kitty.images[number]
                tile = sent.resize(self._side(placed.columns * self.cell[0], placed.rows * self.cell[1], sent))
                image.paste(tile, (placed.column * self.cell[0], placed.row * self.cell[1]), tile)


def _image_id(colour: str) -> int:
    """The image that a placeholder's colour names, by value or by its place in the palette; 0 for none."""
    if colour.startswith("palette"):
        return int(colour.removeprefix("palette"))
    return int(colour, 16) if re.fullmatch("[0-9a-f]{6}", colour) else 0
