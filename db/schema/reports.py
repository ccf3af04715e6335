"""What happened while nobody looked: attempts, what a person was told, when a terminal was here."""

ATTEMPTS = """
CREATE TABLE attempt (
    id INTEGER PRIMARY KEY,
    job_id INTEGER NOT NULL REFERENCES job(id),
    started_at REAL NOT NULL,
    ended_at REAL,                   -- NULL while it runs; of one that died, its last sign of life
    ending TEXT CHECK (ending IN ('done', 'failed', 'paused', 'waits', 'cancelled', 'stopped', 'died')),
    reason TEXT NOT NULL DEFAULT '',
    joules REAL                      -- what the card used meanwhile; NULL where it does not tell
);
CREATE INDEX attempt_job ON attempt(job_id, id);
CREATE INDEX attempt_ended ON attempt(ended_at);
CREATE TABLE notice (
    id INTEGER PRIMARY KEY,
    event TEXT NOT NULL CHECK (event IN ('paused', 'failed', 'done', 'first sample', 'low disk')),
    subject TEXT NOT NULL,           -- what it is about: 'attempt:7', 'generation:3', 'disk'
    facts TEXT NOT NULL,             -- JSON, as the command is given them
    at REAL NOT NULL,
    told_at REAL,                    -- before the command starts, so that nothing is told twice
    over_at REAL                     -- when the disk had room again
);
CREATE INDEX notice_subject ON notice(subject);
CREATE TABLE visit (terminal TEXT PRIMARY KEY, here_at REAL NOT NULL) WITHOUT ROWID;
"""
