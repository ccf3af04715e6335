"""A studio of a whole film, made of rows alone: 170,000 frames, 5.1 million frame-tags, 20,000 pictures.

Tags live as in a film: few are everywhere, most are rare; a shot has its own, and its drawings come and go with some.
"""

import os
import shutil
from pathlib import Path
from sqlite3 import Connection

import numpy as np

from bench.studio import LONG, add_film, spans
from db.connect import connect_studio, writing
from kimikoe_tui.cli.models import create_studio

FOLDER_VARIABLE = "KIMIKOE_BENCH_FOLDER"  # keep what takes long to make here
VERSION = 3
HOLDS, SHOTS, TAGS, IMAGES = 61_204, 1_480, 8_000, 20_000
OF_SHOT, OF_DRAWING, FAINT = 24, 6, 10  # tags of each drawing: its shot's, its own, and scores below the threshold
NAMED = ("1girl", "glasses", "nagisa", "shion", "solo", "smile", "rain", "night", "school_uniform", "open_mouth")
COLOURS = ("brown", "green", "blue", "black", "red", "white", "grey", "pink", "purple", "blonde")
THINGS = ("hair", "eyes", "shirt", "skirt", "sky", "dress", "hat", "ribbon", "footwear", "jacket", "theme", "gloves")


def whole_film_studio(folder: Path) -> Path:
    """The studio; made once where the environment variable names a folder to keep it in, and copied from there."""
    kept = Path(os.environ.get(FOLDER_VARIABLE, folder / "made")) / f"whole-film-{VERSION}"
    if not (kept / "complete").exists():
        shutil.rmtree(kept, ignore_errors=True)
        kept.mkdir(parents=True)
        _make(kept / "studio")
        (kept / "complete").touch()
    root = Path(shutil.copytree(kept / "studio", folder / "studio"))
    connect_studio(root).close()  # what was kept may be of an older schema
    return root


def _make(root: Path) -> None:
    create_studio(root)
    db = connect_studio(root)
    chance = np.random.default_rng(20231018)
    with writing(db):
        holds = _add_film(db, chance)
        weights = _add_tags(db)
        _add_scores(db, chance, holds, weights)
        _add_images(db, chance, weights)
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()


def _add_film(db: Connection, chance: np.random.Generator) -> list[tuple[int, int, int]]:
    """The frames, their drawings and their shots; returns (shot, first, last) of every drawing."""
    firsts = _starts(chance, LONG, HOLDS)
    shots = [firsts[start - 1] for start in _starts(chance, HOLDS, SHOTS)]
    add_film(db, LONG, firsts, shots, (1920, 1080))
    shot_of = np.searchsorted(shots, firsts, side="right")
    return [(int(shot), *span) for shot, span in zip(shot_of, spans(firsts, LONG), strict=True)]


def _starts(chance: np.random.Generator, length: int, parts: int) -> list[int]:
    """Where so many parts of a length begin, from 1 on."""
    return [1, *sorted(map(int, chance.choice(length - 1, parts - 1, replace=False) + 2))]


def _add_tags(db: Connection) -> np.ndarray:
    """Every tag with its category; returns how frequent each is."""
    coloured = [f"{colour}_{thing}" for colour in COLOURS for thing in THINGS]
    names = [*NAMED, *coloured]
    names += [f"{coloured[n % len(coloured)]}_{n}" for n in range(TAGS - len(names))]
    categories = [4 if name in ("nagisa", "shion") else 0 for name in names]
    db.execute("INSERT INTO tagger VALUES (1, 'tagger', '/nowhere', 'bb', 448, 4, 0)")
    db.execute("INSERT INTO policy VALUES (1, 1, 0.3, 0.85, 1, 0)")
    db.executemany("INSERT INTO tag (id, name, category) VALUES (?, ?, ?)",
                   ((n, *each) for n, each in enumerate(zip(names, categories, strict=True), 1)))  # fmt: skip
    weights = 1 / (np.arange(TAGS) + 5.0)
    return np.asarray(weights / weights.sum())


_SCORE = "INSERT INTO score (film_id, frame_number, tagger_id, tag_id, score) VALUES (1, ?, 1, ?, ?)"


def _add_scores(
    db: Connection, chance: np.random.Generator, holds: list[tuple[int, int, int]], weights: np.ndarray
) -> None:
    cast = [chance.choice(TAGS, OF_SHOT, replace=False, p=weights) + 1 for _shot in range(SHOTS)]
    for start in range(0, len(holds), 2_000):
        part = holds[start : start + 2_000]
        own = chance.choice(TAGS, (len(part), OF_DRAWING + FAINT), p=weights) + 1
        rows = []
        for (shot, first, _last), extra in zip(part, own, strict=True):
            scores = {int(tag): 40 for tag in extra[OF_DRAWING:]}
            scores |= {int(tag): 150 for tag in extra[:OF_DRAWING]} | {int(tag): 230 for tag in cast[shot - 1]}
            rows += [(first, tag, score) for tag, score in sorted(scores.items())]
        db.executemany(
            "INSERT INTO score (film_id, frame_number, tagger_id, tag_id, score) VALUES (1, ?, 1, ?, ?)", rows
        )
    db.executemany("INSERT INTO scored VALUES (1, 1, ?, x'00')", ((first,) for _shot, first, _last in holds))


def _add_images(db: Connection, chance: np.random.Generator, weights: np.ndarray) -> None:
    db.execute("INSERT INTO base VALUES (1, 'base', '/nowhere', 'cc', 'sd15', 'epsilon', 512, 512, '', '', 0)")
    db.execute(
        "INSERT INTO event VALUES (1, 0, 'bench', 'rating', 'bench', '', ?, NULL)", ('{"table":"rating","rows":[]}',)
    )
    db.execute("INSERT INTO generation VALUES (1, '1girl', '', 1, '{}', 0)")
    db.executemany(
        """INSERT INTO image (id, generation_id, ordinal, state, prompt, negative_prompt, seed, steps, sampler,
               cfg_scale, width, height, path, made_at)
           VALUES (?, 1, ?, 'done', '1girl', '', ?, 20, 'Euler', 7, 512, 512, '', 0)""",
        ((n, n, n) for n in range(1, IMAGES + 1)),
    )
    db.executemany("INSERT INTO image_scored VALUES (?, 1, x'00')", ((n,) for n in range(1, IMAGES + 1)))
    seen = chance.choice(TAGS, (IMAGES, 20), p=weights) + 1
    rows = ((n, 1, int(tag), 200) for n, each in enumerate(seen, 1) for tag in sorted(set(each)))
    db.executemany("INSERT INTO image_score VALUES (?, ?, ?, ?)", rows)
    stars = ((n, n % 5 + 1) for n in range(1, IMAGES, 2))
    db.executemany("INSERT INTO rating (image_id, stars, event_id) VALUES (?, ?, 1)", stars)
