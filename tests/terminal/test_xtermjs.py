"""A terminal of the browser: xterm.js with its image add-on in a headless Chromium, real keys and screenshots.

Skipped where there is no Chromium, or where `KIMIKOE_XTERMJS` names no folder that holds both of
`npm install --prefix FOLDER @xterm/xterm @xterm/addon-image`.
"""

import base64
import fcntl
import io
import json
import os
import pty
import select
import shutil
import struct
import subprocess
import sys
import termios
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from db import query
from db.connect import connect_studio
from tests.terminal.screenshots import is_whole, menus_cover_it, sizes_are_followed
from tests.terminal.studio import PICTURES
from tests.terminal.terminal import FORGOTTEN
from tests.terminal.test_pictures import has
from tests.waiting import wait_until

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome") or ""
MODULES = Path(os.environ.get("KIMIKOE_XTERMJS", "none")) / "node_modules" / "@xterm"
NEEDED = (MODULES / "xterm/lib/xterm.js", MODULES / "xterm/css/xterm.css", MODULES / "addon-image/lib/addon-image.js")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not (CHROMIUM and all(each.is_file() for each in NEEDED)), reason="no Chromium, or no xterm.js"),
]
COLUMNS, ROWS = 100, 30
NARROW = 60, 30
ESCAPE = 27
"""Its number among the keys of a browser, where it has no text."""
PAGE = """<!doctype html><style>{css} body {{ margin: 0; background: #000 }}</style><div id=t></div>
<script>{xterm}</script><script>{image}</script><script>
const term = new Terminal({{cols: {columns}, rows: {rows}, allowProposedApi: true}});
term.loadAddon(new ImageAddon.ImageAddon());
term.open(document.getElementById('t'));
let said = ''; term.onData(data => said += data); term.onBinary(data => said += data);
function hear() {{ const all = said; said = ''; return all; }}
function show(data) {{ term.write(Uint8Array.from(atob(data), c => c.charCodeAt(0))); }}
term.focus();
</script>"""


class Browser:
    """A page in Chromium, spoken to over a pipe by its DevTools protocol."""

    def __init__(self, folder: Path, page: Path) -> None:
        hear, self._write = os.pipe()
        self._read, say = os.pipe()
        command = [
            CHROMIUM, "--headless=new", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe",
            "--window-size=1100,800", f"--user-data-dir={folder}", "about:blank",
        ]  # fmt: skip

        def as_three_and_four() -> None:
            one, other = os.dup(hear), os.dup(say)
            os.dup2(one, 3)
            os.dup2(other, 4)

        self._process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, close_fds=False, preexec_fn=as_three_and_four
        )
        os.close(hear)
        os.close(say)
        self._number, self._left, self._session = 0, b"", ""
        target = self.call("Target.createTarget", url=page.as_uri())["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]

    def call(self, method: str, **parameters: object) -> dict[str, Any]:
        """Have the browser do something; its answer."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        session = {"sessionId": self._session} if self._session else {}
        os.write(self._write, json.dumps(message | session).encode() + b"\0")
        while True:
            while b"\0" not in self._left:
                assert select.select([self._read], [], [], 60)[0], f"the browser is silent after {method}"
                self._left += os.read(self._read, 1 << 20)
            line, _zero, self._left = self._left.partition(b"\0")
            answer = json.loads(line)
            if answer.get("id") == self._number:
                assert "error" not in answer, answer["error"]
                result: dict[str, Any] = answer["result"]
                return result

    def evaluate(self, expression: str) -> Any:
        """The value of an expression of the page."""
        return self.call("Runtime.evaluate", expression=expression, returnByValue=True)["result"].get("value")

    def close(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.wait()
        os.close(self._write)
        os.close(self._read)


class XTermJS:
    """kimikoe in xterm.js."""

    def __init__(self, root: Path, folder: Path) -> None:
        xterm, css, image = (each.read_text("utf-8") for each in (NEEDED[0], NEEDED[1], NEEDED[2]))
        page = folder / "page.html"
        page.write_text(PAGE.format(css=css, xterm=xterm, image=image, columns=COLUMNS, rows=ROWS), "utf-8")
        self.browser = Browser(folder / "profile", page)
        wait_until(lambda: self.browser.evaluate("typeof hear") == "function", "xterm.js is there")
        self._master, slave = pty.openpty()
        self._tell_size(COLUMNS, ROWS)
        kept = {name: value for name, value in os.environ.items() if name not in FORGOTTEN}
        own = {"TERM": "xterm-256color", "COLORTERM": "truecolor", "XDG_CACHE_HOME": str(root.parent)}
        program = [sys.executable, "-m", "kimikoe_tui", "--studio", str(root)]
        self._program = subprocess.Popen(
            program, stdin=slave, stdout=slave, stderr=slave, env=kept | own, start_new_session=True,
            preexec_fn=partial(fcntl.ioctl, slave, termios.TIOCSCTTY, 0),
        )  # fmt: skip
        os.close(slave)

    def press(self, *keys: str) -> None:
        """Press keys in the browser, one after another."""
        for key in keys:
            pressed = {"key": key} | ({"windowsVirtualKeyCode": ESCAPE} if key == "Escape" else {"text": key})
            self.browser.call("Input.dispatchKeyEvent", type="keyDown", **pressed)
            self.browser.call("Input.dispatchKeyEvent", type="keyUp", key=key)
            self.exchange()

    def resize(self, columns: int, rows: int) -> None:
        """Give the terminal another size, and tell the program, as a page that fits it to its window does."""
        self.browser.evaluate(f"term.resize({columns}, {rows})")
        self._tell_size(columns, rows)

    def _tell_size(self, columns: int, rows: int) -> None:
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def exchange(self) -> None:
        """Bring what the program wrote to the terminal, and what the terminal says to the program."""
        while select.select([self._master], [], [], 0.02)[0]:
            data = os.read(self._master, 65_536)
            self.browser.evaluate(f"show('{base64.b64encode(data).decode()}')")
        if said := self.browser.evaluate("hear()"):
            os.write(self._master, said.encode())

    def screenshot(self) -> Image.Image:
        """What is seen now."""
        self.exchange()
        data = self.browser.call("Page.captureScreenshot")["data"]
        return Image.open(io.BytesIO(base64.b64decode(data))).convert("RGB")

    def close(self) -> None:
        """End the program, then the browser."""
        os.close(self._master)
        self._program.terminate()
        self._program.wait()
        self.browser.close()


@pytest.fixture
def terminal(studio: Path, tmp_path: Path) -> Iterator[XTermJS]:
    opened = XTermJS(studio, tmp_path)
    yield opened
    opened.close()


def test_pictures_are_seen_judged_and_covered_in_a_browser(terminal: XTermJS, studio: Path) -> None:
    db = connect_studio(studio)
    wait_until(lambda: len(terminal.screenshot().getcolors(1 << 24) or []) > 4, "it has painted")
    wait_until(lambda: _at_picture(terminal), "the first picture is seen")
    known = (studio.parent / "kimikoe" / "terminals.json").read_text("utf-8")
    assert '"method":"sixel"' in known, "as pixels, not text"
    terminal.press("4")
    wait_until(lambda: has(terminal.screenshot(), 2, 6), "the second is seen")
    assert list(query.image_ids(db, "stars:4")) == [1]
    assert not has(terminal.screenshot(), 1, 6), "the first does not linger"
    terminal.press("?")
    wait_until(lambda: not has(terminal.screenshot(), 2, 6), "the help covers it")
    terminal.press("q")
    wait_until(lambda: has(terminal.screenshot(), 2, 6), "it is seen again")
    terminal.press("g", "j")
    wait_until(lambda: not has(terminal.screenshot(), 2, 6), "it does not linger in another room")
    assert len(query.image_ids(db, "is:unrated")) == PICTURES - 1, "no answer of the terminal was a key"


def _at_picture(terminal: XTermJS) -> bool:
    if has(terminal.screenshot(), 1, 6):
        return True
    terminal.press("g", "c")
    return False


def test_pictures_keep_to_their_pane_through_menus_and_sizes(terminal: XTermJS) -> None:
    wait_until(lambda: _at_picture(terminal), "the first picture is seen")
    terminal.resize(*NARROW)
    wait_until(lambda: is_whole(terminal.screenshot()), "it is whole where every menu lies over a part of it")
    menus_cover_it(terminal, (("?", "q"), ("g", "Escape"), ("f", "Escape"), (":", "Escape")))
    sizes_are_followed(terminal)
