"""What people's newer acts take and tell: sheets, verdict lines, saved views, exclusions, comparisons, reasons."""

import json
from pathlib import Path

import pytest
from PIL import Image

from db.connect import writing
from db.sheets import DESCRIPTION_TAG
from tests.hostile.oracle import Bench, Case, judge_command
from tests.hostile.texts import TEXTS
from tests.rows import add_small_film

WORDS = (
    ["exclude"], ["exclude", "film#5", "--reason"], ["exclusions"], ["include"], ["cull"], ["cull", "--outcome"],
    ["sheet"], ["rate"], ["compare", "seed:1"], ["view", "save", "mine"], ["view", "delete"], ["holds"],
    ["setting", "reject_reasons"], ["setting", "citation"], ["purge", "--count"],
)  # fmt: skip
ACTS = [
    Case(f"acts: {' '.join(words)} {key}", lambda _folder, words=words, text=text: [*words, text[:3000]])
    for key, text in TEXTS.items()
    for words in WORDS
] + [
    Case(f"view save {key}", lambda _folder, text=text: ["view", "save", text[:3000], "nagisa"])
    for key, text in TEXTS.items()
]
DESCRIPTIONS = {
    **TEXTS,
    "a number of 20 digits": '{"kimikoe_sheet":{"99999999999999999999":"a"}}',
    "a number of 5,000 digits": '{"kimikoe_sheet":{"%s":"a"}}' % ("9" * 5000),
    "a number below 1": '{"kimikoe_sheet":{"-1":"a"}}',
    "100,000 brackets": "[" * 100_000,
    "a mark that is a command": json.dumps({"kimikoe_sheet": {"1": "\x1b]0;owned\x07"}}),
    "NaN": '{"kimikoe_sheet":NaN}',
    "nothing": "",
}
SHEETS = [
    Case(f"sheet: {key}", lambda folder, text=text: _sheet(folder, text), "no sheet|another studio")
    for key, text in DESCRIPTIONS.items()
]
BROKEN = {"empty": b"", "no picture": b"no picture" * 99, "a PNG without an end": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"}
BROKEN_SHEETS = [
    Case(f"sheet: {key}", lambda folder, data=data: _file(folder, data), "no sheet") for key, data in BROKEN.items()
]
CASES = [*ACTS, *SHEETS, *BROKEN_SHEETS]
LISTS = (["exclusions"], ["view", "list"], ["repeats"], ["repeats", "--exclude"], ["history"], ["compare"], ["holds"])


def _sheet(folder: Path, description: str) -> Path:
    exif = Image.Exif()
    exif[DESCRIPTION_TAG] = description
    Image.new("RGB", (8, 8)).save(folder / "sheet.png", exif=exif)
    return folder / "sheet.png"


def _file(folder: Path, data: bytes) -> Path:
    (folder / "sheet.webp").write_bytes(data)
    return folder / "sheet.webp"


@pytest.mark.parametrize("case", ACTS, ids=str)
def test_what_an_act_is_given_is_only_text(film_studio: Path, case: Case) -> None:
    judge_command(film_studio, *case.make(film_studio))


@pytest.mark.parametrize("case", [*SHEETS, *BROKEN_SHEETS], ids=str)
def test_a_file_that_poses_as_a_sheet(bench: Bench, case: Case) -> None:
    path = case.make(bench.folder())
    before = bench.kept()
    judge_command(bench.root, "rate", "1=5", "--sheet", path, says=case.says)
    assert bench.kept() == before


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_what_another_program_wrote_is_listed_as_text(tmp_path: Path, text: str) -> None:
    bench = Bench(tmp_path)
    add_small_film(bench.studio.db)
    with writing(bench.studio.db) as db:
        db.execute("UPDATE film SET name = ?", (text[:3000],))
        db.execute("INSERT INTO exclusion VALUES (1, 1, 1, 5, ?, NULL)", (text,))
        db.execute("INSERT INTO saved_view VALUES (?, 'frame', ?, NULL)", (text, text))
        db.execute("INSERT INTO repeat VALUES (1, 1, 5, 1, 11, 15, 0.9)")
        db.execute("INSERT INTO trial VALUES (1, ?, 'seed:1', 1, 0)", (text[:3000],))
        db.execute("INSERT INTO event VALUES (1, 0, ?, ?, ?, ?, '', NULL)", (text, text, text, text))
    bench.close()
    for words in LISTS:
        judge_command(bench.root, *words)
