"""Datasets, runs, LoRAs and the queue."""

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
    first_done INTEGER,                  -- what was done when this attempt began to count in this unit,
    first_at REAL,                       -- and when that was: the pace counts from there
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

ENGINE = """
CREATE TABLE engine (
    id INTEGER PRIMARY KEY,
    pid INTEGER NOT NULL,
    program TEXT NOT NULL,           -- the version of kimikoe it runs
    schema INTEGER NOT NULL,         -- the migrations it knows
    started_at REAL NOT NULL,
    ended_at REAL                    -- NULL while it lives, and for ever where it was killed
);
"""
