"""Asking at the command line, and keeping what was asked under a name."""

import csv
import io
import json
from pathlib import Path
from sqlite3 import Connection

from db import picture_tags
from tests.cli.conftest import Run, refused
from tests.pilot.conftest import add_base, add_pictures


def test_a_query_as_a_table(run: Run, film_studio: Path) -> None:
    rows = list(csv.reader(io.StringIO(run("query", "glasses frame:90..100", "--csv").stdout)))
    assert rows[0] == ["film", "frame", "timecode"]
    assert rows[1] == ["film", "91", "0:00:03"] and len(rows) == 7
    assert run("query", "--pictures", "--csv").stdout.startswith("id,path,stars,")


def test_what_flickers_is_asked_of_an_index(run: Run, film_studio: Path) -> None:
    assert run("query", "flicker:>2", "--count").stdout == "100\n"
    assert run("query", "-flicker:>2 or frame:7", "--csv").stdout.splitlines()[1:] == ["film,7,0:00:00"]


def test_what_a_person_says_of_a_picture_is_asked_for_and_listed(run: Run, db: Connection, film_studio: Path) -> None:
    add_base(db)
    first, second = add_pictures(db, film_studio, 2)
    assert run("query", "1girl", "--pictures", "--count").stdout == "2\n"
    picture_tags.set_tags(db, "terminal-1", [first], [("nagisa", True), ("1girl", False)], [first])
    assert run("query", "1girl", "--pictures", "--count").stdout == "1\n"
    (row,) = json.loads(run("query", "nagisa -1girl", "--pictures", "--json").stdout)
    assert (row["id"], row["tags"]) == (first, ["nagisa"])
    rows = list(csv.DictReader(io.StringIO(run("query", "verdict:-1girl or 1girl", "--pictures", "--csv").stdout)))
    assert [(row["id"], row["tags"]) for row in rows] == [(str(first), "nagisa"), (str(second), "1girl")]
    assert run("query", "is:judged", "--pictures", "--count").stdout == "1\n"


def test_a_view_is_kept_asked_and_taken_back(run: Run, film_studio: Path) -> None:
    run("view", "save", "good ones", "glasses -:d or x_(y)")
    run("view", "save", "denied", "-glasses")
    assert run("view", "list").stdout.split()[-1] == "x_(y)"
    assert run("query", 'view:"good ones" limit:3', "--count").stdout == "3\n"
    assert run("query", "view:denied", "--count").stdout == "50\n"
    run("view", "delete", "denied")
    assert "no view is called" in refused(run("query", "view:denied"))
    run("undo")
    assert run("query", "view:denied", "--count").stdout == "50\n"


def test_a_view_with_a_fault_is_not_kept(run: Run, film_studio: Path) -> None:
    assert "did you mean glasses?" in refused(run("view", "save", "a", "glases"))
    run("view", "save", "a", "glasses")
    assert "contains itself" in refused(run("view", "save", "a", "view:a or 1girl"))
    assert run("query", "view:a", "--count").stdout == "50\n"
    assert "no view is called" in refused(run("query", "view:a", "--pictures"))
