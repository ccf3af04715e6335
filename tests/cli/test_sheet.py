"""A contact sheet, looked at elsewhere, and the verdicts that come back."""

import json
from pathlib import Path
from sqlite3 import Connection

import pytest
from PIL import Image

from db import query
from db.connect import connect_studio
from tests.cli.conftest import Run, refused
from tests.pilot.conftest import add_base, add_pictures


@pytest.fixture
def pictures_db(film_studio: Path) -> Connection:
    """A studio of twelve pictures, each of one colour, the third of which has lost its file."""
    db = connect_studio(film_studio)
    add_base(db)
    for image_id in add_pictures(db, film_studio, 12):
        db.execute("UPDATE image SET pixels_sha256 = ? WHERE id = ?", (f"{image_id:064}", image_id))
    (film_studio / "images/3.png").unlink()
    return db


def test_pictures_stand_in_rows_with_their_numbers_and_go_back_as_one_act(
    run: Run, pictures_db: Connection, tmp_path: Path
) -> None:
    out = tmp_path / "sheet.webp"
    said = run("sheet", "-seed:104", "--out", out, "--columns", 4, "--size", 64, "--films")
    assert said.returncode == 0, said.stderr
    assert "11 pictures" in said.stdout and f"--sheet {out} 1=5 12=x" in said.stdout
    assert "3.png is gone" in said.stderr
    with Image.open(out) as sheet:
        colours = {sheet.convert("RGB").getpixel((6 + 134 * (at % 4) + 32, 6 + 88 * (at // 4) + 32)) for at in (0, 4)}
    assert {round(colour[0]) // 2 for colour in colours} == {0, 3}, "pictures 1 and 6, the fifth being left out"
    rated = run("rate", "1=5", "3-6=x", "--sheet", out)
    assert rated.stdout.splitlines()[0] == "4 pictures: 1 rated, 3 rejected"
    assert rated.stdout.splitlines()[1:] == ["  ★★★★★  1", "  rejected  3-4 6"]
    assert "5 is not on the sheet" in refused(run("rate", "2=4", "5=x", "--sheet", out))
    assert list(query.image_ids(pictures_db, "is:rejected")) == [3, 4, 6]
    assert run("undo").returncode == 0
    assert list(query.image_ids(pictures_db, "is:unrated")) == list(range(1, 13))


def test_a_sheet_of_another_studio_judges_nothing(run: Run, pictures_db: Connection, tmp_path: Path) -> None:
    out = tmp_path / "sheet.png"
    assert json.loads(run("sheet", "seed:100..101", "--out", out, "--json").stdout)["pictures"] == [1, 2]
    pictures_db.execute("UPDATE image SET pixels_sha256 = ? WHERE id = 2", ("f" * 64,))
    assert "another studio" in refused(run("rate", "1=5", "--sheet", out))
    Image.new("RGB", (8, 8)).save(out)
    assert "no sheet" in refused(run("rate", "1=5", "--sheet", out))
    assert list(query.image_ids(pictures_db, "is:rated")) == []


def test_what_cannot_be_a_sheet_leaves_no_file(run: Run, pictures_db: Connection, tmp_path: Path) -> None:
    assert "ends in .webp" in refused(run("sheet", "--out", tmp_path / "sheet.gif"))
    assert "cannot be written" in refused(run("sheet", "--out", tmp_path / "nowhere" / "sheet.webp"))
    assert "pixels" in refused(run("sheet", "--out", tmp_path / "sheet.webp", "--size", 2048, "--columns", 9))
    assert "No picture matches" in refused(run("sheet", "seed:1", "--out", tmp_path / "sheet.webp"))
    assert list(tmp_path.glob("*sheet*")) == []
