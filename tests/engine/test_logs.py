"""Logs are bounded, whoever writes them and however long."""

import logging
import multiprocessing
import os
from pathlib import Path

from engine import logs
from tests.crash.small_disk import small_disk

LINES, WRITERS, SIZE = 400, 3, 20_000


def _write(path: Path, name: str) -> None:
    handler = logs.SharedRotatingHandler(path, maxBytes=SIZE, backupCount=2, encoding="utf-8")
    logger = logging.Logger(name)
    logger.addHandler(handler)
    for number in range(LINES):
        logger.info("%s %d %s", name, number, "x" * 50)
    handler.close()


def test_several_processes_rotate_one_log(tmp_path: Path) -> None:
    path = tmp_path / "engine.log"
    context = multiprocessing.get_context("fork")
    writers = [context.Process(target=_write, args=(path, f"writer{number}")) for number in range(WRITERS)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    found = sorted(tmp_path.glob("engine.log*"))
    assert [file.name for file in found] == ["engine.log", "engine.log.1", "engine.log.2"]
    assert all(file.stat().st_size <= 2 * SIZE for file in found)
    lines = [line for file in reversed(found) for line in file.read_text().splitlines()]
    assert all(line.startswith("writer") and line.endswith("x" * 50) for line in lines)
    assert len(lines) > SIZE // 70, "a rotation threw away what another had just rotated"
    for number in range(WRITERS):
        own = [int(line.split()[1]) for line in lines if line.startswith(f"writer{number} ")]
        assert own == sorted(own)


def test_the_oldest_jobs_logs_go(tmp_path: Path) -> None:
    for number in range(10):
        path = tmp_path / f"job-{number}.log"
        path.write_text("x" * 100)
        os.utime(path, (number, number))
    (tmp_path / "engine.log").write_text("x" * 1000)
    logs.remove_oldest(tmp_path, 350)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["engine.log", "job-7.log", "job-8.log", "job-9.log"]


def test_a_line_that_the_disk_has_no_room_for_stops_nothing(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 1) as disk:
        with logs.job_log(disk.folder / "logs", 1) as log:
            disk.fill()
            log.error("x" * 100_000)
            disk.empty()
            log.error("there is room again")
        assert "there is room again" in (disk.folder / "logs" / "job-1.log").read_text()
