"""What stays out of datasets, told on the command line."""

import json
from pathlib import Path

from tests.cli.conftest import Run, refused


def test_ranges_are_excluded_listed_undone_and_taken_back(run: Run, film_studio: Path) -> None:
    assert run("exclude", "film#11..20", "film@0:02..0:03", "--reason", "credits").stdout == (
        "excluded 50 frames: credits\n"
    )
    listed = run("exclusions").stdout.splitlines()
    assert [line.split() for line in listed] == [
        ["1", "film#11..20", "0:00:00–0:00:00", "credits"],
        ["2", "film#61..100", "0:00:02–0:00:03", "credits"],
    ]
    assert "kept out of datasets: credits" in run("frame", "film#12").stdout
    assert run("query", "is:excluded", "--count").stdout == "50\n"
    assert run("undo").stdout == "undo: excluded 50 frames: credits\n"
    assert run("exclusions").stdout == ""
    run("undo", "--redo")
    assert run("include", "1").stdout == "included film#11..20 again: credits\n"
    assert [each["exclusion"]["id"] for each in json.loads(run("exclusions", "film", "--json").stdout)] == [2]


def test_what_cannot_be_excluded_is_refused_in_a_line(run: Run, film_studio: Path) -> None:
    assert "frames 1 to 100" in refused(run("exclude", "film#11..200", "--reason", "x"))
    assert "there is no frame" in refused(run("exclude", "film#20..10", "--reason", "x"))
    assert "needs a reason" in refused(run("exclude", "film#1..2", "--reason", " "))
    assert "No two films" in refused(run("repeats", "--exclude"))
    assert run("exclusions").stdout == ""


def test_times_are_read_and_cited_in_another_rate_too(run: Run, film_studio: Path) -> None:
    said = json.loads(run("frame", "film@0:02", "--fps", "10", "--json").stdout)
    assert (said["timecode"], said["citation"]) == ("0:00:00", "0:00:00 (frame 21), 0:00:02 at 10 fps")
    assert run("frame", "film@61フレーム目").stdout.startswith("film 0:00:02 (frame 61)\n")
    assert "no frame rate" in refused(run("frame", "film#1", "--fps", "fast"))
