"""Where panes get their pictures: generated ones and frames of the film, both from the frame server."""

from collections.abc import Hashable
from concurrent.futures import CancelledError, Future
from typing import NamedTuple, Protocol

from kimikoe_tui.graphics.pixels import Pixels, fit, shrink
from kimikoe_tui.pixels import FrameServer


class NotWanted(Exception):
    """What was being loaded has been given up: there is nothing to say of it."""


class PictureSource(Protocol):
    """Where a pane's pictures come from."""

    def load(self, key: Hashable, box: tuple[int, int]) -> Pixels:
        """A picture that fits `box` pixels; may take its time on a worker's thread. Raises `UserError`, `NotWanted`."""

    def give_up(self) -> None:
        """Let go of what is being loaded: something else is wanted now."""


class FilmFrame(NamedTuple):
    """A frame's key, with the film's size, from which the width to ask for follows."""

    film_id: int
    number: int
    width: int
    height: int


class Closeup(NamedTuple):
    """A picture or a frame at its own size, around a place in shares of its width and height."""

    what: int | FilmFrame
    x: float
    y: float


class _Served:
    """What the frame server answers for one pane."""

    def __init__(self, server: FrameServer) -> None:
        self._server = server
        self._waiting: Future[Pixels] | None = None

    def give_up(self) -> None:
        """Take back the wish that is open."""
        if self._waiting is not None:
            self._waiting.cancel()

    def _answered(self, wish: "Future[Pixels]", box: tuple[int, int]) -> Pixels:
        """The picture, no larger than `box`. Raises `UserError` where the server has none, and `NotWanted`."""
        self._waiting = wish
        try:
            return shrink(wish.result(), box)
        except CancelledError as error:
            raise NotWanted from error
        finally:
            del wish  # with a failure it would be in a circle: the failure knows this frame, and it the failure


class FilmFrames(_Served):
    """Frames of the film."""

    def load(self, key: object, box: tuple[int, int]) -> Pixels:
        """The frame's picture. Raises `UserError` where the server has none."""
        assert isinstance(key, FilmFrame)
        width, _height = fit(key.width, key.height, *box)
        return self._answered(self._server.request(key.film_id, key.number, width), box)


class PicturesAndFrames(FilmFrames):
    """Pictures that were generated, by their ids, and frames of the film, each wholly or at its own size."""

    def load(self, key: object, box: tuple[int, int]) -> Pixels:
        """The picture. Raises `UserError` where there is none, or where its path leads out of the studio."""
        if isinstance(key, Closeup):
            return self._answered(self._server.request_window(_named(key.what), (key.x, key.y), box), box)
        if isinstance(key, FilmFrame):
            return super().load(key, box)
        assert isinstance(key, int)
        return self._answered(self._server.request_image(key, box[0]), box)


def _named(what: int | FilmFrame) -> dict[str, int]:
    """A picture or a frame as the frame server is asked for it."""
    return {"image": what} if isinstance(what, int) else {"film": what.film_id, "frame": what.number}
