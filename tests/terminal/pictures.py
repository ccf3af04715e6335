"""Pictures to show, and how far what is shown is from them."""

import random

from PIL import Image, ImageChops, ImageDraw, ImageStat

from kimikoe_tui.graphics.pixels import Pixels


def drawn_picture(size: int = 512, seed: int = 1) -> Image.Image:
    """A picture as cartoons are drawn, flat colours and dark outlines, under the light grain that models leave."""
    chance, twice = random.Random(seed), size * 2
    image = Image.new("RGB", (twice, twice), (180, 200, 230))
    draw = ImageDraw.Draw(image)
    for _shape in range(40):
        x, y, w = chance.randrange(twice), chance.randrange(twice), chance.randrange(twice // 24, twice // 3)
        h = int(w * (0.2 + 0.8 * chance.random()))
        colour = tuple(chance.randrange(256) for _channel in range(3))
        draw.ellipse((x - w, y - h, x + w, y + h), fill=colour, outline=(20, 10, 10), width=max(1, size // 90))
    image = image.resize((size, size), Image.Resampling.LANCZOS)
    grain = Image.frombytes("L", (size, size), chance.randbytes(size * size))
    return Image.blend(image, Image.merge("RGB", (grain, grain, grain)), 0.03)


def pixels_of(image: Image.Image) -> Pixels:
    return Pixels(image.width, image.height, image.convert("RGB").tobytes())


def distance(shown: Image.Image, wanted: Image.Image) -> float:
    """The mean difference of a channel, 0 to 255, when both have the size of the first."""
    difference = ImageChops.difference(shown.convert("RGB"), wanted.convert("RGB").resize(shown.size))
    return sum(ImageStat.Stat(difference).mean) / 3
