"""The manual says what the program does."""

import re
from pathlib import Path

from kimikoe_tui import keys

ROOT = Path(__file__).parents[3]


def test_the_manuals_keys_are_the_programs() -> None:
    manual = (ROOT / "docs" / "keys.md").read_text(encoding="utf-8")
    assert keys.markdown().strip() in manual


def test_every_link_of_the_manual_leads_somewhere() -> None:
    pages = [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]
    assert len(pages) > 4
    for page in pages:
        for target in re.findall(r"\]\(([^)#]+)", page.read_text(encoding="utf-8")):
            assert target.startswith("https://") or (page.parent / target).exists(), f"{page.name}: {target}"


def test_the_program_names_no_private_place() -> None:
    rooms = ("db", "engine", "kimikoe_tui", "bench", "docs")
    files = [path for room in rooms for path in (ROOT / room).rglob("*") if path.suffix in {".py", ".md", ".tcss"}]
    assert {path for path in files if re.search(r"/(home|root|work)/\w", path.read_text(encoding="utf-8"))} == set()
