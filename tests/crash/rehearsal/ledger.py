"""What was done to a studio, counted by who did it: the truth that its report is held against."""

import time
from collections import Counter
from dataclasses import dataclass, field

from db.queue import Job
from db.report import Report

SECONDS_OFF = 2.0  # between a row's time and when it was seen, for each attempt


@dataclass
class Ledger:
    """Kills by who was killed, jobs that died of them, pauses, and disks that filled."""

    kills: Counter[str] = field(default_factory=Counter)
    troubles: Counter[str] = field(default_factory=Counter)
    visits: Counter[str] = field(default_factory=Counter)
    deaths: int = 0
    engine_deaths: int = 0
    pauses: int = 0
    waits: int = 0
    acts: int = 0
    pictures: int = 0
    undecided: int = 0
    loras: list[str] = field(default_factory=list)
    spans: dict[int, float] = field(default_factory=dict)
    """Seconds from the first look at a running job until it was done."""
    _began: dict[int, float] = field(default_factory=dict)
    _waiting: set[int] = field(default_factory=set)

    def see(self, job: Job, waits: bool) -> None:
        """Note how a job stands; `waits` says that the engine set it aside."""
        if job.state == "running":
            self._began.setdefault(job.id, time.time())
        if waits and job.state == "paused" and job.id not in self._waiting:
            self.waits += 1
            self._waiting.add(job.id)
        elif not waits:
            self._waiting.discard(job.id)
        if job.state == "done":
            ended = job.finished_at or time.time()  # this look may come late: people and kills take their time
            self.spans[job.id] = ended - self._began.get(job.id, ended)

    def faults(self, report: Report) -> list[str]:
        """Where the report of all of this is not true."""
        lost = {loss.ending: loss for loss in report.losses}
        times = {
            ending: lost[ending].times if ending in lost else 0 for ending in ("died", "paused", "waits", "stopped")
        }
        tried = len(self.spans) + self.deaths + self.pauses + self.waits
        told = {
            "engine deaths": (report.engine_deaths, self.engine_deaths),
            "engine starts": (report.engine_starts, self.engine_deaths + 1),
            "jobs": (sorted(job.job_id for job in report.jobs), sorted(self.spans)),
            "states": ({job.state for job in report.jobs}, {"done"}),
            "attempts": (sum(job.attempts for job in report.jobs), tried),
            "deaths": (times["died"], self.deaths),
            "pauses": (times["paused"], self.pauses),
            "set aside": (times["waits"], self.waits),
            "stopped": (times["stopped"], 0),
            "pictures": (report.pictures, self.pictures),
            "LoRAs": (report.loras, self.loras),
            "pictures to judge": (report.waiting.pictures, self.undecided),
            "failed and paused": (report.waiting.failed + report.waiting.paused, []),
        }
        faults = [
            f"{what}: the report says {said}, it was {true}" for what, (said, true) in told.items() if said != true
        ]
        return faults + self._wrong_times(report, tried)

    def _wrong_times(self, report: Report, tried: int) -> list[str]:
        """What ran and what was lost are together the time from a job's first beginning to its end."""
        said = report.seconds + sum(loss.seconds for loss in report.losses)
        true = sum(self.spans.values())
        return (
            [f"seconds: the report says {said:.0f}, it was {true:.0f}"]
            if abs(said - true) > SECONDS_OFF * tried
            else []
        )
