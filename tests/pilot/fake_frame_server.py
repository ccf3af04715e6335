"""A frame server of one colour a frame: speaks the protocol, and dies at frame 14 before it answers.

Generated pictures are read from `images/` of the folder it is given.
"""

import json
import sys
from pathlib import Path
from typing import Any

from PIL import Image

DEADLY, UNKNOWN = 14, 99


def main() -> None:
    """Answer until the input ends."""
    for line in sys.stdin.buffer:
        wish = json.loads(line)
        if "cancel" in wish:
            continue
        if "image" in wish:
            answer(*_image(wish))
            continue
        if wish["frame"] == DEADLY:
            sys.exit("the film ran out")
        if wish["frame"] == UNKNOWN:
            answer(json.dumps({"id": wish["id"], "error": "there is no such frame"}), b"")
            continue
        width = wish["window"][0] if "window" in wish else wish["width"]
        height = max(1, width * 9 // 16)
        rgb = bytes((wish["frame"] % 256, 0, 0)) * (width * height)
        header = {"id": wish["id"], "bytes": len(rgb), "width": width, "height": height, "format": "rgb"}
        answer(json.dumps(header), rgb)


def _image(wish: dict[str, Any]) -> tuple[str, bytes]:
    path = Path(sys.argv[1], "images", f"{wish['image']}.png")
    if not path.is_file():
        return json.dumps({"id": wish["id"], "error": f"the file {path.name} is gone"}), b""
    with Image.open(path) as image:
        rgb = image.convert("RGB")
    if "window" in wish:
        rgb = _window(rgb, wish["around"], wish["window"])
    size = {"bytes": 3 * rgb.width * rgb.height, "width": rgb.width, "height": rgb.height}
    return json.dumps({"id": wish["id"], **size, "format": "rgb"}), rgb.tobytes()


def _window(image: Image.Image, around: list[float], size: list[int]) -> Image.Image:
    left = max(0, min(image.width - size[0], round(around[0] * image.width - size[0] / 2)))
    top = max(0, min(image.height - size[1], round(around[1] * image.height - size[1] / 2)))
    return image.crop((left, top, min(image.width, left + size[0]), min(image.height, top + size[1])))


def answer(header: str, body: bytes) -> None:
    """One header line, then the bytes."""
    sys.stdout.buffer.write(header.encode() + b"\n" + body)
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
