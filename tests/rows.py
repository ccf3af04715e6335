"""Rows for tests: a film of 100 frames held on twos, in two shots, tagged by one tagger."""

from sqlite3 import Connection

from bench.studio import add_film
from db.connect import writing

FRAMES = 100
FIRST_SHOT = 40
TAGS = {"1girl": 0, "glasses": 0, ":d": 0, "x_(y)": 0, ">:(": 0, "safe": 9, "explicit": 9, "nagisa": 4}


def add_small_film(db: Connection) -> None:
    """Frame n is drawn anew at odd n. Every drawing has `1girl`; every second one glasses at 150/255."""
    with writing(db):
        add_film(db, FRAMES, range(1, FRAMES, 2), [1, FIRST_SHOT + 1])
        _add_tags(db)


def _add_tags(db: Connection) -> None:
    db.execute("INSERT INTO tagger VALUES (1, 'tagger', '/nowhere', 'bb', 64, 4, 0)")
    db.execute("INSERT INTO policy VALUES (1, 1, 0.3, 0.85, 1, 0)")
    ids = {}
    for name, category in TAGS.items():
        row = db.execute("INSERT INTO tag (name, category) VALUES (?, ?) RETURNING id", (name, category)).fetchone()
        ids[name] = row["id"]
    for index, number in enumerate(range(1, FRAMES, 2)):
        scores = {"1girl": 250, "safe": 20, "explicit": 3, "nagisa": 200}
        if index % 2:
            scores |= {"glasses": 150, ":d": 150}
        if index % 5 == 0:
            scores |= {"x_(y)": 150, ">:(": 150}
        db.executemany(
            "INSERT INTO score (film_id, frame_number, tagger_id, tag_id, score) VALUES (1, ?, 1, ?, ?)",
            [(number, ids[name], score) for name, score in scores.items()],
        )
        db.execute("INSERT INTO scored VALUES (1, 1, ?, x'00')", (number,))
