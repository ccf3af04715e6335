"""A terminal's name and its connections."""

from pathlib import Path

import pytest

from db import changes, pictures, queue
from db.requests import TagRequest
from kimikoe_tui.session import Session


async def test_names_are_the_lowest_free_ones(studio_root: Path) -> None:
    first, second = Session(studio_root), Session(studio_root)
    assert (first.name, second.name) == ("terminal-1", "terminal-2")
    first.close()
    third = Session(studio_root)
    assert third.name == "terminal-1"
    third.close()
    second.close()


async def test_an_act_is_on_the_disk_when_it_returns(studio_root: Path) -> None:
    session = Session(studio_root)
    before = changes.data_version(session.reader())
    job_id = await session.commit(lambda db: queue.enqueue(db, TagRequest()))
    assert queue.get(session.reader(), job_id).kind == "tag"
    assert changes.data_version(session.reader()) != before
    synchronous = await session.commit(lambda db: db.execute("PRAGMA synchronous").fetchone()[0])
    assert synchronous == 2
    session.close()


async def test_an_act_that_fails_raises_where_it_was_asked_for(studio_root: Path) -> None:
    session = Session(studio_root)
    with pytest.raises(ZeroDivisionError):
        await session.commit(lambda _db: 1 // 0)
    assert await session.commit(lambda db: pictures.counts(db, [])) == pictures.Counts(0, 0, 0)
    session.close()
