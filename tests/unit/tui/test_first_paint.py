"""What is not needed for the first paint is not loaded before it."""

import subprocess
import sys

LATER = ("PIL", "lark", "sqlite_utils", "numpy", "kimikoe_tui.screens.frames", "kimikoe_tui.screens.cull")


def test_importing_the_program_loads_no_room_and_no_picture_library() -> None:
    code = "import kimikoe_tui.app, sys; print(' '.join(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "kimikoe_tui.app" in loaded
    assert [name for name in LATER if name in loaded] == []
