"""What finds a frame exactly, what a film's file lacks, and what is left out of datasets or comes again."""

EXACT = """
-- how a telecined frame's fields are joined, 0 as they are (see engine.fields)
ALTER TABLE frame ADD COLUMN fields INTEGER NOT NULL DEFAULT 0;
-- a hash of samples of the file, by which one that was changed is known
ALTER TABLE film ADD COLUMN stamp TEXT;
-- the frames that the container states where the file ends before them
ALTER TABLE film ADD COLUMN stated_frames INTEGER;
-- another rate in which frames are cited beside the film's own
ALTER TABLE film ADD COLUMN cite_num INTEGER;
ALTER TABLE film ADD COLUMN cite_den INTEGER;
ALTER TABLE exclusion ADD COLUMN event_id INTEGER REFERENCES event(id);
CREATE INDEX exclusion_film ON exclusion(film_id, first);
-- stretches that two films share, as openings and endings
CREATE TABLE repeat (
    film_id INTEGER NOT NULL REFERENCES film(id),
    first INTEGER NOT NULL,
    last INTEGER NOT NULL,
    other_film_id INTEGER NOT NULL REFERENCES film(id),
    other_first INTEGER NOT NULL,
    other_last INTEGER NOT NULL,
    alike REAL NOT NULL,             -- the share of its frames that are alike
    PRIMARY KEY (film_id, first, other_film_id, other_first)
) WITHOUT ROWID;
"""

CHOSEN_THRESHOLDS = """
-- the threshold of holds that a person chose; none where the one that fits the encode is wanted
ALTER TABLE film ADD COLUMN hold_threshold INTEGER CHECK (hold_threshold BETWEEN 0 AND 255);
"""
