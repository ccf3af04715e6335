"""iTerm2's inline images, OSC 1337."""

import base64
import io
import re

from PIL import Image

from tests.terminal.decoder.kitty import contained


def decode(osc: bytes, cell: tuple[int, int]) -> Image.Image | None:
    """The picture of an operating system command at the size it asks for, RGBA; None where it is something else."""
    match = re.match(rb"1337;File=([^:]*):(.*)", osc, re.DOTALL)
    if match is None:
        return None
    options = dict(option.split("=", 1) for option in match[1].decode("ascii").split(";") if option)
    assert options.get("inline") == "1", "what is not inline is a download"
    data = base64.b64decode(match[2], validate=True)
    assert int(options.get("size", len(data))) == len(data)
    image = Image.open(io.BytesIO(data)).convert("RGBA")
    box = int(options["width"]) * cell[0], int(options["height"]) * cell[1]
    return image.resize(box) if options.get("preserveAspectRatio") == "0" else contained(image, box)
