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
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image, ImageChops

from db.connect import DATABASE_NAME, connect, connect_studio, studio_file

TOOLS = ("xterm", "Xvfb", "xdotool", "import")
SIZE = (110, 32)
FONT = "DejaVu Sans Mono"
CACHES = ("thumbs.db", "vectors.npy")
FOLDERS = ("images", "loras")
FORGOTTEN = ("TMUX", "STY", "TERM_PROGRAM", "WT_SESSION", "KIMIKOE_GRAPHICS", "NO_COLOR", "LC_ALL", "LC_MESSAGES")
STILL_SECONDS, LONGEST_SECONDS = 2.5, 120.0
RESOURCES = (
    "decGraphicsID: vt340",
    "numColorRegisters: 256",
    "maxGraphicSize: 3000x3000",
    "scrollBar: false",
    "directColor: true",
    "termName: xterm-256color",
)
PAINTED_COLOURS = 3
SHOTS: dict[str, tuple[str, ...]] = {
    "home": (),
    "frames": ("g", "f", "bracketright", "bracketright"),
    "shots": ("g", "s"),
    "cull": ("g", "c"),
    "survey": ("s",),
    "runs": ("s", "g", "r"),
    "jobs": ("g", "j"),
    "keys": ("g", "c", "question"),
}


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
        for name, keys in SHOTS.items():
            window.press(*keys)
            window.settled().save(options.folder / f"{name}.png", optimize=True)
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
    connect_studio(copy).close()
    for name in CACHES:
        if (studio / name).is_file():
            shutil.copy2(studio / name, copy / name)
    for name in FOLDERS:
        shutil.copytree(studio / name, copy / name)
    for name in ("logs", "runs"):
        (copy / name).mkdir(mode=0o700)
    return copy


class Window:
    """kimikoe in xterm as VT340, on a display of its own."""

    def __init__(self, env: dict[str, str]) -> None:
        self._env = env

    def opened(self) -> bool:
        """Whether the window is there and the program has painted."""
        return len(self._look().getcolors(1 << 24) or []) > PAINTED_COLOURS

    def press(self, *keys: str) -> None:
        """Press keys, one after another, each when the one before has been shown."""
        for key in keys:
            self.settled(0.5)
            found = self._tool("xdotool", "search", "--class", "xterm").split()
            self._tool("xdotool", "windowfocus", found[-1].decode())
            self._tool("xdotool", "key", "--delay", "200", key)

    def settled(self, seconds: float = STILL_SECONDS) -> Image.Image:
        """The window once nothing has changed in it for so long, cut to what is not the display's ground."""
        before, since, end = self._look(), time.monotonic(), time.monotonic() + LONGEST_SECONDS
        while time.monotonic() < min(end, since + seconds):
            time.sleep(0.4)
            now = self._look()
            if ImageChops.difference(now, before).getbbox():
                before, since = now, time.monotonic()
        return before.crop(before.getbbox())

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
    program = [sys.executable, "-m", "tools.opened", str(studio)]
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
    window = Window(env)
    try:
        end = time.monotonic() + LONGEST_SECONDS
        while not window.opened() and time.monotonic() < end:
            time.sleep(1)
        yield window
    finally:
        for process in (xterm, display):
            process.terminate()
            process.wait()


if __name__ == "__main__":
    main()
