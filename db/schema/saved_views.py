"""Saved queries carry the act that saved them, so that undo knows what is still its own."""

SAVED_VIEWS = """
ALTER TABLE saved_view ADD COLUMN event_id INTEGER REFERENCES event(id);
"""
