from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from engine.checkpoint import (
    MANIFEST,
    PARTIAL,
    STATE,
    TENSORS,
    discard_newer,
    newest_verified,
    prune,
    read_checkpoint,
    save_checkpoint,
)


def save(folder: Path, step: int) -> Path:
    return save_checkpoint(folder, step, {"weight": torch.full((3,), float(step))}, {"run": "r"}).path


def test_a_checkpoint_reads_back_as_it_was(tmp_path: Path) -> None:
    saved = save_checkpoint(tmp_path, 5, {"a": torch.arange(4.0), "b": torch.tensor(2.0)}, {"run": "r"})
    assert newest_verified(tmp_path) == saved
    tensors, state = read_checkpoint(saved)
    assert torch.equal(tensors["a"], torch.arange(4.0)) and tensors["b"].shape == ()
    assert state == {"run": "r", "step": 5}
    assert [path.name for path in tmp_path.iterdir()] == ["step-00000005"]


def truncate(path: Path) -> None:
    (path / TENSORS).write_bytes((path / TENSORS).read_bytes()[:-1])


def flip(path: Path) -> None:
    content = bytearray((path / TENSORS).read_bytes())
    content[-1] ^= 1
    (path / TENSORS).write_bytes(content)


def lose_manifest(path: Path) -> None:
    (path / MANIFEST).unlink()


def lose_state(path: Path) -> None:
    (path / STATE).unlink()


def empty_manifest(path: Path) -> None:
    (path / MANIFEST).write_bytes(b"")


@pytest.mark.parametrize("damage", [truncate, flip, lose_manifest, lose_state, empty_manifest])
def test_a_damaged_checkpoint_is_passed_over(tmp_path: Path, damage: Callable[[Path], None]) -> None:
    save(tmp_path, 5)
    damage(save(tmp_path, 12))
    found = newest_verified(tmp_path)
    assert found is not None and found.step == 5
    damage(found.path)
    assert newest_verified(tmp_path) is None


def test_what_a_crash_left_half_written_is_no_checkpoint(tmp_path: Path) -> None:
    (tmp_path / PARTIAL).mkdir()
    (tmp_path / PARTIAL / TENSORS).write_bytes(b"half")
    assert newest_verified(tmp_path) is None
    save(tmp_path, 3)
    assert [path.name for path in tmp_path.iterdir()] == ["step-00000003"]


def test_a_step_saved_again_replaces_the_damaged_one(tmp_path: Path) -> None:
    truncate(save(tmp_path, 4))
    save(tmp_path, 4)
    found = newest_verified(tmp_path)
    assert found is not None and found.step == 4


def test_pruning_keeps_the_newest_and_a_damaged_one_never_outlives_a_good_one(tmp_path: Path) -> None:
    for step in (1, 2, 3, 10):
        save(tmp_path, step)
    assert [path.name for path in prune(tmp_path, 2, 1)] == ["step-00000002", "step-00000001"]
    truncate(tmp_path / "step-00000010")
    found = newest_verified(tmp_path)
    discard_newer(tmp_path, found)
    save(tmp_path, 5)
    prune(tmp_path, 1, 1)
    newest = newest_verified(tmp_path)
    assert newest is not None and newest.step == 5


def test_checkpoints_of_stops_leave_no_trace(tmp_path: Path) -> None:
    """With one every 4 steps, and stops at 5, 7, 10 and at the end."""
    for step in (4, 5, 7, 8, 10, 12, 14):
        save(tmp_path, step)
        prune(tmp_path, 3, 4)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["step-00000008", "step-00000012", "step-00000014"]


def test_no_folder_is_no_checkpoint(tmp_path: Path) -> None:
    assert newest_verified(tmp_path / "none") is None
