"""What the digest reads of a studio: the files that rows name, and none outside of it."""

import os
from pathlib import Path
from sqlite3 import Connection

import pytest

from engine import digest
from tests.kept_studio import fill_studio


def test_a_picture_that_leads_out_of_the_studio_is_not_opened(
    studio_root: Path, db: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill_studio(studio_root, db)
    opened: list[Path] = []
    read = digest.pixels_of
    monkeypatch.setattr(digest, "pixels_of", lambda path: opened.append(path.resolve()) or read(path))
    inside = digest.digests(studio_root)
    assert len(opened) == 4
    picture = studio_root / "images" / "1" / "2.png"
    outside = studio_root.parent / "precious.png"
    os.rename(picture, outside)
    picture.symlink_to(outside)
    opened.clear()
    led_out = digest.digests(studio_root)
    assert outside not in opened and len(opened) == 3
    assert led_out[digest.PIXELS] != inside[digest.PIXELS]
    assert {name for name in inside if inside[name] != led_out[name]} == {digest.PIXELS}
