"""Every frame's effective tags, and pictures with all that made them."""

VIEWS = """
CREATE VIEW frame_tag AS
SELECT f.film_id AS film_id, f.number AS frame_number, t.name AS tag, t.category AS category,
    s.score / 255.0 AS score, 'tagger' AS origin
FROM policy p
CROSS JOIN frame f
CROSS JOIN film ON film.id = f.film_id
CROSS JOIN hold h ON h.grouping_id = film.grouping_id AND h.first = (
    SELECT max(x.first) FROM hold x WHERE x.grouping_id = film.grouping_id AND x.first <= f.number)
CROSS JOIN score s ON s.film_id = f.film_id AND s.frame_number = h.key_frame AND s.tagger_id = p.tagger_id
CROSS JOIN tag t ON t.id = s.tag_id
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
        WHERE v.film_id = f.film_id AND v.frame_number = f.number AND v.tag_id = t.id)
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
