"""Working through tmux: what it says of the terminal outside, how a picture gets past it, and its clipboard."""

import os
import subprocess

import msgspec

SECONDS = 2.0
_FORMAT = "\t".join(
    f"#{{{name}}}" for name in ("client_termtype", "client_termname", "client_cell_width", "client_cell_height")
)


class Outside(msgspec.Struct, frozen=True):
    """The terminal that tmux is seen in; `cell` is (0, 0) where tmux does not know it."""

    version: str
    term: str
    cell: tuple[int, int]


def outside() -> Outside | None:
    """What tmux knows of it; None where tmux does not answer or nobody is attached."""
    answer = _tmux("display-message", "-p", _FORMAT)
    parts = answer.split("\t") if answer else []
    if len(parts) != 4 or not (parts[0] or parts[1]):
        return None
    width, height = (int(part) if part.isdigit() else 0 for part in parts[2:])
    return Outside(parts[0], parts[1], (width, height))


def allow_passthrough() -> bool:
    """Let this pane alone speak to the terminal outside; False where this tmux cannot."""
    pane = os.environ.get("TMUX_PANE", "")
    return bool(pane) and _tmux("set-option", "-p", "-t", pane, "allow-passthrough", "on") is not None


def copy(text: str) -> bool:
    """Have tmux keep text for pasting and hand it to the clipboard outside; False where no tmux from 3.2 on is here.

    What a program in it sends by OSC 52 tmux ignores, unless its `set-clipboard` is on.
    """
    return bool(os.environ.get("TMUX")) and _tmux("load-buffer", "-w", "-", given=text) is not None


def wrapped(sequence: str) -> str:
    """A control sequence as tmux hands it on."""
    return "\x1bPtmux;" + sequence.replace("\x1b", "\x1b\x1b") + "\x1b\\"


def _tmux(*arguments: str, given: str = "") -> str | None:
    try:
        done = subprocess.run(
            ["tmux", *arguments], input=given, capture_output=True, encoding="utf-8", errors="replace", timeout=SECONDS
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.rstrip("\n") if done.returncode == 0 else None
