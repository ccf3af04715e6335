"""A person is told once of what happened, through a command that cannot hold up or hurt the engine."""

import json
import logging
import os
import sys
from pathlib import Path
from sqlite3 import Connection

import pytest

from db import consent, library, notices, pictures, queue, waits
from db.disk_reserve import DiskRoom
from db.requests import GenerateRequest, MatchRequest, TagRequest
from engine.telling import LIMIT_SECONDS, Teller
from tests.pilot.conftest import add_base
from tests.waiting import wait_until

EVIL = "$(touch evil) `touch evil`; touch evil \x1b[31m\n'\""


@pytest.fixture(autouse=True)
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


def _set(db: Connection, command: str) -> None:
    library.set_setting(db, "notify", command)
    consent.allow(command)


def _recorder(folder: Path) -> str:
    """A command that writes down what it is told."""
    script = folder / "tell.py"
    script.write_text(
        "import json, os, sys\n"
        "told = {name: value for name, value in os.environ.items() if name.startswith('KIMIKOE_')}\n"
        f"open({str(folder / 'told')!r}, 'a').write(json.dumps([told, json.loads(sys.stdin.readline())]) + '\\n')\n"
    )
    return f"{sys.executable} {script}"


def _told(folder: Path) -> list[tuple[dict[str, str], dict[str, object]]]:
    path = folder / "told"
    return [tuple(json.loads(line)) for line in path.read_text().splitlines()] if path.exists() else []


def _finish(teller: Teller) -> None:
    """Tell all there is to tell."""
    teller.look()

    def idle() -> bool:
        teller.turn()
        return not teller.busy

    wait_until(idle, "the command ends")


def _run(db: Connection, how: str = "done", error: str = "") -> int:
    job_id = queue.enqueue(db, TagRequest())
    assert queue.claim(db, TagRequest.lane, 1) is not None
    if how == "done":
        queue.finish(db, job_id, {"frames": 3})
    elif how == "failed":
        queue.fail(db, job_id, error)
    else:
        queue.pause(db, job_id)
        queue.stopped(db, job_id)
    return job_id


@pytest.mark.parametrize("how", ["done", "failed", "paused"])
def test_the_end_of_a_job_is_told_once_with_its_facts(
    db: Connection, studio_root: Path, tmp_path: Path, how: str
) -> None:
    _set(db, _recorder(tmp_path))
    job_id = _run(db, how, "no such file")
    _finish(Teller(db, studio_root))
    _finish(Teller(db, studio_root))  # after a restart
    ((variables, facts),) = _told(tmp_path)
    assert (variables["KIMIKOE_EVENT"], variables["KIMIKOE_JOB"]) == (how, str(job_id))
    assert (facts["event"], facts["job"], facts["kind"], facts["studio"]) == (how, job_id, "tag", "studio")
    assert variables["KIMIKOE_WORDS"] == facts["words"] and ("no such file" in facts["words"]) == (how == "failed")  # type: ignore[operator]
    assert facts["made"] == ({"frames": 3} if how == "done" else {})


def test_facts_are_never_part_of_the_command(
    db: Connection, studio_root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    _set(db, f'{_recorder(tmp_path)} "$KIMIKOE_WORDS"')
    _run(db, "failed", EVIL)
    _finish(Teller(db, studio_root))
    assert not (tmp_path / "evil").exists()
    ((variables, _facts),) = _told(tmp_path)
    assert "touch evil" in variables["KIMIKOE_REASON"]
    assert all(value.isprintable() for value in variables.values())


def test_a_command_that_hangs_is_ended_and_the_engine_goes_on(
    db: Connection, studio_root: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    _set(db, f"echo $$ > {tmp_path}/pid; sleep 600")
    clock = [0.0]
    teller = Teller(db, studio_root, lambda: clock[0])
    _run(db)
    teller.look()
    teller.turn()
    assert teller.busy
    pid = wait_until(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text(), "it runs")
    clock[0] = LIMIT_SECONDS + 1

    def ended() -> bool:
        teller.turn()
        return not teller.busy

    with caplog.at_level(logging.WARNING, "kimikoe"):
        wait_until(ended, "it is ended")
    assert caplog.text.count("took more than") == 1 and "ended with code" not in caplog.text
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid), 0)


@pytest.mark.parametrize(("command", "words"), [("exit 3", "code 3"), ("/no/such/program", "code 127")])
def test_a_command_that_fails_is_a_line_in_the_log(
    db: Connection, studio_root: Path, caplog: pytest.LogCaptureFixture, command: str, words: str
) -> None:
    _set(db, command)
    _run(db)
    with caplog.at_level(logging.WARNING, "kimikoe"):
        _finish(Teller(db, studio_root))
    assert words in caplog.text


def test_a_studio_from_elsewhere_brings_no_command_along(
    db: Connection, studio_root: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    library.set_setting(db, "notify", f"touch {tmp_path}/evil")
    _run(db)
    with caplog.at_level(logging.WARNING, "kimikoe"):
        _finish(Teller(db, studio_root))
    assert not (tmp_path / "evil").exists() and "not set on this machine" in caplog.text


def test_what_happened_before_there_was_a_command_is_not_told_later(
    db: Connection, studio_root: Path, tmp_path: Path
) -> None:
    _run(db)
    _finish(Teller(db, studio_root))
    _set(db, _recorder(tmp_path))
    _finish(Teller(db, studio_root))
    assert _told(tmp_path) == []


def _events(db: Connection) -> list[str]:
    return [row["event"] for row in db.execute("SELECT event FROM notice ORDER BY id")]


def test_of_a_chain_only_its_end_is_told(db: Connection, studio_root: Path) -> None:
    queue.enqueue_chain(db, [TagRequest(), MatchRequest()])
    for _job in range(2):
        job = queue.claim(db, TagRequest.lane, 1)
        assert job is not None
        queue.finish(db, job.id, {})
        notices.note_new(db, studio_root)
    assert [row["facts"] for row in db.execute("SELECT json_extract(facts, '$.kind') AS facts FROM notice")] == [
        "match"
    ]


def test_the_first_picture_of_a_generation_is_told(db: Connection, studio_root: Path) -> None:
    add_base(db)
    generation_id = pictures.plan(db, 1, pictures.PictureSettings(prompt="sky", count=3))
    queue.enqueue(db, GenerateRequest(generation_id=generation_id))
    queue.claim(db, GenerateRequest.lane, 1)
    notices.note_new(db, studio_root)
    assert _events(db) == []
    for image_id in (1, 2):
        db.execute("UPDATE image SET state = 'done', path = 'images/1/1.png' WHERE id = ?", (image_id,))
        notices.note_new(db, studio_root)
    assert _events(db) == ["first sample"]


def test_a_low_disk_is_told_once_until_it_has_had_room(db: Connection, studio_root: Path) -> None:
    low, plenty = DiskRoom("/data", 10, 1000, 100), DiskRoom("/data", 900, 1000, 100)
    for room in (plenty, low, low, plenty, plenty, low):
        notices.note_new(db, studio_root, room)
    assert _events(db) == ["low disk"] * 2


def test_a_job_that_waits_for_room_is_paused_and_the_disk_low(db: Connection, studio_root: Path) -> None:
    job_id = queue.enqueue(db, TagRequest())
    queue.claim(db, TagRequest.lane, 1)
    waits.ask(db, waits.Wait(job_id, "room", "needs room: 1 GB free, 2 GB needed"))
    queue.stopped(db, job_id)
    for _look in range(3):
        notices.note_new(db, studio_root, DiskRoom("/data", 900, 1000, 100))
    assert _events(db) == ["paused", "low disk"]
