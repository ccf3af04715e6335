"""What the rehearsal counts is what happened: the report of a few kills and a stop for room agrees with it."""

import random
import time
from pathlib import Path

from db import queue, report
from db.connect import connect_studio
from db.requests import IngestRequest
from tests.crash.rehearsal.ledger import Ledger
from tests.crash.rehearsal.trouble import Troubled, is_gone
from tests.crash.small_disk import SmallDisk
from tests.engine.film.clips import numbered_clip
from tests.waiting import wait_until

FRAMES = 1500


def test_the_report_of_kills_is_true_and_a_wrong_count_is_found(tmp_path: Path) -> None:
    clip, began, ledger = numbered_clip(tmp_path / "clip.mp4", FRAMES), time.time(), Ledger()
    troubled = Troubled(SmallDisk(tmp_path), random.Random(1), ledger)
    db = connect_studio(troubled.root)
    try:
        job_id = queue.enqueue(db, IngestRequest(path=str(clip)))

        def seen(state: str) -> bool:
            job = queue.get(db, job_id)
            ledger.see(job, waits=False)
            return job.state == state and not (job.worker_pid and is_gone(job.worker_pid))

        for victim in ("worker", "supervisor", "both"):
            wait_until(lambda: seen("running"), "it runs", 300)
            troubled.kill(db, job_id, victim)
        wait_until(lambda: seen("done"), "it ends", 300)
        assert ledger.faults(report.report(db, began)) == []
        assert (ledger.deaths, ledger.engine_deaths) == (3, 2)
        ledger.deaths += 1
        assert {fault.split(":")[0] for fault in ledger.faults(report.report(db, began))} == {"deaths", "attempts"}
    finally:
        troubled.stop()
