"""What people say of pictures' tags, and on which side of a blind pair each picture stood."""

JUDGING = """
CREATE TABLE image_verdict (
    image_id INTEGER NOT NULL REFERENCES image(id),
    tag_id INTEGER NOT NULL REFERENCES tag(id),
    present INTEGER NOT NULL,
    how TEXT NOT NULL CHECK (how IN ('seen', 'bulk')),
    event_id INTEGER NOT NULL REFERENCES event(id),
    PRIMARY KEY (image_id, tag_id)
) WITHOUT ROWID;
CREATE INDEX image_verdict_tag ON image_verdict(tag_id, image_id, present);
CREATE TABLE trial_pair (
    trial_id INTEGER NOT NULL REFERENCES trial(id),
    left_id INTEGER NOT NULL REFERENCES image(id),
    right_id INTEGER NOT NULL REFERENCES image(id),
    one_is_left INTEGER NOT NULL,    -- whether the picture of the trial's first side stood on the left
    PRIMARY KEY (trial_id, left_id, right_id)
) WITHOUT ROWID;
CREATE VIEW image_tag AS
SELECT s.image_id AS image_id, t.name AS tag, t.category AS category, s.score / 255.0 AS score, 'tagger' AS origin
FROM policy p
JOIN image_score s ON s.tagger_id = p.tagger_id
JOIN tag t ON t.id = s.tag_id
WHERE p.active AND s.score >= 255.0 * CASE t.category WHEN 4 THEN p.character ELSE p.general END
    AND NOT EXISTS (SELECT 1 FROM image_verdict v WHERE v.image_id = s.image_id AND v.tag_id = s.tag_id)
UNION ALL
SELECT v.image_id, t.name, t.category, NULL, 'verdict'
FROM image_verdict v JOIN tag t ON t.id = v.tag_id
WHERE v.present;
"""
