"""Cards, libraries, terminals and studios, as facts that are made up."""

import json
import os
import sys
from pathlib import Path
from sqlite3 import Connection

import pytest

from db import engine_life, engine_lock
from db.connect import writing
from db.disk_reserve import Reserve
from kimikoe_tui.doctor import card, display, studio, versions
from kimikoe_tui.doctor.finding import Finding
from kimikoe_tui.doctor.machine import Answer, Machine
from tests.unit.doctor.machines import MadeUpMachine

ENGINE = f"{sys.executable} -P -m engine.doctor"
BIG = "NVIDIA GeForce RTX 3060, 550.54.14, 12288\n"
SMALL = "NVIDIA GeForce GTX 1650, 550.54.14, 4096\n"
GPU = {"torch": "2.13.0+cu126", "built_for": "12.6", "card": "RTX 3060", "card_bytes": 12 * 2**30}
CPU = {"torch": "2.13.0+cpu", "built_for": None}
ONNX_CPU = {"onnxruntime": "1.32.0", "offered": ["CPUExecutionProvider"], "provider": "CPUExecutionProvider"}
ONNX_GPU = {"onnxruntime": "1.32.0", "offered": [card.CUDA, "CPUExecutionProvider"], "provider": card.CUDA}
ONNX_FELL_BACK = {**ONNX_GPU, "provider": "CPUExecutionProvider"}


def found(smi: str | None, sees: dict[str, object] | str, files: dict[str, str] | None = None) -> dict[str, Finding]:
    report = sees if isinstance(sees, str) else "a warning\n" + json.dumps({"errors": {}, **sees}) + "\n"
    answers = {ENGINE: report} | ({"nvidia-smi": smi} if smi else {})
    return {finding.check: finding for finding in card.check(MadeUpMachine(answers, files))}


@pytest.mark.parametrize(
    ("smi", "sees", "states"),
    [
        (BIG, {**GPU, **ONNX_GPU}, {"card": "ok", "torch": "ok", "onnx": "ok"}),
        (SMALL, {**GPU, **ONNX_GPU}, {"card": "warning", "torch": "ok", "onnx": "ok"}),
        (None, {**CPU, **ONNX_CPU}, {"card": "warning", "torch": "ok", "onnx": "ok"}),
        (None, {**GPU, **ONNX_GPU}, {"card": "ok", "torch": "ok", "onnx": "ok"}),
        (BIG, {**CPU, **ONNX_CPU}, {"card": "ok", "torch": "problem", "onnx": "problem"}),
        (BIG, {**GPU, **ONNX_FELL_BACK}, {"card": "ok", "torch": "ok", "onnx": "problem"}),
        (BIG, {"torch": "2", "built_for": "13.0", **ONNX_GPU}, {"card": "ok", "torch": "problem", "onnx": "ok"}),
        (BIG, "", {"card": "ok", "engine": "problem"}),
        (BIG, "Segmentation fault", {"card": "ok", "engine": "problem"}),
    ],
)
def test_a_card_that_lies_idle_is_loud(smi: str | None, sees: dict[str, object] | str, states: dict[str, str]) -> None:
    assert {name: finding.state for name, finding in found(smi, sees).items()} == states


def test_what_is_wrong_with_a_card_and_what_to_do_is_said() -> None:
    assert "TAGGING RUNS ON THE PROCESSOR" in found(BIG, {**GPU, **ONNX_CPU})["onnx"].says
    assert "[cuda]" in found(BIG, {**GPU, **ONNX_CPU})["onnx"].do
    assert "cuDNN" in found(BIG, {**GPU, **ONNX_FELL_BACK})["onnx"].do
    assert "PROCESSOR ALONE" in found(BIG, {**CPU, **ONNX_GPU})["torch"].says
    broken = found(None, {"errors": {"torch": "ImportError: libcudart"}, **ONNX_CPU})["torch"]
    assert broken.state == "problem" and "libcudart" in broken.says
    silent = {"/sys/bus/pci/devices/0/vendor": "0x10de\n", "/sys/bus/pci/devices/0/class": "0x030000\n"}
    assert found(None, {**CPU, **ONNX_CPU}, silent)["card"].state == "problem"


def test_the_engines_own_libraries_answer() -> None:
    seen = card.engine_sees(Machine())
    assert seen and seen["errors"] == {} and seen["provider"] in seen["offered"]


INSTALLED = {name: "1.0" for name in versions.NEEDED} | {"onnxruntime": "1.0"}
PINS = "# exact\n" + "".join(f"{name}==1.0\n" for name in INSTALLED)


@pytest.mark.parametrize(
    ("changes", "pins", "state", "says"),
    [
        ({}, PINS, "ok", "as tested"),
        ({}, "", "ok", "not known"),
        ({"torch": "2.0"}, PINS, "warning", "torch 2.0 (1.0)"),
        ({"torch": None}, PINS, "problem", "missing: torch"),
        ({"onnxruntime-gpu": "1.0"}, PINS, "problem", "overwrite"),
    ],
)
def test_libraries(changes: dict[str, str | None], pins: str, state: str, says: str) -> None:
    machine = MadeUpMachine({}, {str(versions.CONSTRAINTS): pins})
    findings = list(versions.check(machine, lambda name: {**INSTALLED, **changes}.get(name), (3, 11, 7)))
    assert findings[0].state == "ok"
    assert findings[1].state == state and says in findings[1].says


def test_an_old_python_is_a_problem_and_pins_are_read_as_pip_reads_them() -> None:
    assert next(versions.check(MadeUpMachine(), lambda _name: "1", (3, 10, 0))).state == "problem"
    assert versions.pinned("huggingface_hub==2.4.0\ntorch==2.13.0+cpu\n# x==1\n") == {
        "huggingface-hub": "2.4.0", "torch": "2.13.0",
    }  # fmt: skip


UTF8 = {"TERM": "xterm-256color", "LANG": "en_GB.UTF-8"}


@pytest.mark.parametrize(
    ("env", "size", "answers", "states"),
    [
        ({**UTF8, "COLORTERM": "truecolor"}, (120, 40), {}, ("ok", "ok", "ok")),
        ({**UTF8, "TERM": "xterm-kitty"}, (120, 40), {}, ("ok", "ok", "ok")),
        (UTF8, (120, 40), {}, ("ok", "ok", "warning")),
        ({**UTF8, "COLORTERM": "24bit"}, (40, 40), {}, ("warning", "ok", "ok")),
        ({**UTF8, "TERM": "dumb"}, (80, 24), {}, ("problem", "ok", "warning")),
        ({"TERM": "xterm", "LANG": "ja_JP.eucJP"}, (80, 24), {}, ("ok", "problem", "warning")),
        ({**UTF8, "LC_ALL": "C"}, (80, 24), {}, ("ok", "warning", "warning")),
        ({**UTF8, "TMUX": "/tmp/x", "COLORTERM": "truecolor"}, (80, 24), {}, ("ok", "ok", "warning")),
        ({**UTF8, "TMUX": "/tmp/x"}, (80, 24), {"tmux": "256,RGB,title\n"}, ("ok", "ok", "ok")),
        ({**UTF8, "STY": "1.pts", "COLORTERM": "truecolor"}, (80, 24), {}, ("ok", "ok", "warning")),
        ({**UTF8, "TERM_PROGRAM": "Apple_Terminal"}, (80, 24), {}, ("ok", "ok", "warning")),
    ],
)
def test_terminals(
    env: dict[str, str], size: tuple[int, int], answers: dict[str, str], states: tuple[str, ...]
) -> None:
    machine = MadeUpMachine(answers, {}, env)
    assert tuple(finding.state for finding in display.check(machine, size)) == states


def test_mosh_is_known_by_the_programs_above_and_no_terminal_is_no_fault() -> None:
    files = {
        "/proc/self/stat": "30 (kimi (koe) x) S 20 30",
        "/proc/20/stat": "20 (bash) S 10 20",
        "/proc/10/stat": "10 (mosh-server) S 1 10",
    }
    machine = MadeUpMachine({}, files, {**UTF8, "COLORTERM": "truecolor"})
    assert display.ancestors(machine) == ["kimi (koe) x", "bash", "mosh-server"]
    assert "mosh" in list(display.check(machine, (80, 24)))[2].says
    assert [finding.state for finding in display.check(MadeUpMachine(), None)] == ["ok"]


def test_disks_that_are_shared_or_pass_away(tmp_path: Path) -> None:
    def on(kind: str) -> Finding:
        mounts = tmp_path / "mountinfo"
        mounts.write_text(f"1 0 8:1 / / rw - ext4 a rw\n2 1 0:9 / {tmp_path} rw - {kind} b rw\n")
        return studio.disk(tmp_path, mounts)

    assert on("nfs4").state == "problem" and "nfs4" in on("nfs4").says
    assert on("tmpfs").state == "warning" and "reboot" in on("tmpfs").says
    assert on("ext4").state == "ok"


@pytest.mark.parametrize(("free", "state"), [(1e9, "problem"), (3e9, "warning"), (100e9, "ok")])
def test_room_above_the_reserve(free: float, state: str) -> None:
    assert studio.room(int(free), 10**12, Reserve(2 * 10**9, None)).state == state


def test_a_studio_that_others_can_read_is_named_and_not_changed(studio_root: Path) -> None:
    assert studio.private(studio_root).state == "ok"
    (studio_root / "loras").chmod(0o755)
    finding = studio.private(studio_root)
    assert finding.state == "warning" and "loras" in finding.says and f"chmod -R go= {studio_root}" == finding.do
    assert (studio_root / "loras").stat().st_mode & 0o777 == 0o755


def test_an_engine_of_another_version_is_told(db: Connection, studio_root: Path) -> None:
    with engine_lock.hold(studio_root):
        engine_life.begin(db, os.getpid())
        assert {finding.state for finding in studio.check(studio_root) if finding.check == "engine"} == {"ok"}
        with writing(db):
            db.execute("UPDATE engine SET program = '0.0.1'")
        [told] = [finding for finding in studio.check(studio_root) if finding.check == "engine"]
    assert told.state == "warning" and told.do == "kimikoe engine stop"


def test_a_studio_of_a_newer_version_is_one_problem(db: Connection, studio_root: Path) -> None:
    db.execute("PRAGMA user_version = 999")
    findings = {finding.check: finding for finding in studio.check(studio_root)}
    assert findings["studio"].state == "problem" and "upgrade" in findings["studio"].says


def test_programs_that_are_missing_or_never_answer_are_no_answer(tmp_path: Path) -> None:
    machine = Machine()
    assert machine.run("no-such-program") is None
    assert machine.run("sleep", "60", seconds=0.05) is None
    assert machine.run("sh", "-c", "echo out; exit 3") == Answer(3, "out\n", "")
    assert machine.read(str(tmp_path)) is None and machine.list(str(tmp_path / "none")) == []
