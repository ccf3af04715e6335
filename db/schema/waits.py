"""Jobs that the engine itself sets aside: for a full disk, for the card's memory, for quiet hours."""

WAITS = """
-- when a person last resumed the job, which outranks quiet hours that began before
ALTER TABLE job ADD COLUMN resumed_at REAL;
CREATE TABLE job_wait (
    job_id INTEGER PRIMARY KEY REFERENCES job(id),
    reason TEXT NOT NULL CHECK (reason IN ('room', 'memory', 'quiet')),
    words TEXT NOT NULL,             -- the reason in one line, which is the paused job's error
    path TEXT NOT NULL DEFAULT '',   -- a folder of the disk that has no room
    bytes INTEGER NOT NULL DEFAULT 0,    -- what is to be written there, or free on the card
    since REAL NOT NULL
);
"""
