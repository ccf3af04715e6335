"""What is not needed for the first paint is not loaded before it."""

import subprocess
import sys
from pathlib import Path

from kimikoe_tui import screens

LATER = ("PIL", "lark", "sqlite_utils", "numpy", "kimikoe_tui.screens.frames", "kimikoe_tui.screens.cull")


def test_importing_the_program_loads_no_room_and_no_picture_library() -> None:
    loaded = loaded_by("kimikoe_tui.app")
    assert "kimikoe_tui.app" in loaded
    assert [name for name in LATER if name in loaded] == []


def test_the_words_that_the_command_line_shares_load_no_terminal_library() -> None:
    loaded = loaded_by("kimikoe_tui.text")
    assert "kimikoe_tui.text" in loaded
    assert [name for name in ("rich", "textual", *LATER) if name in loaded] == []


def test_behind_the_first_paint_all_rooms_are_loaded_so_that_no_key_waits_for_one() -> None:
    loaded = loaded_by("kimikoe_tui.screens", "kimikoe_tui.screens.load_later()")
    rooms = {path.stem for path in Path(screens.__file__).parent.glob("*.py")} - {"__init__", "home"}
    assert {f"kimikoe_tui.screens.{room}" for room in rooms} <= set(loaded)


def loaded_by(module: str, then: str = "") -> list[str]:
    """The modules of a fresh interpreter that imported one, and then did something."""
    code = f"import {module}, sys; {then or None}; print(' '.join(sys.modules))"
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
