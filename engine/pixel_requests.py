"""What the frame server is asked: one line a request, and a queue in which a cancellation overtakes the work."""

import threading
from typing import Annotated, BinaryIO, Literal

import msgspec

Format = Literal["png", "jpeg", "rgb"]
Share = Annotated[float, msgspec.Meta(ge=0.0, le=1.0)]


class PixelRequest(msgspec.Struct, kw_only=True):
    """One line of input: a frame or a generated picture that is wanted, or with `cancel` one that no longer is."""

    id: int | None = None
    film: int = 0
    frame: int = 0
    image: int | None = None
    width: Annotated[int, msgspec.Meta(ge=1)] | None = None
    around: tuple[Share, Share] | None = None
    window: tuple[Annotated[int, msgspec.Meta(ge=1)], Annotated[int, msgspec.Meta(ge=1)]] | None = None
    format: Format = "png"
    cancel: int | None = None


class Inbox:
    """Requests in the order they came, read ahead on a thread of its own."""

    def __init__(self, lines: BinaryIO) -> None:
        self._waiting: list[PixelRequest | str] = []
        self._cancelled: set[int | None] = set()
        self._ended = False
        self._changed = threading.Condition()
        threading.Thread(target=self._read, args=(lines,), daemon=True).start()

    def is_idle(self) -> bool:
        """Whether nothing is asked at the moment."""
        with self._changed:
            return not self._waiting and not self._ended

    def next(self) -> tuple[PixelRequest | str, bool] | None:
        """The next request and whether it was cancelled, a complaint about a bad line, or None at the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._ended)
            if not self._waiting:
                return None
            request = self._waiting.pop(0)
            cancelled = isinstance(request, PixelRequest) and request.id in self._cancelled
            if isinstance(request, PixelRequest):
                self._cancelled.discard(request.id)
            return request, cancelled

    def _read(self, lines: BinaryIO) -> None:
        for line in lines:
            with self._changed:
                self._take(line)
                self._changed.notify()
        with self._changed:
            self._ended = True
            self._changed.notify()

    def _take(self, line: bytes) -> None:
        try:
            request = msgspec.json.decode(line, type=PixelRequest)
        except msgspec.MsgspecError as error:
            self._waiting.append(str(error))
            return
        if request.cancel is None:
            self._waiting.append(request)
        elif any(isinstance(item, PixelRequest) and item.id == request.cancel for item in self._waiting):
            self._cancelled.add(request.cancel)
