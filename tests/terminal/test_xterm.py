"""A real terminal: xterm with sixels on a virtual display, real keys and screenshots of it; skipped without them."""

import io
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from db import query
from db.connect import connect_studio
from tests.terminal.screenshots import menus_cover_it, sizes_are_followed
from tests.terminal.studio import PICTURES
from tests.terminal.terminal import FORGOTTEN
from tests.terminal.test_pictures import has
from tests.waiting import wait_until

TOOLS = ("xterm", "Xvfb", "xdotool", "import")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not all(map(shutil.which, TOOLS)), reason=f"not installed: one of {TOOLS}"),
]


class XTerm:
    """kimikoe in xterm as VT340, which shows sixels."""

    def __init__(self, root: Path) -> None:
        read, write = os.pipe()
        self._display = subprocess.Popen(
            ["Xvfb", "-displayfd", str(write), "-screen", "0", "1100x800x24"],
            pass_fds=[write],
            stderr=subprocess.DEVNULL,
        )
        os.close(write)
        with open(read, encoding="ascii") as told:
            number = told.readline().strip()
        kept = {name: value for name, value in os.environ.items() if name not in FORGOTTEN}
        self._env = kept | {"DISPLAY": f":{number}", "LANG": "C.UTF-8", "XDG_CACHE_HOME": str(root.parent)}
        program = [sys.executable, "-m", "kimikoe_tui", "--studio", str(root)]
        window = ["xterm", "-ti", "vt340", "-geometry", "100x30+0+0", "-bg", "black", "-e", *program]
        self._xterm = subprocess.Popen(window, env=self._env, stderr=subprocess.DEVNULL)

    def press(self, *keys: str) -> None:
        """Press real keys, one after another."""
        found = wait_until(lambda: self._tool("xdotool", "search", "--class", "xterm").split(), "xterm has a window")
        self._tool("xdotool", "windowfocus", found[-1].decode())
        self._tool("xdotool", "key", "--delay", "200", *keys)

    def resize(self, columns: int, rows: int) -> None:
        """Give the window another size, as dragging its corner does."""
        found = self._tool("xdotool", "search", "--class", "xterm").split()
        self._tool("xdotool", "windowsize", "--usehints", found[-1].decode(), str(columns), str(rows))

    def screenshot(self) -> Image.Image:
        """What is on the display."""
        return Image.open(io.BytesIO(self._tool("import", "-window", "root", "png:-"))).convert("RGB")

    def _tool(self, *command: str) -> bytes:
        return subprocess.run(command, env=self._env, capture_output=True).stdout

    def close(self) -> None:
        """Close the window and the display."""
        for process in (self._xterm, self._display):
            process.terminate()
            process.wait()


@pytest.fixture
def xterm(studio: Path) -> Iterator[XTerm]:
    terminal = XTerm(studio)
    yield terminal
    terminal.close()


def test_pictures_are_seen_judged_and_covered_in_a_real_terminal(xterm: XTerm, studio: Path) -> None:
    db = connect_studio(studio)
    wait_until(lambda: len(xterm.screenshot().getcolors(1 << 24) or []) > 4, "it has painted")
    wait_until(lambda: _at_picture(xterm), "the first picture is seen")
    xterm.press("4")
    wait_until(lambda: has(xterm.screenshot(), 2, 6), "the second is seen")
    assert list(query.image_ids(db, "stars:4")) == [1] and not list(query.image_ids(db, "is:unseen"))
    assert not has(xterm.screenshot(), 1, 6), "the first does not linger"
    xterm.press("question")
    wait_until(lambda: not has(xterm.screenshot(), 2, 6), "the help covers it")
    xterm.press("q")
    wait_until(lambda: has(xterm.screenshot(), 2, 6), "it is seen again")
    xterm.press("g", "j")
    wait_until(lambda: not has(xterm.screenshot(), 2, 6), "it does not linger in another room")
    assert len(query.image_ids(db, "is:unrated")) == PICTURES - 1, "no answer of the terminal was a key"


def _at_picture(xterm: XTerm) -> bool:
    if has(xterm.screenshot(), 1, 6):
        return True
    xterm.press("g", "c")
    return False


def test_pictures_keep_to_their_pane_through_menus_and_sizes(xterm: XTerm) -> None:
    wait_until(lambda: _at_picture(xterm), "the first picture is seen")
    menus_cover_it(xterm, (("question", "q"), ("g", "Escape"), ("f", "Escape"), ("colon", "Escape")))
    sizes_are_followed(xterm)
