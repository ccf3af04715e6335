"""Arrays with one entry for each drawing of a recipe, made once by a process a core and kept on disk."""

import os
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import msgspec
import numpy as np
from numpy.lib.format import open_memmap
from numpy.typing import NDArray

from engine.demo.drawing.scene import one_thread
from engine.demo.training.log import say

_CHUNK = 200

Pixels = NDArray[np.uint8]


def cached(path: Path, identity: object, shape: tuple[int, ...], make: Callable[[int], Pixels]) -> Pixels:
    """The entries `make(0)`, `make(1)`, ... as one array of `shape` in the file `path` (.npy), on disk.

    They are made unless those of the same `identity` are there, and appear whole; `make` must be picklable.
    """
    known, wanted = path.with_suffix(".json"), msgspec.json.encode(identity)
    if not (path.exists() and known.exists() and known.read_bytes() == wanted):
        path.unlink(missing_ok=True)
        path.parent.mkdir(parents=True, exist_ok=True)
        _make_all(path, shape, make)
        known.write_bytes(wanted)
    entries: Pixels = np.load(path, mmap_mode="r")
    return entries


def cores() -> int:
    """How many processes draw at once."""
    return len(os.sched_getaffinity(0))


def _make_all(path: Path, shape: tuple[int, ...], make: Callable[[int], Pixels]) -> None:
    unfinished = path.with_suffix(".partial.npy")
    open_memmap(unfinished, "w+", np.uint8, shape).flush()
    starts = range(0, shape[0], _CHUNK)
    if len(starts) == 1:
        _make_chunk(make, unfinished, 0)
    else:
        _make_chunks(partial(_make_chunk, make, unfinished), starts, path)
    os.replace(unfinished, path)


def _make_chunks(make_chunk: Callable[[int], None], starts: range, path: Path) -> None:
    with ProcessPoolExecutor(cores(), get_context("spawn"), initializer=one_thread) as workers:
        for done, _ in enumerate(workers.map(make_chunk, starts), 1):
            if done % 25 == 0:
                say("making", folder=path.parent.name, file=path.stem, made=done * _CHUNK, of=starts.stop)


def _make_chunk(make: Callable[[int], Pixels], path: Path, start: int) -> None:
    entries = open_memmap(path, "r+")
    for index in range(start, min(start + _CHUNK, len(entries))):
        entries[index] = make(index)
    entries.flush()
