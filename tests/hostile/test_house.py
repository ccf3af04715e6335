"""The corpus is as large as promised; nothing loads a pickle or foreign code, and nobody listens."""

import os
import re
import subprocess
from importlib import import_module
from pathlib import Path

import psutil
import pytest

from kimikoe_tui.cli.models import create_studio
from kimikoe_tui.engine_control import start_engine, stop_engine
from kimikoe_tui.pixels import frame_server_command
from tests.hostile.oracle import process
from tests.pilot.conftest import Open, open_studio, studio  # noqa: F401

FAMILIES = ("acts", "backups", "bases", "databases", "films", "loras", "names", "prompts", "taggers", "tensors")
ROOT = Path(__file__).parents[2]
FORBIDDEN = {
    "pickles": r"^\s*(import|from) (pickle|cPickle|_pickle|dill|cloudpickle|joblib|shelve|marshal)\b",
    "torch.load": r"torch\.load\((?!.*weights_only=True)",
    "numpy's pickles": r"allow_pickle\s*=\s*True",
    "YAML": r"\byaml\.(unsafe_|full_)?load\b",
    "foreign code": r"trust_remote_code\s*=\s*True|custom_pipeline",
    "a shell": r"shell\s*=\s*True|\bos\.(system|popen)\(",
    "evaluation": r"(?<![\w.])(eval|exec)\(",
    "a server": r"\.listen\(|socketserver|http\.server|start_server",
}


def test_the_corpus_has_at_least_300_cases(capsys: pytest.CaptureFixture[str]) -> None:
    counts = {family: len(import_module(f"tests.hostile.test_{family}").CASES) for family in FAMILIES}
    names = [str(case) for family in FAMILIES for case in import_module(f"tests.hostile.test_{family}").CASES]
    with capsys.disabled():
        print(f"\nhostile cases: {sum(counts.values())} ({', '.join(f'{name} {n}' for name, n in counts.items())})")
    assert sum(counts.values()) >= 300 and min(counts.values()) >= 20
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("what", FORBIDDEN)
def test_the_program_has_no(what: str) -> None:
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for room in ("db", "engine", "kimikoe_tui")
        for path in sorted((ROOT / room).rglob("*.py"))
        if "demo/training" not in path.as_posix()
        for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1)
        if re.search(FORBIDDEN[what], line)
    ]
    assert found == []


def sockets(pid: int) -> list[str]:
    """The internet sockets of a process and of all its children."""
    process = psutil.Process(pid)
    return [str(each) for one in (process, *process.children(recursive=True)) for each in one.net_connections("inet")]


def test_nobody_listens(tmp_path: Path) -> None:
    """Neither the engine with its workers nor the frame server has any internet socket."""
    root = tmp_path / "studio"
    create_studio(root)
    server = subprocess.Popen(frame_server_command(root), stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        engine = start_engine(root)
        assert server.stdin is not None and server.stdout is not None and engine.pid is not None
        server.stdin.write(b'{"id": 1, "film": 1, "frame": 1}\n')
        server.stdin.flush()
        assert b"error" in server.stdout.readline()
        assert sockets(server.pid) == [] and sockets(engine.pid) == []
    finally:
        server.kill()
        server.communicate()
        stop_engine(root)


async def test_the_terminal_listens_to_nobody(open_studio: Open) -> None:  # noqa: F811
    before = sockets(os.getpid())
    async with open_studio("g", "c") as (_app, pilot):
        await pilot.pause()
        assert set(sockets(os.getpid())) <= set(before)


def test_a_studio_is_for_its_owner_alone(tmp_path: Path) -> None:
    root = tmp_path / "studio"
    for words in (["init", root], ["--studio", root, "engine", "start"], ["--studio", root, "engine", "stop"]):
        assert process(*words).code == 0
    for path in (root, *root.rglob("*")):
        assert path.stat().st_mode & 0o077 == 0, path
