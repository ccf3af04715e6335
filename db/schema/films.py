"""Films, frames, tags, scores, verdicts and the log of acts."""

EVENTS = """
CREATE TABLE event (
    id INTEGER PRIMARY KEY,
    at REAL NOT NULL,
    session TEXT NOT NULL,           -- a terminal session; undo works on its own acts
    kind TEXT NOT NULL,              -- 'verdict', 'rating', 'undo', 'redo'
    summary TEXT NOT NULL,
    target TEXT NOT NULL DEFAULT '', -- where a person was: 'film#57301', 'image:12'
    changes TEXT NOT NULL,           -- JSON list of [table, key, before, after]
    undoes INTEGER REFERENCES event(id)
);
CREATE INDEX event_undoes ON event(undoes) WHERE undoes IS NOT NULL;
CREATE TABLE change (
    id INTEGER PRIMARY KEY,
    at REAL NOT NULL,
    kind TEXT NOT NULL,              -- 'frames', 'scores', 'verdicts', 'policy', 'images', 'ratings', 'matches', 'runs'
    film_id INTEGER,
    first INTEGER,
    last INTEGER
);
"""

FILMS = """
CREATE TABLE film (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    sha256 TEXT NOT NULL UNIQUE,     -- of the file's bytes: a film is its content, not its path
    path TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    note TEXT NOT NULL DEFAULT '',
    credit TEXT NOT NULL DEFAULT '',
    width INTEGER NOT NULL,          -- of the displayed picture: rotation and pixel aspect applied
    height INTEGER NOT NULL,
    fps_num INTEGER NOT NULL,
    fps_den INTEGER NOT NULL,
    decode TEXT NOT NULL,            -- JSON recipe: stream, time base, colour, rotation, pixel aspect
    crop_x INTEGER NOT NULL,         -- the picture without its letterbox, in displayed pixels
    crop_y INTEGER NOT NULL,
    crop_w INTEGER NOT NULL,
    crop_h INTEGER NOT NULL,
    fit TEXT NOT NULL CHECK (fit IN ('pad', 'cover')),   -- how the crop reaches a model of another shape
    focus_x REAL NOT NULL DEFAULT 0.5,
    focus_y REAL NOT NULL DEFAULT 0.5,
    frame_count INTEGER,             -- known when every frame is in
    grouping_id INTEGER REFERENCES grouping(id),
    added_at REAL NOT NULL
);
CREATE TABLE exclusion (
    id INTEGER PRIMARY KEY,
    film_id INTEGER NOT NULL REFERENCES film(id),
    first INTEGER NOT NULL,
    last INTEGER NOT NULL,
    reason TEXT NOT NULL
);
CREATE TABLE frame (
    film_id INTEGER NOT NULL REFERENCES film(id),
    number INTEGER NOT NULL,
    pts INTEGER NOT NULL,
    is_key INTEGER NOT NULL,         -- the decoder can start here
    corrupt INTEGER NOT NULL DEFAULT 0,
    tainted INTEGER NOT NULL DEFAULT 0,
    distance INTEGER NOT NULL,       -- greatest luma change of an area since the frame before, 0..255
    cut_change REAL NOT NULL,        -- mean HSV change since the frame before
    signature BLOB NOT NULL,         -- 16x9 luma means, for the comparison with a hold's first frame
    PRIMARY KEY (film_id, number)
) WITHOUT ROWID;
CREATE TABLE grouping (
    id INTEGER PRIMARY KEY,
    film_id INTEGER NOT NULL REFERENCES film(id),
    threshold INTEGER NOT NULL,
    method TEXT NOT NULL,
    made_at REAL NOT NULL
);
CREATE TABLE hold (
    grouping_id INTEGER NOT NULL REFERENCES grouping(id) ON DELETE CASCADE,
    first INTEGER NOT NULL,
    last INTEGER NOT NULL,
    key_frame INTEGER,               -- first untainted frame; NULL where there is none
    PRIMARY KEY (grouping_id, first)
) WITHOUT ROWID;
CREATE INDEX hold_key_frame ON hold(grouping_id, key_frame);
CREATE TABLE shot (
    film_id INTEGER NOT NULL REFERENCES film(id),
    number INTEGER NOT NULL,
    first INTEGER NOT NULL,
    last INTEGER NOT NULL,
    PRIMARY KEY (film_id, number)
) WITHOUT ROWID;
CREATE UNIQUE INDEX shot_first ON shot(film_id, first);
"""

TAGS = """
CREATE TABLE tag (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,       -- danbooru form, underscores
    category INTEGER NOT NULL DEFAULT 0   -- 0 general, 1 artist, 3 copyright, 4 character, 5 meta, 9 rating
);
CREATE TABLE tag_alias (alias TEXT PRIMARY KEY, tag_id INTEGER NOT NULL REFERENCES tag(id)) WITHOUT ROWID;
CREATE TABLE tag_implication (
    tag_id INTEGER NOT NULL REFERENCES tag(id),
    implied_id INTEGER NOT NULL REFERENCES tag(id),
    PRIMARY KEY (tag_id, implied_id)
) WITHOUT ROWID;
"""

SCORES = """
CREATE TABLE tagger (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    source TEXT NOT NULL,
    sha256 TEXT NOT NULL UNIQUE,
    input_size INTEGER NOT NULL,
    embedding_dim INTEGER NOT NULL,
    added_at REAL NOT NULL
);
CREATE TABLE score (
    film_id INTEGER NOT NULL,
    frame_number INTEGER NOT NULL,
    tagger_id INTEGER NOT NULL REFERENCES tagger(id),
    tag_id INTEGER NOT NULL REFERENCES tag(id),
    score INTEGER NOT NULL,
    PRIMARY KEY (film_id, frame_number, tagger_id, tag_id)
) WITHOUT ROWID;
CREATE INDEX score_tag ON score(tag_id, tagger_id, film_id, frame_number, score);
CREATE TABLE scored (
    tagger_id INTEGER NOT NULL REFERENCES tagger(id),
    film_id INTEGER NOT NULL,
    frame_number INTEGER NOT NULL,
    vector BLOB NOT NULL,            -- float16, of unit length
    PRIMARY KEY (tagger_id, film_id, frame_number)
);
CREATE TABLE policy (
    id INTEGER PRIMARY KEY,
    tagger_id INTEGER NOT NULL REFERENCES tagger(id),
    general REAL NOT NULL,
    character REAL NOT NULL,
    active INTEGER NOT NULL DEFAULT 0,
    made_at REAL NOT NULL
);
CREATE UNIQUE INDEX policy_active ON policy(active) WHERE active;
CREATE TABLE tag_threshold (
    policy_id INTEGER NOT NULL REFERENCES policy(id),
    tag_id INTEGER NOT NULL REFERENCES tag(id),
    threshold REAL NOT NULL,
    PRIMARY KEY (policy_id, tag_id)
) WITHOUT ROWID;
"""

VERDICTS = """
CREATE TABLE verdict (
    film_id INTEGER NOT NULL,
    frame_number INTEGER NOT NULL,
    tag_id INTEGER NOT NULL REFERENCES tag(id),
    present INTEGER NOT NULL,
    how TEXT NOT NULL CHECK (how IN ('seen', 'spread', 'bulk')),
    event_id INTEGER NOT NULL REFERENCES event(id),
    PRIMARY KEY (film_id, frame_number, tag_id)
) WITHOUT ROWID;
CREATE INDEX verdict_tag ON verdict(tag_id, film_id, frame_number, present);
"""
