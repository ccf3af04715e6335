"""The walls between the rooms, seen in the modules of a fresh process: only that proves a deferred import stays so."""

import subprocess
import sys

import pytest

HEAVY = {"torch", "numpy", "cv2", "av", "onnxruntime", "onnx", "diffusers", "peft", "transformers", "sqlite_utils"}


def _modules_after(statement: str) -> set[str]:
    code = f"{statement}; import sys; print(' '.join(sys.modules))"
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    return {name.partition(".")[0] for name in output.split()}


@pytest.mark.parametrize("module", ["kimikoe_tui.app", "kimikoe_tui.cli", "kimikoe_tui.__main__"])
def test_the_terminal_loads_nothing_heavy(module: str) -> None:
    assert _modules_after(f"import {module}") & (HEAVY | {"engine"}) == set()


def test_the_supervisor_loads_no_torch_and_no_terminal() -> None:
    assert _modules_after("import engine.supervisor") & (HEAVY | {"kimikoe_tui", "textual", "rich"}) == set()


def test_a_worker_loads_its_models_only_when_a_job_needs_them() -> None:
    assert _modules_after("import engine.lane") & {"torch", "diffusers", "peft", "onnxruntime", "cv2"} == set()


def test_the_frame_server_loads_no_torch() -> None:
    assert _modules_after("import engine.pixels") & {"torch", "diffusers", "onnxruntime", "textual"} == set()


def test_the_database_imports_neither_side() -> None:
    loaded = _modules_after("import db.query, db.pictures, db.queue, db.tags, db.library, db.overview")
    assert loaded & (HEAVY | {"engine", "kimikoe_tui", "textual", "rich", "lark"}) == set()
