"""Any frame of a film by number, exact, at the price of few others.

A frame is reached by decoding from the key frame before it, or from where the film was left where that is nearer. Of
the frames on the way those that no other refers to are skipped, and only what is asked for becomes a picture. The
frames passed last stay as the decoder gave them, so that going back finds its next steps at hand.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from av.video.reformatter import VideoReformatter
from numpy.typing import NDArray

from db.errors import UserError
from db.i18n import _
from engine.fields import Placed, joined
from engine.film_file import FilmInfo
from engine.video import SEEK_MARGINS_SECONDS, FrameSource, Threads, display_picture, shown_from

FORWARD_FRAMES = 100
BACKWARD_FRAMES = 8
FEWEST_PASSED, MOST_PASSED_BYTES = 2, 32 * 2**20

PlaceOf = Callable[[int], tuple[int, int]]


class FilmReader:
    """Any frame of a film by number, exact; a frame a little ahead is reached without a seek.

    `place_of` tells of a number its timestamp and how its fields were joined, `last_key` the number of the last key
    frame at or before it. `onward` is for numbers that only rise, and decodes nothing for steps back; so is what
    has frame threads (AUTO).
    """

    def __init__(
        self,
        path: Path,
        info: FilmInfo,
        place_of: PlaceOf,
        last_key: Callable[[int], int] = lambda number: 1,
        *,
        threads: Threads = "SLICE",
        onward: bool = False,
    ) -> None:
        self.info = info
        self._source, self._onward = FrameSource(path, info, threads), onward or threads == "AUTO"
        self._place_of, self._last_key = place_of, last_key
        self._reformatter = VideoReformatter()
        self._frames: Iterator[Placed] = iter(())
        self._number = 0
        self._frame: Any = None  # as it is shown
        self._passed: OrderedDict[int, Any] = OrderedDict()  # the decoder's newest frames by their timestamps

    def picture(self, number: int, width: int | None = None) -> NDArray[np.uint8]:
        """The displayed picture [h, w, 3] of one frame; `width` scales it."""
        return display_picture(self._seen(number), self.info, width, self._reformatter)

    def pictures(self, numbers: Sequence[int]) -> NDArray[np.uint8]:
        """Displayed pictures [n, h, w, 3] in the order of `numbers`, decoded in film order."""
        pictures = np.empty((len(numbers), self.info.height, self.info.width, 3), np.uint8)
        for index in sorted(range(len(numbers)), key=numbers.__getitem__):
            pictures[index] = self.picture(numbers[index])
        return pictures

    def close(self) -> None:
        """Close the file."""
        self._source.close()

    def _seen(self, number: int) -> Any:
        if self._frame is not None and number == self._number:
            return self._frame
        pts, fields = self._place_of(number)
        if self.info.fields == "progressive" and pts in self._passed:
            return self._passed[pts]
        self._frame, self._number = self._find(number, pts, fields), number
        return self._frame

    def _find(self, number: int, pts: int, fields: int) -> Any:
        wanted = self._source.wanted = self._first_wanted(number, pts)
        if self._is_on_the_way(number) and (frame := self._advance(pts, fields)):
            return frame
        for self._source.wanted, margin in product((wanted, None), SEEK_MARGINS_SECONDS):
            self._passed.clear()
            self._frames = shown_from(self._source, self.info, pts, margin)
            if frame := self._advance(pts, fields):
                return frame
        self._frame = None
        raise UserError(_("Frame {number} can no longer be read: check the film's file.").format(number=number))

    def _is_on_the_way(self, number: int) -> bool:
        """Whether decoding on is nearer than the last key frame before the one that is sought."""
        ahead = 0 < number - self._number <= FORWARD_FRAMES
        return self._frame is not None and ahead and self._last_key(number) <= self._number + 1

    def _first_wanted(self, number: int, pts: int) -> int:
        """The timestamp from which on every frame is decoded.

        It is of the one before, which is often asked for next, or of several where the steps go backwards.
        """
        if self._onward:
            return pts
        goes_back = self._frame is not None and 0 < self._number - number <= 2 * BACKWARD_FRAMES
        first = max(1, number - (BACKWARD_FRAMES - 1 if goes_back else 1))
        try:
            return self._place_of(first)[0] if first < number else pts
        except UserError:  # the film is in only in part
            return pts

    def _advance(self, pts: int, fields: int) -> Any:
        for placed in self._frames:
            before = next(reversed(self._passed.values()), None)
            self._pass(placed.frame)
            if placed.frame.pts >= pts:
                return joined(placed.frame, before, fields) if placed.frame.pts == pts else None
        return None

    def _pass(self, frame: Any) -> None:
        self._passed[frame.pts] = frame
        size = sum(plane.buffer_size for plane in frame.planes)
        most = max(FEWEST_PASSED, min(BACKWARD_FRAMES, MOST_PASSED_BYTES // size))
        while len(self._passed) > most:
            self._passed.popitem(last=False)
