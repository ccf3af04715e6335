"""A bench for a module's cases: refused ones leave nothing, so that they can share one studio."""

import os
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import pytest

from tests.hostile.oracle import Bench
from tests.rows import add_small_film


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """A studio and a place for what it is fed."""
    place = tmp_path_factory.mktemp("place")
    with patch.dict(os.environ, {"XDG_CACHE_HOME": str(place / "cache"), "HF_HUB_OFFLINE": "1"}):
        made = Bench(place)
        yield made
        made.close()


@pytest.fixture(scope="module")
def film_studio(bench: Bench) -> Path:
    """The bench's studio with the small film."""
    add_small_film(bench.studio.db)
    return bench.root
