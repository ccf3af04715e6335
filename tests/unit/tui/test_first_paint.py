"""What is not needed for the first paint is not loaded before it."""

import subprocess
import sys

LATER = ("PIL", "lark", "sqlite_utils", "numpy", "kimikoe_tui.screens.frames", "kimikoe_tui.screens.cull")


def test_importing_the_program_loads_no_room_and_no_picture_library() -> None:
    loaded = loaded_by("kimikoe_tui.app")
    assert "kimikoe_tui.app" in loaded
    assert [name for name in LATER if name in loaded] == []


def test_the_words_that_the_command_line_shares_load_no_terminal_library() -> None:
    loaded = loaded_by("kimikoe_tui.text")
    assert "kimikoe_tui.text" in loaded
    assert [name for name in ("rich", "textual", *LATER) if name in loaded] == []


def loaded_by(module: str) -> list[str]:
    """The modules of a fresh interpreter that imported one."""
    code = f"import {module}, sys; print(' '.join(sys.modules))"
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
