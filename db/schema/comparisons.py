"""Trials: pictures of two sides, matched by seed and prompt, compared without knowing which is which."""

TRIALS = """
CREATE TABLE trial (
    id INTEGER PRIMARY KEY,
    one TEXT NOT NULL,               -- the expression of one side's pictures
    other TEXT NOT NULL,
    seed INTEGER NOT NULL,           -- from which the order of the pairs and their sides follow
    made_at REAL NOT NULL,
    UNIQUE (one, other)
);
ALTER TABLE comparison ADD COLUMN trial_id INTEGER REFERENCES trial(id);
-- which of the two stood on the left, and whether neither was better
ALTER TABLE comparison ADD COLUMN left_id INTEGER REFERENCES image(id);
ALTER TABLE comparison ADD COLUMN tie INTEGER NOT NULL DEFAULT 0;
CREATE INDEX comparison_trial ON comparison(trial_id);
"""
