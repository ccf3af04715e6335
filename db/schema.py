"""The tables and views of a studio, as the first migrations make them.

A frame is (film_id, number), number counting from 1 in decode order. Scores are integers 0..255. Times are seconds
since the epoch. Rows that a person wrote carry the event that wrote them, so that undo knows what is still its own.
"""

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

DATASETS = """
CREATE TABLE dataset (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    sha256 TEXT NOT NULL,            -- over the content of its items, never over row numbers
    recipe TEXT NOT NULL,
    made_at REAL NOT NULL
);
CREATE TABLE caption (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE);
CREATE TABLE dataset_item (
    dataset_id INTEGER NOT NULL REFERENCES dataset(id),
    ordinal INTEGER NOT NULL,
    film_id INTEGER NOT NULL REFERENCES film(id),
    frame_number INTEGER NOT NULL,
    exposure INTEGER NOT NULL,       -- frames of the film this item stands for
    weight REAL NOT NULL,            -- how often training sees it, relative to the others
    validation INTEGER NOT NULL,     -- 1 for items of shots held out of training
    caption_id INTEGER NOT NULL REFERENCES caption(id),
    PRIMARY KEY (dataset_id, ordinal)
) WITHOUT ROWID;
"""

RUNS = """
CREATE TABLE base (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    source TEXT NOT NULL,
    sha256 TEXT NOT NULL UNIQUE,
    architecture TEXT NOT NULL,      -- 'sd15', 'sdxl'
    prediction_type TEXT NOT NULL,
    width INTEGER NOT NULL,
    height INTEGER NOT NULL,
    licence TEXT NOT NULL DEFAULT '',
    licence_url TEXT NOT NULL DEFAULT '',
    added_at REAL NOT NULL
);
CREATE TABLE run (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    dataset_id INTEGER NOT NULL REFERENCES dataset(id),
    base_id INTEGER NOT NULL REFERENCES base(id),
    recipe TEXT NOT NULL,
    environment TEXT,                -- threads, dtype, batch, versions: recorded when the first step starts
    step INTEGER NOT NULL DEFAULT 0,
    made_at REAL NOT NULL,
    finished_at REAL
);
CREATE TABLE checkpoint (
    id INTEGER PRIMARY KEY,
    run_id INTEGER NOT NULL REFERENCES run(id),
    step INTEGER NOT NULL,
    path TEXT NOT NULL,              -- below the studio
    sha256 TEXT NOT NULL,
    made_at REAL NOT NULL,
    UNIQUE (run_id, step)
);
CREATE TABLE metric (
    run_id INTEGER NOT NULL REFERENCES run(id),
    step INTEGER NOT NULL,
    name TEXT NOT NULL,
    value REAL NOT NULL,
    PRIMARY KEY (run_id, name, step)
) WITHOUT ROWID;
CREATE TABLE lora (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    run_id INTEGER REFERENCES run(id),
    step INTEGER,
    path TEXT NOT NULL,              -- below the studio
    sha256 TEXT NOT NULL,            -- of the file
    tensors_sha256 TEXT NOT NULL,    -- of names and values alone
    sshs_hash TEXT NOT NULL,         -- the hash other programs name it by
    trigger TEXT NOT NULL DEFAULT '',
    made_at REAL NOT NULL
);
"""

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

JOBS = """
CREATE TABLE job (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    lane TEXT NOT NULL,
    request TEXT NOT NULL,
    after INTEGER REFERENCES job(id),    -- not before that job is done
    state TEXT NOT NULL DEFAULT 'queued'
        CHECK (state IN ('queued', 'running', 'paused', 'done', 'failed', 'cancelled')),
    wanted TEXT NOT NULL DEFAULT 'run' CHECK (wanted IN ('run', 'pause', 'cancel')),
    done INTEGER NOT NULL DEFAULT 0,
    total INTEGER,
    unit TEXT NOT NULL DEFAULT '',
    message TEXT NOT NULL DEFAULT '',
    result TEXT,                         -- JSON: what the job made
    error TEXT NOT NULL DEFAULT '',
    attempts INTEGER NOT NULL DEFAULT 0,
    worker_pid INTEGER,
    queued_at REAL NOT NULL,
    started_at REAL,
    progress_at REAL,
    finished_at REAL
);
CREATE INDEX job_state ON job(state, lane, id);
CREATE TABLE saved_view (name TEXT PRIMARY KEY, room TEXT NOT NULL, expression TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
"""

VIEWS = """
CREATE VIEW frame_tag AS
WITH current AS (
    SELECT f.film_id, f.number,
        (SELECT h.key_frame FROM hold h
         WHERE h.grouping_id = film.grouping_id AND h.first <= f.number
         ORDER BY h.first DESC LIMIT 1) AS key_frame
    FROM film JOIN frame f ON f.film_id = film.id
)
SELECT c.film_id AS film_id, c.number AS frame_number, t.name AS tag, t.category AS category,
    s.score / 255.0 AS score, 'tagger' AS origin
FROM policy p
CROSS JOIN current c
JOIN score s ON s.film_id = c.film_id AND s.frame_number = c.key_frame AND s.tagger_id = p.tagger_id
JOIN tag t ON t.id = s.tag_id
WHERE p.active
    AND CASE WHEN t.category = 9
        THEN NOT EXISTS (
            SELECT 1 FROM score o JOIN tag ot ON ot.id = o.tag_id
            WHERE o.film_id = s.film_id AND o.frame_number = s.frame_number AND o.tagger_id = s.tagger_id
                AND ot.category = 9 AND (o.score > s.score OR (o.score = s.score AND o.tag_id < s.tag_id)))
        ELSE s.score >= 255.0 * COALESCE(
            (SELECT x.threshold FROM tag_threshold x WHERE x.policy_id = p.id AND x.tag_id = t.id),
            CASE t.category WHEN 4 THEN p.character ELSE p.general END)
        END
    AND NOT EXISTS (
        SELECT 1 FROM verdict v
        WHERE v.film_id = c.film_id AND v.frame_number = c.number AND v.tag_id = t.id)
UNION ALL
SELECT v.film_id, v.frame_number, t.name, t.category, NULL, 'verdict'
FROM verdict v JOIN tag t ON t.id = v.tag_id
WHERE v.present;
CREATE VIEW image_full AS
SELECT i.*, g.prompt AS typed_prompt, g.made_at AS requested_at, b.name AS base, b.sha256 AS base_sha256,
    r.stars, COALESCE(r.rejected, 0) AS rejected, r.reason, r.origin AS rating_origin,
    COALESCE(r.unseen, 0) AS unseen,
    (SELECT group_concat(l.name || ':' || il.weight, ' ') FROM image_lora il JOIN lora l ON l.id = il.lora_id
     WHERE il.image_id = i.id) AS loras,
    (SELECT max(m.score) FROM match m WHERE m.image_id = i.id) AS best_match
FROM image i
JOIN generation g ON g.id = i.generation_id
JOIN base b ON b.id = g.base_id
LEFT JOIN rating r ON r.image_id = i.id;
"""
