"""On `PYTHONPATH`, it makes every kimikoe process one of a version to come: it knows a migration that was invented."""

import os
import sqlite3

from db import migrations, version


def invented_step(db: sqlite3.Connection) -> None:
    db.execute("CREATE TABLE invented (id INTEGER PRIMARY KEY)")
    if os.environ.get("INVENTED_STEP") == "fails":
        db.execute("INSERT INTO tag (name) VALUES ('half done')")
        db.execute("INSERT INTO nowhere VALUES (1)")


migrations.MIGRATIONS += (invented_step,)
version.program_version = lambda: "99.0"
