"""`python -m tools.screenshots STUDIO [FOLDER]`: every room of a studio as a person sees it, real pixels included.

Real keys go to xterm with sixels on a display of its own; what is on the display is kept as PNG. The studio is copied
first and its engine does not run, so that the same studio gives the same pictures.
"""

import argparse
import io
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image, ImageChops

from db import comparisons
from db.connect import DATABASE_NAME, connect, connect_studio, studio_file

TOOLS = ("xterm", "Xvfb", "xdotool", "import")
SIZE = (110, 32)
FONT = "DejaVu Sans Mono"
CACHES = ("thumbs.db", "vectors.npy")
FOLDERS = ("images", "loras")
FORGOTTEN = ("TMUX", "STY", "TERM_PROGRAM", "WT_SESSION", "KIMIKOE_GRAPHICS", "NO_COLOR", "LC_ALL", "LC_MESSAGES")
STILL_SECONDS, DRAWING_SECONDS, LONGEST_SECONDS = 0.6, 15.0, 120.0
RESOURCES = (
    "decGraphicsID: vt340",
    "numColorRegisters: 256",
    "maxGraphicSize: 3000x3000",
    "scrollBar: false",
    "directColor: true",
    "termName: xterm-256color",
)
SHOTS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("home", "HomeRoom", ()),
    ("frames", "FramesRoom", ("g", "f", "n")),
    ("shots", "ShotsRoom", ("g", "s")),
    ("tags", "TagsRoom", ("g", "t")),
    ("datasets", "DatasetsRoom", ("g", "d")),
    ("dataset", "DatasetRoom", ("Return", "G", "bracketleft", "bracketleft")),
    ("runs", "RunsRoom", ("q", "g", "r")),
    ("new", "NewRoom", ("g", "n")),
    ("cull", "CullRoom", ("g", "c")),
    ("survey", "SurveyRoom", ("s",)),
    ("", "BlindRoom", ("s", "b", "Return")),
    ("blind", "BlindRoom", ("l", "h", "h")),
    ("matches", "MatchesRoom", ("b", "g", "m")),
    ("jobs", "JobsRoom", ("g", "j")),
    ("keys", "HelpScreen", ("g", "c", "question")),
)
"""The picture's name, the screen that it is of, and the keys that lead there from the one before; none is taken of what
has no name."""
MENU_KEY, MENU = "g", "GoMenu"
Told = Callable[[int, str, bool], bool]
"""Whether what the program tells is what is waited for: keys heard, the screen on top, and whether all is painted."""


def main() -> None:
    """Take one screenshot after another."""
    parser = argparse.ArgumentParser(prog="python -m tools.screenshots")
    parser.add_argument("studio", type=Path)
    parser.add_argument("folder", type=Path, nargs="?", default=Path("docs"))
    parser.add_argument("--language", default="en", help="such as ja")
    options = parser.parse_args()
    if missing := [tool for tool in TOOLS if shutil.which(tool) is None]:
        sys.exit(f"not installed: {', '.join(missing)}")
    options.folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as folder, _window(_copied(options.studio, Path(folder)), options.language) as window:
        for name, screen, keys in SHOTS:
            window.press(*keys)
            picture = window.settled(screen)
            if name:
                picture.save(options.folder / f"{name}.png", optimize=True)
                print(options.folder / f"{name}.png", flush=True)


def _copied(studio: Path, folder: Path) -> Path:
    """A copy of what the rooms show; the film stays where it is."""
    copy = folder / studio.resolve().name
    copy.mkdir(mode=0o700)
    source, target = connect(studio_file(studio), read_only=True), connect(copy / DATABASE_NAME)
    source.backup(target)
    target.execute("DELETE FROM visit")
    target.execute("UPDATE job SET state = 'queued' WHERE state = 'running'")  # whose time left would change
    source.close()
    target.close()
    _begin_trial(copy)
    for name in CACHES:
        if (studio / name).is_file():
            shutil.copy2(studio / name, copy / name)
    for name in FOLDERS:
        shutil.copytree(studio / name, copy / name)
    for name in ("logs", "runs"):
        (copy / name).mkdir(mode=0o700)
    return copy


def _begin_trial(studio: Path) -> None:
    """Begin what the blind room offers, with a seed that always has the same pairs stand in the same order."""
    db = connect_studio(studio)
    if (sides := comparisons.suggestion(db)) is None:
        sys.exit(f"{studio.name} has no two pictures of one prompt and seed by two LoRAs, as a new demo's has")
    comparisons.begin(db, *sides)
    db.execute("UPDATE trial SET seed = 0")
    db.close()


class Window:
    """kimikoe in xterm as VT340, on a display of its own; `state` is the file in which it tells how far it is."""

    def __init__(self, env: dict[str, str], state: Path) -> None:
        self._env, self._state = env, state
        self._pressed = 0

    def press(self, *keys: str) -> None:
        """Press keys, each when all that the one before led to has been painted, its menu being there, or gone."""
        menu_wanted = False
        for key in keys:
            self._wait_for(self._ready(menu_wanted), f"the key before {key}")
            found = self._tool("xdotool", "search", "--class", "xterm").split()
            self._tool("xdotool", "windowfocus", found[-1].decode())
            self._tool("xdotool", "key", "--delay", "200", key)
            self._pressed, menu_wanted = self._pressed + 1, key == MENU_KEY

    def _ready(self, menu_wanted: bool) -> Told:
        return lambda heard, screen, done: heard == self._pressed and done and (screen == MENU) == menu_wanted

    def settled(self, wanted: str) -> Image.Image:
        """The window once this screen has painted all it shows, cut to what is not the display's ground."""
        self._wait_for(lambda heard, screen, done: (heard, screen, done) == (self._pressed, wanted, True), wanted)
        before, since, end = self._look(), time.monotonic(), time.monotonic() + DRAWING_SECONDS
        while time.monotonic() < min(end, since + STILL_SECONDS):  # what was written is still to be drawn by xterm
            time.sleep(0.2)
            now = self._look()
            if ImageChops.difference(now, before).getbbox():
                before, since = now, time.monotonic()
        return before.crop(before.getbbox())

    def _wait_for(self, holds: Told, what: str) -> None:
        """Wait until the program tells what is wanted; ends where it never does."""
        end, told = time.monotonic() + LONGEST_SECONDS, ""
        while time.monotonic() < end:
            told = self._state.read_text("utf-8") if self._state.exists() else ""
            heard, _space, rest = told.partition(" ")
            screen, _space, done = rest.partition(" ")
            if told and holds(int(heard), screen, done == "1"):
                return
            time.sleep(0.1)
        sys.exit(f"waited in vain for {what}: the program tells of keys, screen and whether all is painted: {told!r}")

    def _look(self) -> Image.Image:
        return Image.open(io.BytesIO(self._tool("import", "-window", "root", "ppm:-"))).convert("RGB")

    def _tool(self, *command: str) -> bytes:
        return subprocess.run(command, env=self._env, capture_output=True).stdout


@contextmanager
def _window(studio: Path, language: str) -> Iterator[Window]:
    """A window on a studio, closed at the end."""
    read, write = os.pipe()
    screen = ["-screen", "0", "1280x800x24", "-displayfd", str(write)]
    display = subprocess.Popen(["Xvfb", *screen], pass_fds=[write], stderr=subprocess.DEVNULL)
    os.close(write)
    with open(read, encoding="ascii") as told:
        number = told.readline().strip()
    kept = {name: value for name, value in os.environ.items() if name not in FORGOTTEN}
    env = kept | {"DISPLAY": f":{number}", "LANG": "C.UTF-8", "LANGUAGE": language, "COLORTERM": "truecolor"}
    env |= {"XDG_CACHE_HOME": str(studio.parent)}
    state = studio.parent / "state"
    program = [sys.executable, "-m", "tools.opened", str(studio), str(state)]
    look = [
        "-fa",
        FONT,
        "-fs",
        "11",
        "-bg",
        "#0b0d10",
        "-fg",
        "white",
        "-b",
        "6",
        "-geometry",
        "x".join(map(str, SIZE)),
    ]
    look += [part for each in RESOURCES for part in ("-xrm", f"XTerm*{each}")]
    xterm = subprocess.Popen(["xterm", "-ti", "vt340", *look, "-e", *program], env=env, stderr=subprocess.DEVNULL)
    try:
        yield Window(env, state)
    finally:
        for process in (xterm, display):
            process.terminate()
            process.wait()


if __name__ == "__main__":
    main()
