"""Terminals that were asked before: this window, this login, is not asked twice."""

import hashlib
import os
from pathlib import Path

import msgspec

from kimikoe_tui.graphics import tmux
from kimikoe_tui.graphics.display import Display

MOST = 32


def this_terminal() -> str:
    """What tells this terminal from every other: its device, whose session it is and since when, and tmux's client.

    Empty where there is no terminal.
    """
    try:
        session = os.getsid(0)
        began = Path(f"/proc/{session}/stat").read_text(errors="replace").rpartition(")")[2].split()[19]
        parts = [os.ttyname(0), str(session), began, os.environ.get("TERM", "")]
    except (OSError, IndexError):
        return ""
    if os.environ.get("TMUX"):
        parts.append(str(tmux.outside()))
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]


class KnownTerminals:
    """A small file of what was found, the newest last; it may be lost at any time."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def display(self, terminal: str) -> Display | None:
        """What was found of a terminal before."""
        return self._read().get(terminal)

    def remember(self, terminal: str, display: Display) -> None:
        """Keep what was found, and forget the oldest."""
        known = {key: each for key, each in self._read().items() if key != terminal} | {terminal: display}
        self._write(dict(list(known.items())[-MOST:]))

    def _write(self, known: dict[str, Display]) -> None:
        try:
            self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            part = self._file.with_suffix(f".{os.getpid()}.part")
            part.write_bytes(msgspec.json.encode(known))
            part.replace(self._file)
        except OSError:
            return

    def forget(self) -> None:
        """Forget this terminal, so that it is asked again; the others stay."""
        self._write({key: each for key, each in self._read().items() if key != this_terminal()})

    def _read(self) -> dict[str, Display]:
        try:
            return msgspec.json.decode(self._file.read_bytes(), type=dict[str, Display])
        except (OSError, msgspec.MsgspecError):
            return {}


def known_terminals() -> KnownTerminals:
    """Those of this user."""
    import platformdirs

    return KnownTerminals(Path(platformdirs.user_cache_dir("kimikoe")) / "terminals.json")
