from collections.abc import Iterator
from pathlib import Path

import pytest

from kimikoe_tui.engine_control import engine_state, stop_engine
from tests.terminal import studio as rows


@pytest.fixture
def studio(studio_root: Path) -> Iterator[Path]:
    """A studio to open in a terminal; its engine is stopped afterwards."""
    rows.fill(studio_root)
    yield studio_root
    if engine_state(studio_root).running:
        stop_engine(studio_root)
