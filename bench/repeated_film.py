"""Films that are long because what was encoded once is written several times over."""

from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

WIDTH, HEIGHT, RATE = 320, 180, 24
FRAMES, HELD, SHOT = 600, 3, 60
AREA, SHAPE = 20, 40  # pixels


def repeated(once: Path, path: Path, times: int) -> Path:
    """The packets of a film so many times."""
    with av.open(str(path), "w") as output:
        stream, offset = None, 0
        for _round in range(times):
            with av.open(str(once)) as source:
                stream = stream or output.add_stream_from_template(source.streams.video[0])
                for packet in source.demux(video=0):
                    if packet.dts is None:
                        continue
                    packet.pts, packet.dts, packet.stream = packet.pts + offset, packet.dts + offset, stream
                    output.mux(packet)
                offset += source.streams.video[0].duration
    return path


def small_film(path: Path, times: int) -> Path:
    """So many times 600 frames of 320x180, drawn on threes in shots of 60 frames: quickly taken in for their number."""
    once = path.with_name(f"once-{path.name}")
    with av.open(str(once), "w") as container:
        stream = container.add_stream("libx264", rate=RATE, options={"preset": "veryfast"})
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for picture in _drawings():
            for _frame in range(HELD):
                container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, "rgb24")))
        container.mux(stream.encode(None))
    return repeated(once, path, times)


def _drawings() -> Iterator[NDArray[np.uint8]]:
    """Pictures [180, 320, 3]: a shape jumps over the coloured background of its shot."""
    random = np.random.default_rng(0)
    for number in range(FRAMES // HELD):
        if number % (SHOT // HELD) == 0:
            colours = random.integers(0, 255, (HEIGHT // AREA, WIDTH // AREA, 3), np.uint8)
        picture = colours.repeat(AREA, 0).repeat(AREA, 1)
        left, top = random.integers(0, (WIDTH - SHAPE, HEIGHT - SHAPE))
        picture[top : top + SHAPE, left : left + SHAPE] = random.integers(0, 255, 3)
        yield picture
