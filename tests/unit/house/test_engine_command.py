"""Every program of the engine is started by one function, so that no file of the current folder takes its place."""

import re
import subprocess
from pathlib import Path

import kimikoe_tui
from kimikoe_tui.engine_command import engine_command

OWN_WAY = re.compile(r'"-m",\s*"engine')


def test_a_file_in_the_current_folder_does_not_shadow_a_module(tmp_path: Path) -> None:
    for module in ("json", "msgspec", "engine", "db"):
        (tmp_path / f"{module}.py").write_text("raise SystemExit('shadowed')")
    done = subprocess.run(engine_command("engine.demo", "--help"), cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0 and "film" in done.stdout, done.stderr


def test_nothing_starts_an_engine_module_in_a_way_of_its_own() -> None:
    sources = Path(kimikoe_tui.__file__).parent.rglob("*.py")
    assert [path.name for path in sources if OWN_WAY.search(path.read_text())] == []
