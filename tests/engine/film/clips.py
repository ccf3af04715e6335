"""Small clips whose every picture shows its own number, as black and white blocks."""

from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
BLOCK = 16
BITS = 12
MILLISECOND = Fraction(1, 1000)


def numbered(number: int, scene: int | None = None) -> Picture:
    """A picture with its number as 12 blocks along the bottom, over the pattern of its scene or else its own."""
    random = np.random.default_rng(number if scene is None else 10_000 + scene)
    picture = random.integers(40, 200, (7, BITS, 3), np.uint8).repeat(BLOCK, axis=0).repeat(BLOCK, axis=1)
    for bit in range(BITS):
        picture[-BLOCK:, bit * BLOCK : (bit + 1) * BLOCK] = 255 * (number >> bit & 1)
    return picture


def shown_number(picture: Picture) -> int:
    """The number a decoded picture shows, whatever its scale."""
    block = picture.shape[1] / BITS
    line = picture[-round(block / 2), :, 1]
    return sum(int(line[round((bit + 0.5) * block)] > 127) << bit for bit in range(BITS))


def write_clip(
    path: Path,
    pictures: Iterable[Picture],
    *,
    rate: int = 24,
    codec: str = "libx264",
    options: dict[str, str] | None = None,
    pts: Sequence[int] | None = None,
    time_base: Fraction = MILLISECOND,
    container_format: str | None = None,
    container_options: dict[str, str] | None = None,
    prepare: Callable[[Any], None] = lambda stream: None,
) -> Path:
    """Encode pictures; `pts` count in `time_base`, by default those of a constant rate."""
    pictures = list(pictures)
    with av.open(str(path), "w", format=container_format, options=container_options or {}) as container:
        stream = container.add_stream(codec, rate=rate, options=options or {"crf": "12", "preset": "veryfast"})
        stream.height, stream.width = pictures[0].shape[:2]
        stream.pix_fmt = "yuv420p"
        stream.codec_context.time_base = time_base
        prepare(stream)
        for index, picture in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(picture, "rgb24")
            frame.pts = pts[index] if pts else round(index / rate / time_base)
            frame.time_base = time_base
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def numbered_clip(path: Path, count: int, **how: Any) -> Path:
    """A clip of `count` numbered pictures."""
    return write_clip(path, (numbered(number) for number in range(1, count + 1)), **how)


def held_drawings(shots: int, drawings: int, held: int) -> list[Picture]:
    """A film's pictures: so many shots of so many drawings, each held for so many frames."""
    return [
        numbered(shot * drawings + drawing + 1, scene=shot)
        for shot in range(shots)
        for drawing in range(drawings)
        for _repeat in range(held)
    ]


def damage(path: Path, share: float, size: int) -> Path:
    """Overwrite `size` bytes with zeros, at this share of the file."""
    content = bytearray(path.read_bytes())
    start = int(len(content) * share)
    content[start : start + size] = bytes(size)
    path.write_bytes(content)
    return path


def cut_in_half(path: Path) -> Path:
    """Drop the second half of the file."""
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    return path


def backwards(folder: Path) -> Path:
    """An 80-frame clip, of which about 10 frames are earlier again than those before them."""
    options = {"g": "1", "bf": "0"}
    parts = [
        numbered_clip(folder / "one.ts", 40, codec="mpeg2video", options=options, time_base=Fraction(1, 25), rate=25),
        numbered_clip(
            folder / "two.ts", 40, codec="mpeg2video", options=options, time_base=Fraction(1, 25), rate=25,
            pts=range(30, 70),
        ),
    ]  # fmt: skip
    joined = folder / "backwards.ts"
    joined.write_bytes(b"".join(part.read_bytes() for part in parts))
    return joined


def changing_size(folder: Path, width: int, height: int) -> Path:
    """30 frames of one drawing at 192x112, then 30 at this size."""
    how: dict[str, Any] = {
        "codec": "mpeg2video",
        "options": {"g": "15", "bf": "0"},
        "time_base": Fraction(1, 25),
        "rate": 25,
    }
    other = np.ascontiguousarray(np.resize(numbered(1), (height, width, 3)))
    parts = [
        write_clip(folder / "one.ts", [numbered(1)] * 30, **how),
        write_clip(folder / "two.ts", [other] * 30, **how),
    ]
    joined = folder / "sizes.mkv"
    with av.open(str(parts[0])) as one, av.open(str(parts[1])) as two, av.open(str(joined), "w") as output:
        stream = output.add_stream_from_template(one.streams.video[0])
        for index, part in enumerate((one, two)):
            for number, packet in enumerate(p for p in part.demux(video=0) if p.dts is not None):
                packet.pts = packet.dts = (30 * index + number) * 3600
                packet.stream = stream
                output.mux(packet)
    return joined
