"""Two people at real terminals: one never leaves, the other comes and goes in every way a terminal can."""

import random
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from sqlite3 import Connection

from db import queue
from tests.terminal.terminal import Terminal
from tests.waiting import wait_until

READ_SECONDS = 0.1
STROLL_SECONDS = 1.5
WAIT_SECONDS = 600.0
PATIENCE = 4
CLEAR_LINE = "\x15"
STROLL = ("j", "]", "]", "n", "G", "k", "n", "[", "l", "h")
ROOMS = "fscjrh"
LEAVING = ("closes the window", "SIGTERM", "kill -9", "q")


@dataclass(frozen=True)
class Act:
    """What a person did to a picture: rated or (no stars) rejected it, or undid their last act."""

    session: str
    image_id: int = 0
    stars: int | None = None
    unseen: bool = False
    undo: bool = False


class Person:
    """Somebody at a terminal, whose screen is read all the time, as a real one's is."""

    def __init__(self, root: Path, session: str) -> None:
        self.session = session
        self.repeats = 0
        """How often a key had to be pressed again."""
        self._terminal = Terminal(root)
        self._lock = threading.RLock()
        self._left = threading.Event()
        self._reading = threading.Thread(target=self._read, name=f"reads {session}", daemon=True)
        self._reading.start()
        self.wait_for("engine")

    @property
    def pid(self) -> int:
        """The program's process id."""
        return self._terminal.process.pid

    @property
    def alive(self) -> bool:
        """Whether the program runs."""
        return self._terminal.process.poll() is None

    def _read(self) -> None:
        while not self._left.wait(READ_SECONDS):
            with self._lock:
                self._terminal.read()

    def press(self, keys: str) -> None:
        """Type."""
        with self._lock:
            self._terminal.press(keys)

    def resize(self, columns: int, rows: int) -> None:
        """Drag the window's corner."""
        with self._lock:
            self._terminal.resize(columns, rows)

    def text(self) -> str:
        """The screen."""
        with self._lock:
            return self._terminal.text()

    def wait_for(self, word: str) -> None:
        """Wait until the screen shows a word."""
        try:
            wait_until(lambda: word in self.text(), word, WAIT_SECONDS)
        except AssertionError as error:
            raise AssertionError(f"{self.session} never showed {word!r}:\n{self.text()}") from error

    def go(self, room: str) -> None:
        """Go to a room by its letter, or with `g` to the first row; who sees no menu presses the key again."""
        for _patience in range(PATIENCE):
            self.press("g")
            if self._sees("go to"):
                break
            self.repeats += 1
        self.wait_for("go to")
        self.press(room)
        wait_until(lambda: "go to" not in self.text(), "the menu closes", WAIT_SECONDS)

    def _sees(self, word: str) -> bool:
        deadline = time.monotonic() + WAIT_SECONDS / PATIENCE
        while word not in self.text() and time.monotonic() < deadline:
            time.sleep(READ_SECONDS)
        return word in self.text()

    def open_pictures(self, expression: str, count: int) -> None:
        """Go to the cull room with some pictures."""
        self.go("c")
        self.press("f")
        self.wait_for("by a query")
        self.press("/")
        self.wait_for("pictures that match")
        self.press(CLEAR_LINE)
        self.wait_for("stars:>=4")  # what could be written into the empty line
        self.press(expression)
        self.wait_for(expression)
        self.press("\r")
        wait_until(lambda: "pictures that match" not in self.text(), "the line closes", WAIT_SECONDS)
        self.wait_for(f"1 of {count}")

    def judge(self, db: Connection, image_id: int, key: str) -> Act:
        """Decide about the picture that is shown, and wait until that is on the disk."""
        self.press(key)
        wait_until(lambda: _rating(db, image_id) is not None, f"{self.session} judges {image_id}", WAIT_SECONDS)
        stars, unseen = _rating(db, image_id) or (None, False)
        assert stars == (None if key == "x" else int(key)), f"{image_id} has {stars} for {key}"
        return Act(self.session, image_id, stars, unseen)

    def undo(self, db: Connection, image_id: int) -> Act:
        """Take the last act back, which was about this picture."""
        self.press("u")
        wait_until(lambda: _rating(db, image_id) is None, f"{self.session} undoes", WAIT_SECONDS)
        return Act(self.session, undo=True)

    def pause_newest(self, db: Connection, job_id: int) -> bool:
        """Pause the newest job in the jobs room and go on with it once it is set aside; False where it ended first."""
        self.go("j")
        self.go("g")
        self.press("p")
        wanted = wait_until(lambda: _settled(db, job_id), f"job {job_id} is set aside or done", WAIT_SECONDS)
        if wanted == "done":
            return False
        self.press("r")
        wait_until(lambda: queue.get(db, job_id).state != "paused", f"job {job_id} goes on", WAIT_SECONDS)
        return True

    def leave(self, how: str) -> None:
        """End the program in one of the ways of `LEAVING`, and check its status."""
        process = self._terminal.process
        expected = {"closes the window": 128 + signal.SIGHUP, "SIGTERM": 128 + signal.SIGTERM, "q": 0}
        if how == "q":
            self.go("h")
        self._left.set()
        self._reading.join()
        if how == "closes the window":
            status = self._terminal.hang_up()
        else:
            {"SIGTERM": process.terminate, "kill -9": process.kill, "q": lambda: self.press("q")}[how]()
            status = self._terminal.wait_for_end()
            self._terminal.close()
        assert status == expected.get(how, -signal.SIGKILL), f"{self.session}: {how}, status {status}"


def _rating(db: Connection, image_id: int) -> tuple[int | None, bool] | None:
    row = db.execute("SELECT stars, rejected, unseen FROM rating WHERE image_id = ?", (image_id,)).fetchone()
    return (row["stars"], bool(row["unseen"])) if row else None


def _settled(db: Connection, job_id: int) -> str:
    state = queue.get(db, job_id).state
    return state if state in ("paused", "done") else ""


class Stroller:
    """Has a person wander through the rooms while others work, a key now and then, changing nothing."""

    def __init__(self, person: Person, chance: random.Random) -> None:
        self._person, self._chance = person, chance
        self._walking, self._over = threading.Lock(), threading.Event()
        self.keys = 0
        self.failure: BaseException | None = None
        self._thread = threading.Thread(target=self._walk, name="stroll", daemon=True)
        self._thread.start()

    @contextmanager
    def standing(self) -> Iterator[Person]:
        """The person, for other things meanwhile."""
        with self._walking:
            yield self._person

    def stop(self) -> None:
        """Wander no more; raises what went wrong."""
        self._over.set()
        self._thread.join()
        if self.failure:
            raise self.failure

    def _walk(self) -> None:
        steps: tuple[Callable[[], None], ...] = (self._room, self._key, self._key, self._key, self._key, self._corner)
        try:
            while not self._over.wait(STROLL_SECONDS * self._chance.random() * 2):
                with self._walking:
                    self._chance.choice(steps)()
        except BaseException as error:
            self.failure = error

    def _room(self) -> None:
        self._person.go(self._chance.choice(ROOMS))
        self.keys += 2

    def _key(self) -> None:
        self._person.press(self._chance.choice(STROLL))
        self.keys += 1

    def _corner(self) -> None:
        self._person.resize(self._chance.randint(60, 160), self._chance.randint(18, 50))
        time.sleep(0.1)
        self._person.resize(100, 30)
