"""Cullings: which pictures a person went through by an expression, and where they stopped."""

CULLINGS = """
CREATE TABLE culling (
    id INTEGER PRIMARY KEY,
    expression TEXT NOT NULL UNIQUE,     -- one blank between its words
    image_id INTEGER REFERENCES image(id),   -- under the cursor when the room was last left
    begun_at REAL NOT NULL,
    left_at REAL
);
CREATE TABLE culled (
    culling_id INTEGER NOT NULL REFERENCES culling(id),
    image_id INTEGER NOT NULL REFERENCES image(id),  -- it was in the list, which later ratings do not change
    PRIMARY KEY (culling_id, image_id)
) WITHOUT ROWID;
"""
