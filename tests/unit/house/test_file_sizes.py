"""No runaway files: what grew past the cap wants to be two."""

from pathlib import Path

LONGEST_FILE = 400
ROOT = Path(__file__).parents[3]


def test_no_file_is_longer_than_the_cap() -> None:
    rooms = ("db", "engine", "kimikoe_tui", "bench", "tests")
    sizes = {path: len(path.read_bytes().splitlines()) for room in rooms for path in (ROOT / room).rglob("*.py")}
    assert sizes
    assert {path: size for path, size in sizes.items() if size > LONGEST_FILE} == {}
