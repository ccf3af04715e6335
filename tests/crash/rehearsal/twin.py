"""The same loop in a studio that nothing disturbs: what the other one must come to, on an engine that lives on."""

import time
from contextlib import closing
from pathlib import Path

from db import attempts, events, library, pictures, queue
from db.connect import connect_studio
from kimikoe_tui.cli.models import create_studio
from kimikoe_tui.engine_control import engine_state, start_engine, stop_engine
from tests.crash.rehearsal import loop
from tests.crash.rehearsal.people import Act
from tests.waiting import wait_until

RESERVE = "8 MB"
CHAPTER_SECONDS = 1800.0


class Twin:
    """Plays the rounds undisturbed, in a thread of its own, and tells how long each chapter took."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.seconds: dict[str, float] = {}
        create_studio(root)
        with closing(connect_studio(root)) as db:
            library.set_setting(db, "reserve", RESERVE)
        self._engine = start_engine(root).pid

    def play(self, number: int, film: Path) -> None:
        """One round of jobs."""
        with closing(connect_studio(self.root)) as db:
            for chapter in loop.chapters(number):
                began, job_id = time.monotonic(), loop.begin(chapter, number, film, db)
                wait_until(lambda job_id=job_id: queue.get(db, job_id).finished, chapter, CHAPTER_SECONDS)
                job = queue.get(db, job_id)
                assert job.state == "done", f"undisturbed {chapter}: {job.error}"
                self.seconds[chapter] = time.monotonic() - began

    def follow(self, acts: list[Act]) -> None:
        """Do what people did in the other studio."""
        with closing(connect_studio(self.root, durable=True)) as db:
            for act in acts:
                if act.undo:
                    events.undo(db, act.session)
                else:
                    pictures.rate(
                        db, act.session, act.image_id, stars=act.stars, rejected=act.stars is None, unseen=act.unseen
                    )

    def stop(self) -> None:
        """Stop its engine, which is still the one that began, and tried everything once."""
        assert engine_state(self.root).pid == self._engine, "the undisturbed engine died"
        with closing(connect_studio(self.root)) as db:
            assert {each.ending for each in attempts.since(db, 0.0)} <= {"done"}
        stop_engine(self.root)
