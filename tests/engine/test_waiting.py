"""Quiet hours, room and memory, by a clock, a disk and a card of our own."""

from datetime import datetime, timedelta
from pathlib import Path
from sqlite3 import Connection

import pytest

from db import library, queue, waits
from db.disk_reserve import DiskRoom, Reserve
from db.requests import GenerateRequest, IngestRequest, TagRequest
from engine.card import Card
from engine.waiting import CARD_SECONDS, SETTLE_SECONDS, Waiting

EVENING = datetime(2026, 3, 1, 21, 59)
UNTIL = "paused until 07:30 (quiet hours)"


class World:
    """A clock, a disk and a card that a test sets."""

    def __init__(self, db: Connection) -> None:
        self.now, self.free, self.card = EVENING, 0, Card(0, 8_000, [])
        self.asked_card = 0
        self.waiting = Waiting(db, lambda: self.now.timestamp(), self._room, self._card)

    def _room(self, folder: Path, reserve: Reserve) -> DiskRoom:
        return DiskRoom(str(folder), self.free, 10_000, reserve.of(10_000))

    def _card(self) -> Card:
        self.asked_card += 1
        return self.card

    def look_after(self, **time: float) -> None:
        self.now += timedelta(**time)
        self.waiting.look()


@pytest.fixture
def world(db: Connection) -> World:
    library.set_setting(db, "quiet", "22:00-07:30")
    return World(db)


def _states(db: Connection) -> dict[int, str]:
    return {job.id: job.state for job in queue.jobs(db)}


def test_device_jobs_pause_when_it_gets_quiet_and_go_on_in_the_morning(db: Connection, world: World) -> None:
    drawing = queue.enqueue(db, GenerateRequest(generation_id=1))
    tagging = queue.enqueue(db, TagRequest())
    ingest = queue.enqueue(db, IngestRequest(path="/film"))
    queue.claim(db, "device", 1)
    world.look_after(seconds=0)
    assert _states(db) == {drawing: "running", tagging: "queued", ingest: "queued"}
    world.look_after(minutes=1)
    assert _states(db) == {drawing: "running", tagging: "paused", ingest: "queued"}
    assert queue.wanted(db, drawing) == "wait" and queue.stopped(db, drawing) == "paused"
    assert queue.get(db, drawing).error == queue.get(db, tagging).error == UNTIL
    world.look_after(hours=9, minutes=29)
    assert _states(db)[drawing] == "paused"
    world.look_after(minutes=1)
    assert _states(db) == {drawing: "queued", tagging: "queued", ingest: "queued"}


def test_what_a_person_paused_stays_and_what_they_resumed_runs_through_this_night(db: Connection, world: World) -> None:
    paused = queue.enqueue(db, TagRequest())
    queue.pause(db, paused)
    resumed = queue.enqueue(db, GenerateRequest(generation_id=1))
    world.look_after(hours=1)
    queue.resume(db, resumed)
    db.execute("UPDATE job SET resumed_at = ? WHERE id = ?", (world.now.timestamp(), resumed))
    world.look_after(hours=2)
    assert _states(db) == {paused: "paused", resumed: "queued"}
    world.look_after(hours=10)
    assert _states(db) == {paused: "paused", resumed: "queued"}
    world.look_after(hours=12)
    assert _states(db) == {paused: "paused", resumed: "paused"}


def test_other_hours_count_at_once(db: Connection, world: World) -> None:
    job_id = queue.enqueue(db, TagRequest())
    world.look_after(hours=1)
    library.set_setting(db, "quiet", "22:00-06:00")
    world.look_after(seconds=1)
    assert queue.get(db, job_id).error == "paused until 06:00 (quiet hours)"
    library.set_setting(db, "quiet", "")
    world.look_after(seconds=1)
    assert _states(db) == {job_id: "queued"}


def test_a_job_goes_on_when_the_disk_has_room_beyond_its_reserve(db: Connection, world: World) -> None:
    library.set_setting(db, "reserve", "1 kB")
    job_id = queue.enqueue(db, IngestRequest(path="/film"))
    waits.ask(db, waits.Wait(job_id, "room", "needs room", "/disk", 500, world.now.timestamp()))
    world.free = 1499
    world.look_after(seconds=SETTLE_SECONDS)
    assert _states(db) == {job_id: "paused"}
    world.free = 1500
    world.look_after(seconds=1)
    assert _states(db) == {job_id: "queued"}


def test_a_job_that_fails_at_once_is_not_tried_without_end(db: Connection, world: World) -> None:
    job_id = queue.enqueue(db, IngestRequest(path="/film"))
    world.free = 10_000
    waits.ask(db, waits.Wait(job_id, "room", "needs room", "/disk", 1, world.now.timestamp()))
    world.look_after(seconds=SETTLE_SECONDS - 1)
    assert _states(db) == {job_id: "paused"}
    world.look_after(seconds=1)
    assert _states(db) == {job_id: "queued"}


def test_a_clock_that_was_put_back_keeps_no_job_waiting(db: Connection, world: World) -> None:
    job_id = queue.enqueue(db, IngestRequest(path="/film"))
    world.free = 10_000
    waits.ask(db, waits.Wait(job_id, "room", "needs room", "/disk", 1, world.now.timestamp() + 10**8))
    world.look_after(seconds=1)
    assert _states(db) == {job_id: "queued"}


def test_a_job_goes_on_when_the_card_has_memory_again(db: Connection, world: World) -> None:
    library.set_setting(db, "quiet", "")
    job_id = queue.enqueue(db, GenerateRequest(generation_id=1))
    waits.ask(db, waits.Wait(job_id, "memory", "needs memory", "", 6_000, world.now.timestamp()))
    world.look_after(seconds=SETTLE_SECONDS)
    world.card = Card(6_000, 8_000, [])
    world.look_after(seconds=1)
    assert (_states(db), world.asked_card) == ({job_id: "paused"}, 1)
    world.look_after(seconds=CARD_SECONDS)
    assert (_states(db), world.asked_card) == ({job_id: "queued"}, 2)


def test_a_job_that_needs_little_of_the_card_does_not_wait_behind_one_that_needs_much(
    db: Connection, world: World
) -> None:
    library.set_setting(db, "quiet", "")
    much, little = (queue.enqueue(db, GenerateRequest(generation_id=number)) for number in (1, 2))
    for job_id, needed in ((much, 6_000), (little, 1_000)):
        waits.ask(db, waits.Wait(job_id, "memory", "needs memory", "", needed, world.now.timestamp()))
    world.card = Card(2_000, 8_000, [])
    world.look_after(seconds=CARD_SECONDS)
    assert (_states(db), world.asked_card) == ({much: "paused", little: "queued"}, 1)
    world.look_after(seconds=1)
    assert (_states(db), world.asked_card) == ({much: "paused", little: "queued"}, 1)


def test_without_figures_only_a_person_resumes_what_the_card_had_no_memory_for(db: Connection, world: World) -> None:
    job_id = queue.enqueue(db, IngestRequest(path="/film"))
    waits.ask(db, waits.Wait(job_id, "memory", "needs memory", "", 0, world.now.timestamp()))
    world.look_after(days=1)
    assert (_states(db), world.asked_card) == ({job_id: "paused"}, 0)
