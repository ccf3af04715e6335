"""What is copied in a real tmux reaches its buffer and the terminal outside."""

import os
import pty
import select
import shutil
import subprocess
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import pytest

from kimikoe_tui.graphics import tmux
from tests.waiting import wait_until

TEXT = "0:00:01 (51フレーム目)\n0:00:02"

pytestmark = pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")


@pytest.fixture
def socket(tmp_path: Path) -> Iterator[str]:
    """A tmux of our own, with its own settings as they come."""
    path = str(tmp_path / "tmux")
    subprocess.run(["tmux", "-S", path, "-f", "/dev/null", "new-session", "-d", "cat"], check=True)
    yield path
    subprocess.run(["tmux", "-S", path, "kill-server"], check=True)


def test_tmux_keeps_it_and_the_terminal_outside_is_sent_it(socket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    master, slave = pty.openpty()
    outside = subprocess.Popen(["tmux", "-S", socket, "attach"], stdin=slave, stdout=slave, stderr=slave)
    os.close(slave)
    seen = b""

    def shown(word: bytes) -> bool:
        nonlocal seen
        if select.select([master], [], [], 0.02)[0]:
            seen += os.read(master, 65536)
        return word in seen

    wait_until(lambda: shown(b"\x1b[?1049h"), "somebody is attached")
    monkeypatch.setenv("TMUX", f"{socket},1,0")
    assert tmux.copy(TEXT)
    wait_until(lambda: shown(b64encode(TEXT.encode())), "the terminal outside is sent it")
    kept = subprocess.run(["tmux", "-S", socket, "show-buffer"], capture_output=True, text=True, check=True)
    assert kept.stdout.rstrip("\n") == TEXT
    os.close(master)
    outside.wait(30)


def test_outside_tmux_it_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TMUX", raising=False)
    monkeypatch.setattr(subprocess, "run", lambda *_given, **_options: pytest.fail("tmux was asked"))
    assert not tmux.copy(TEXT)
