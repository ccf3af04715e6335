"""Picture files of every kind become pixels or a reason."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from db.errors import UserError
from engine import picture_file
from engine.picture_file import read_picture


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "P", "1", "LA", "I;16"])
def test_pictures_of_every_mode_are_read(tmp_path: Path, mode: str) -> None:
    path = tmp_path / "picture.png"
    Image.new(mode, (30, 20)).save(path)
    assert read_picture(path, 15).shape == (10, 15, 3) and read_picture(path, 99).shape == (20, 30, 3)


def test_what_is_transparent_is_black(tmp_path: Path) -> None:
    path = tmp_path / "picture.png"
    Image.new("RGBA", (2, 2), (255, 255, 255, 0)).save(path)
    assert not np.any(read_picture(path))


def test_a_picture_that_cannot_be_read_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UserError, match="is gone"):
        read_picture(tmp_path / "nothing.png")
    (tmp_path / "text.png").write_text("no picture")
    with pytest.raises(UserError, match="cannot be read"):
        read_picture(tmp_path / "text.png")
    Image.new("RGB", (64, 64), (200, 10, 10)).save(tmp_path / "whole.png")
    (tmp_path / "cut.png").write_bytes((tmp_path / "whole.png").read_bytes()[:60])
    with pytest.raises(UserError, match="cannot be read"):
        read_picture(tmp_path / "cut.png")
    monkeypatch.setattr(picture_file, "MOST_PIXELS", 4000)
    with pytest.raises(UserError, match="too large to show: 64x64"):
        read_picture(tmp_path / "whole.png")
