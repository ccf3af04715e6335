"""What the processes of the rehearsal hold, again and again: whether it grows while they do the same work."""

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil

from kimikoe_tui.engine_control import engine_state

SAMPLE_SECONDS = 3.0
WARM_UP = 0.15
GROWTH, MEGABYTES = 1.15, 16.0  # what may be added between the first third and the last, by chance


class MemoryLog:
    """Megabytes of each role's process, open files too, in a thread of its own."""

    def __init__(self, roots: dict[str, Path], terminals: Callable[[], dict[str, int]]) -> None:
        self._roots, self._terminals = roots, terminals
        self._samples: dict[str, list[tuple[float, float, int]]] = defaultdict(list)
        self.longest_log = 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="memory", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Take no more samples."""
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._over.wait(SAMPLE_SECONDS):
            for role, process in self._processes():
                try:
                    sample = (time.monotonic(), process.memory_info().rss / 2**20, process.num_fds())
                except psutil.Error:
                    continue
                self._samples[role].append(sample)
            self.longest_log = max([self.longest_log, *map(_log_bytes, self._roots.values())])

    def _processes(self) -> Iterator[tuple[str, psutil.Process]]:
        for name, pid in self._terminals().items():
            yield from _process(name, pid)
        for studio, root in self._roots.items():
            for _role, supervisor in _process("", engine_state(root).pid):
                yield f"{studio} supervisor", supervisor
                yield from _workers(studio, supervisor)

    def rows(self) -> Iterator[tuple[str, list[float], int]]:
        """(role, [most megabytes in the first, middle and last third after warming up], open files more at the end)."""
        for role, samples in sorted(self._samples.items()):
            begins, ends = samples[0][0], samples[-1][0]
            warm = begins + WARM_UP * (ends - begins)
            third = (ends - warm) / 3 or 1.0
            parts: list[list[float]] = [[], [], []]
            for at, megabytes, _files in samples:
                if at >= warm:
                    parts[min(2, int((at - warm) / third))].append(megabytes)
            files = [files for at, _megabytes, files in samples if at >= warm]
            yield role, [max(part, default=0.0) for part in parts], files[-1] - files[0]

    def faults(self) -> list[str]:
        """Which roles hold more in the last third than in the first."""
        return [
            f"memory of {role}: {first:.0f}, {middle:.0f}, {last:.0f} MB"
            for role, (first, middle, last), _files in self.rows()
            if first and last > GROWTH * first + MEGABYTES
        ]


def _process(role: str, pid: int | None) -> Iterator[tuple[str, psutil.Process]]:
    try:
        if pid:
            yield role, psutil.Process(pid)
    except psutil.Error:
        return


def _workers(studio: str, supervisor: psutil.Process) -> Iterator[tuple[str, psutil.Process]]:
    try:
        for child in supervisor.children():
            words = child.cmdline()
            if "engine.lane" in words:
                yield f"{studio} {words[-2]} worker", child
    except psutil.Error:
        return


def _log_bytes(root: Path) -> int:
    try:
        return (root / "kimikoe.db-wal").stat().st_size
    except FileNotFoundError:
        return 0
