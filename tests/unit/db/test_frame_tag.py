from sqlite3 import Connection

from db import films, library, overview, tags
from tests.rows import FRAMES


def test_every_frame_of_a_hold_has_its_key_frames_tags(film_db: Connection) -> None:
    assert tags.frame_tags(film_db, 1, 3) == tags.frame_tags(film_db, 1, 4)
    assert {tag.tag for tag in tags.frame_tags(film_db, 1, 3)} == {"1girl", "glasses", ":d", "safe"}


def test_the_rating_is_the_highest_one_alone(film_db: Connection) -> None:
    rows = film_db.execute("SELECT tag, count(*) FROM frame_tag WHERE category = 9 GROUP BY tag").fetchall()
    assert [tuple(row) for row in rows] == [("safe", FRAMES)]


def test_thresholds_come_from_the_policy_in_use_and_from_the_tag(film_db: Connection) -> None:
    library.set_policy(film_db, 1, 0.7, 0.7)
    assert {tag.tag for tag in tags.frame_tags(film_db, 1, 3)} == {"1girl", "nagisa", "safe"}
    policy = library.active_policy(film_db)
    assert policy is not None
    film_db.execute("INSERT INTO tag_threshold SELECT ?, id, 0.5 FROM tag WHERE name = 'glasses'", (policy.id,))
    assert "glasses" in {tag.tag for tag in tags.frame_tags(film_db, 1, 3)}


def test_regrouping_loses_no_verdict_and_no_score(film_db: Connection) -> None:
    tags.set_tag(film_db, "terminal-1", 1, 45, "hold", "nagisa", True)
    film_db.execute("INSERT INTO grouping VALUES (2, 1, 9, 'test', 0)")
    film_db.execute("INSERT INTO hold VALUES (2, 1, 100, 1)")
    film_db.execute("UPDATE film SET grouping_id = 2")
    assert "nagisa" in {tag.tag for tag in tags.frame_tags(film_db, 1, 46)}
    assert "1girl" in {tag.tag for tag in tags.frame_tags(film_db, 1, 99)}
    assert "glasses" not in {tag.tag for tag in tags.frame_tags(film_db, 1, 3)}


def test_scopes_reach_from_a_frame_to_its_drawing_and_its_shot(film_db: Connection) -> None:
    assert films.scope_range(film_db, 1, 44, "frame") == (44, 44)
    assert films.scope_range(film_db, 1, 44, "hold") == (43, 44)
    assert films.scope_range(film_db, 1, 44, "shot") == (41, 100)


def test_a_page_of_frames_comes_in_the_order_asked(film_db: Connection) -> None:
    page = films.frames(film_db, [films.pack(1, 44), films.pack(1, 2)])
    assert [(frame.number, frame.hold_first, frame.exposure, frame.shot) for frame in page] == [
        (44, 43, 2, 2),
        (2, 1, 2, 1),
    ]


def test_completion_puts_prefixes_and_then_use_first(film_db: Connection) -> None:
    assert [found.tag for found in tags.complete(film_db, "g")] == ["glasses", "1girl", "nagisa"]


def test_names_are_made_in_danbooru_form_with_their_category(film_db: Connection) -> None:
    assert tags.normal_name("Character:Shion ") == ("shion", 4)
    assert tags.normal_name("blue Hair") == ("blue_hair", 0)
    assert tags.normal_name(":d") == (":d", 0)


def test_a_film_taken_in_part_shows_how_many_frames_it_has(film_db: Connection) -> None:
    film_db.execute("DELETE FROM frame WHERE number <= 10")
    film_db.execute("UPDATE film SET frame_count = NULL")
    film = overview.overview(film_db).films[0]
    assert (film.frames, film.complete) == (FRAMES - 10, False)


def test_the_overview_counts(film_db: Connection) -> None:
    film = overview.overview(film_db).films[0]
    assert (film.frames, film.holds, film.key_frames, film.shots, film.scored) == (100, 50, 50, 2, 50)


def test_one_frame_is_answered_without_reading_the_scores_of_the_film(film_db: Connection) -> None:
    plan = film_db.execute("EXPLAIN QUERY PLAN SELECT tag FROM frame_tag WHERE film_id = 1 AND frame_number = 7")
    steps = [row["detail"] for row in plan]
    assert "SEARCH s USING PRIMARY KEY (film_id=? AND frame_number=? AND tagger_id=?)" in steps
