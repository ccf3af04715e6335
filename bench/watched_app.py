"""`kimikoe` with a watch on the thread that takes its keys: `python -m bench.watched_app FILE ARGUMENTS...`.

A question goes the way of a key, from another thread through the app to what has the focus, and again a millisecond
after its answer. FILE gets a line each: when it was asked by the monotonic clock, and the seconds until its answer by
the clock and by the processor.
"""

import sys
import threading
import time
from pathlib import Path

from kimikoe_tui.app import KimikoeApp
from kimikoe_tui.cli import main

PAUSE_SECONDS = 0.001


class KeysWatch(threading.Thread):
    """Asks the app for as long as it runs."""

    def __init__(self, app: KimikoeApp, path: Path) -> None:
        super().__init__(daemon=True)
        self._app, self._path = app, path
        self._answered = threading.Event()

    def run(self) -> None:
        """Ask and note, over and over."""
        with self._path.open("w", buffering=1) as file:
            while True:
                asked, used = time.perf_counter(), time.process_time()
                if not self._app.call_later(self._to_the_focus):
                    return
                self._answered.wait()
                file.write(f"{asked} {time.perf_counter() - asked} {time.process_time() - used}\n")
                self._answered.clear()
                time.sleep(PAUSE_SECONDS)

    def _to_the_focus(self) -> None:
        if not (self._app.focused or self._app.screen).call_later(self._answered.set):
            self._answered.set()  # it is being closed, as keys to it are then lost


def _watched(path: Path) -> None:
    mounted = KimikoeApp.on_mount

    def on_mount(app: KimikoeApp) -> None:
        mounted(app)
        KeysWatch(app, path).start()

    setattr(KimikoeApp, "on_mount", on_mount)  # noqa: B010  # as a method it may not be assigned


if __name__ == "__main__":
    _watched(Path(sys.argv.pop(1)))
    main()
