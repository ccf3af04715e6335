"""Logs that no logger rotates."""

from pathlib import Path

from db.short_log import begin_log, keep_short


def test_a_log_that_is_being_written_begins_anew_where_it_is_too_long(tmp_path: Path) -> None:
    path = tmp_path / "logs" / "engine-start.log"
    with begin_log(path) as log:
        log.write(b"x" * 100)
        log.flush()
        keep_short(path, 100)
        assert path.stat().st_size == 100
        log.write(b"y")
        log.flush()
        keep_short(path, 100)
        log.write(b"after")
    assert path.read_bytes() == b"after", "no hole before it"
    begin_log(path).close()
    assert path.read_bytes() == b""
    keep_short(tmp_path / "none")
