"""This terminal's place in a studio: the name under which its acts are undone, and its connections."""

import asyncio
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from typing import TypeVar

from filelock import FileLock, Timeout

from db.connect import connect_studio
from db.index import Index
from db.terminals import LOCKS
from kimikoe_tui.marks import Marks

T = TypeVar("T")


class Session:
    """One open terminal.

    Its name is the lowest free of `terminal-1`, `terminal-2`, …, held by a lock that the kernel frees at any end of the
    process, so that after a restart the first terminal again undoes its own acts. Acts are committed durably, one
    after another, on a thread of their own; every thread reads through a connection of its own.
    """

    def __init__(self, root: Path, culling: str = "") -> None:
        self.root = root
        self.culling = culling
        """The expression that this terminal was opened to cull by; empty where it was not opened for that."""
        self.marks = Marks()
        self.index = Index()
        """Answers queries far sooner than SQL, once it has been read; SQL answers until then."""
        self._lock, self.name = _lowest_free_slot(root / LOCKS)
        self._hand = ThreadPoolExecutor(max_workers=1, thread_name_prefix="act")
        self._watch = ThreadPoolExecutor(max_workers=1, thread_name_prefix="watch")
        self._indexing = ThreadPoolExecutor(max_workers=1, thread_name_prefix="index")
        self._threads = threading.local()

    def reader(self) -> sqlite3.Connection:
        """The connection through which this thread reads."""
        if not hasattr(self._threads, "reader"):
            self._threads.reader = connect_studio(self.root, read_only=True, migrate=False)
        reader: sqlite3.Connection = self._threads.reader
        return reader

    async def commit(self, act: Callable[[sqlite3.Connection], T]) -> T:
        """Do an act and wait until it is on the disk; acts keep the order in which they were asked for."""
        return await asyncio.wrap_future(self._hand.submit(self._do, act))

    async def watch(self, look: Callable[[sqlite3.Connection], T]) -> T:
        """Look into the studio on a thread that always uses the same connection, as `data_version` wants it."""
        return await asyncio.wrap_future(self._watch.submit(lambda: look(self.reader())))

    def refresh_index(self) -> None:
        """Have the index read what is new, behind everything else."""
        self._indexing.submit(lambda: self.index.refresh(self.reader()))

    def close(self) -> None:
        """Finish the acts that wait, then free the name."""
        self._hand.shutdown(wait=True)
        self._watch.shutdown(wait=True, cancel_futures=True)
        self._indexing.shutdown(wait=True, cancel_futures=True)
        self._lock.release()

    def _do(self, act: Callable[[sqlite3.Connection], T]) -> T:
        if not hasattr(self._threads, "writer"):
            self._threads.writer = connect_studio(self.root, durable=True, migrate=False)
        return act(self._threads.writer)


def _lowest_free_slot(folder: Path) -> tuple[FileLock, str]:
    folder.mkdir(mode=0o700, exist_ok=True)
    for number in count(1):
        name = f"terminal-{number}"
        lock = FileLock(folder / name, thread_local=False)
        try:
            lock.acquire(blocking=False)
            return lock, name
        except Timeout:
            continue
    raise AssertionError("unreachable")
