"""Generations, pictures, ratings and matches."""

PICTURES = """
CREATE TABLE generation (
    id INTEGER PRIMARY KEY,
    prompt TEXT NOT NULL,            -- as it was typed
    negative_prompt TEXT NOT NULL,
    base_id INTEGER NOT NULL REFERENCES base(id),
    settings TEXT NOT NULL,          -- JSON of the request
    made_at REAL NOT NULL
);
CREATE TABLE image (
    id INTEGER PRIMARY KEY,
    generation_id INTEGER NOT NULL REFERENCES generation(id),
    ordinal INTEGER NOT NULL,
    state TEXT NOT NULL DEFAULT 'planned' CHECK (state IN ('planned', 'done', 'failed', 'purged')),
    prompt TEXT NOT NULL,
    negative_prompt TEXT NOT NULL,
    seed INTEGER NOT NULL,
    steps INTEGER NOT NULL,
    sampler TEXT NOT NULL,
    cfg_scale REAL NOT NULL,
    width INTEGER NOT NULL,
    height INTEGER NOT NULL,
    clip_skip INTEGER NOT NULL DEFAULT 1,
    path TEXT,                       -- below the studio
    sha256 TEXT,                     -- of the file
    pixels_sha256 TEXT,
    environment TEXT,                -- JSON: batch shape, threads, dtype, versions
    error TEXT,
    made_at REAL,
    UNIQUE (generation_id, ordinal)
);
CREATE INDEX image_state ON image(state, generation_id);
CREATE TABLE image_lora (
    image_id INTEGER NOT NULL REFERENCES image(id),
    lora_id INTEGER NOT NULL REFERENCES lora(id),
    weight REAL NOT NULL,
    text_weight REAL NOT NULL,
    PRIMARY KEY (image_id, lora_id)
) WITHOUT ROWID;
CREATE TABLE image_parent (
    image_id INTEGER NOT NULL REFERENCES image(id),
    parent_id INTEGER NOT NULL REFERENCES image(id),
    how TEXT NOT NULL,
    PRIMARY KEY (image_id, parent_id)
) WITHOUT ROWID;
CREATE TABLE image_control (
    image_id INTEGER NOT NULL REFERENCES image(id),
    ordinal INTEGER NOT NULL,
    kind TEXT NOT NULL,
    source TEXT NOT NULL,
    settings TEXT NOT NULL,
    PRIMARY KEY (image_id, ordinal)
) WITHOUT ROWID;
CREATE TABLE image_score (
    image_id INTEGER NOT NULL REFERENCES image(id),
    tagger_id INTEGER NOT NULL REFERENCES tagger(id),
    tag_id INTEGER NOT NULL REFERENCES tag(id),
    score INTEGER NOT NULL,
    PRIMARY KEY (image_id, tagger_id, tag_id)
) WITHOUT ROWID;
CREATE INDEX image_score_tag ON image_score(tag_id, image_id, score);
CREATE TABLE image_scored (
    image_id INTEGER NOT NULL REFERENCES image(id),
    tagger_id INTEGER NOT NULL REFERENCES tagger(id),
    vector BLOB NOT NULL,            -- float16, of unit length
    PRIMARY KEY (image_id, tagger_id)
);
CREATE TABLE rating (
    image_id INTEGER PRIMARY KEY REFERENCES image(id),
    stars INTEGER CHECK (stars BETWEEN 1 AND 5),
    rejected INTEGER NOT NULL DEFAULT 0,
    reason TEXT NOT NULL DEFAULT '',
    origin TEXT NOT NULL DEFAULT 'person',
    unseen INTEGER NOT NULL DEFAULT 0,   -- decided before the picture had reached the terminal
    event_id INTEGER NOT NULL REFERENCES event(id)
);
CREATE TABLE comparison (
    id INTEGER PRIMARY KEY,
    better_id INTEGER NOT NULL REFERENCES image(id),
    worse_id INTEGER NOT NULL REFERENCES image(id),
    blind INTEGER NOT NULL,
    event_id INTEGER NOT NULL REFERENCES event(id)
);
CREATE TABLE match (
    image_id INTEGER NOT NULL REFERENCES image(id),
    rank INTEGER NOT NULL,           -- 1 is the most alike
    film_id INTEGER NOT NULL REFERENCES film(id),
    frame_number INTEGER NOT NULL,
    score REAL NOT NULL,
    method TEXT NOT NULL,
    index_version TEXT NOT NULL,     -- of the vectors compared with; another one makes the match stale
    coverage REAL NOT NULL,          -- share of the film's key frames that were compared
    PRIMARY KEY (image_id, rank)
) WITHOUT ROWID;
"""
