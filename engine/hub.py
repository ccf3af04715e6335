"""Files of a hub's repository, with their progress told and the wish to stop heard while they come."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any

from tqdm import tqdm

WATCH_SECONDS = 0.1
BYTES = "B"

Watch = Callable[[int, int], None]


class Unavailable(Exception):
    """The hub does not give a file, and it is not here; the text is the first line of why."""


def unwatched(_done: int, _total: int) -> None:
    """For who wants to know nothing of the progress."""


def download(repository: str, revision: str | None, names: Sequence[str], watch: Watch = unwatched) -> Path:
    """The folder with these files, of the hub or of its cache here; raises `Unavailable` where they cannot be had.

    `watch` is called in this thread with the bytes that are here and all there are; what it raises ends the download.
    A connection that is cut goes on where it was; a download that was stopped begins its file anew.
    """
    from huggingface_hub import snapshot_download

    bars, stopped = _Bars(), threading.Event()
    with ThreadPoolExecutor(1) as thread:
        coming = thread.submit(
            snapshot_download, repository, revision=revision, allow_patterns=list(names),
            tqdm_class=_bar_class(bars, stopped),
        )  # fmt: skip
        try:
            _watch(coming, bars, watch)
        except BaseException:
            stopped.set()
            raise
    if (error := coming.exception()) is not None:  # a hub that answers nonsense gives errors of every kind
        raise Unavailable((str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".:")) from error
    return Path(str(coming.result()))


def _watch(coming: "Future[Any]", bars: "_Bars", watch: Watch) -> None:
    while not wait([coming], WATCH_SECONDS).done:
        watch(*bars.bytes)
    if coming.exception() is None:
        watch(*bars.bytes)


class _Bars:
    """The library's bars of one download, of which those that count bytes tell how far it is."""

    def __init__(self) -> None:
        self.counting: list[Any] = []

    @property
    def bytes(self) -> tuple[int, int]:
        """Bytes that have come, and all that are to come as far as that is known."""
        return max(((int(bar.n), int(bar.total or 0)) for bar in self.counting), default=(0, 0))


class _Stopped(Exception):
    """The download is not wanted any more."""


def _bar_class(bars: _Bars, stopped: threading.Event) -> type[Any]:
    """What the library makes its bars of: they draw nothing, count, and end the download when it is not wanted."""

    class Bar(tqdm):  # type: ignore[misc]
        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **{**options, "disable": True})
            if options.get("unit") == BYTES:
                bars.counting.append(self)

        def update(self, n: float | None = 1) -> None:
            if stopped.is_set():
                raise _Stopped
            self.n += n or 0

    return Bar
