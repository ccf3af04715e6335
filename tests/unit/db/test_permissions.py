import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from db import permissions
from db.connect import connect_studio
from db.permissions import keep_private, share, tighten


@pytest.fixture(autouse=True)
def umask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


def modes(root: Path) -> dict[str, int]:
    paths = [root, *root.rglob("*")]
    return {path.relative_to(root).as_posix(): path.lstat().st_mode & 0o777 for path in paths}


def open_to_all(root: Path) -> dict[str, int]:
    return {name: mode for name, mode in modes(root).items() if mode & 0o077}


def test_a_studio_that_was_open_is_closed_when_it_is_opened(studio_root: Path) -> None:
    (studio_root / "images" / "1").mkdir()
    (studio_root / "images" / "1" / "1.png").touch()
    for path in [*studio_root.rglob("*"), studio_root]:
        path.chmod(0o755 if path.is_dir() else 0o644)
    assert len(open_to_all(studio_root)) > 6
    connect_studio(studio_root).close()
    assert open_to_all(studio_root) == {}
    assert modes(studio_root)["."] == 0o700 and modes(studio_root)["images/1/1.png"] == 0o600


def test_one_open_folder_of_a_closed_studio_is_closed_with_all_in_it(studio_root: Path) -> None:
    (studio_root / "loras" / "a").touch()
    (studio_root / "loras").chmod(0o755)
    tighten(studio_root)
    assert open_to_all(studio_root) == {}


def test_links_are_left_alone(studio_root: Path, tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir(mode=0o755)
    (studio_root / "film").symlink_to(shared)
    (tmp_path / "by another name").symlink_to(studio_root)
    studio_root.chmod(0o755)
    tighten(tmp_path / "by another name")
    assert shared.stat().st_mode & 0o777 == 0o755
    assert studio_root.stat().st_mode & 0o777 == 0o700


def test_what_leaves_the_studio_gets_the_mode_a_person_expects(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(permissions, "_before", 0o022)
    keep_private()
    (tmp_path / "kept").touch()
    (tmp_path / "given").touch()
    share(tmp_path / "given")
    assert {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {"kept": 0o600, "given": 0o644}
