"""A table that is added later tells its times and processes to the digest's list of what does not count."""

import re
from sqlite3 import Connection

from db.digest import LEFT_OUT, WHOLE_TABLE

PASSING = re.compile(r"(_at|^at|^since|_pid|^pid)$")


def test_times_and_process_ids_do_not_count(db: Connection) -> None:
    tables = [row["name"] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    counted = [
        f"{table}.{row['name']}"
        for table in tables
        for row in db.execute(f"PRAGMA table_info({table})")
        if PASSING.search(row["name"]) and not {row["name"], WHOLE_TABLE} & set(LEFT_OUT.get(table, {}))
    ]
    assert counted == []


def test_what_is_left_out_exists(db: Connection) -> None:
    for table, columns in LEFT_OUT.items():
        known = {row["name"] for row in db.execute(f"PRAGMA table_info({table})")}
        assert known and set(columns) - {WHOLE_TABLE} <= known, table
