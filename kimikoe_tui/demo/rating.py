"""The demo's stand-in for a person's eye: a stated rule over what the tagger sees."""

import json
import re
from collections.abc import Sequence

from db import loras, pictures
from db.i18n import _
from db.tags import find_tag
from kimikoe_tui.cli.context import Context

RULE = _("one star, four more for a prompt seen whole by the tagger; rejected: no girl, or too like a frame")
MAX_STARS = 5
TOO_LIKE = 0.98


def rate_by_rule(context: Context, session: str, generation_ids: Sequence[int]) -> int:
    """Rate the finished pictures of these generations; returns how many."""
    rows = context.db.execute(
        "SELECT id, prompt FROM image WHERE state = 'done' AND generation_id IN (SELECT value FROM json_each(?))",
        (json.dumps(list(generation_ids)),),
    ).fetchall()
    for row in rows:
        stars, rejected = judge(context, row["id"], row["prompt"])
        pictures.rate(context.db, session, row["id"], stars=stars, rejected=rejected, origin="demo")
    return len(rows)


def judge(context: Context, image_id: int, prompt: str) -> tuple[int | None, bool]:
    """(stars, rejected) of a picture by the rule."""
    seen = {tag for tag, _score in pictures.image_tags(context.db, image_id)}
    asked = asked_tags(context, prompt)
    alike = [match.score for match in pictures.matches(context.db, image_id)]
    if "1girl" not in seen or max(alike, default=0.0) >= TOO_LIKE:
        return None, True
    return 1 + (MAX_STARS - 1) * len(asked & seen) // max(1, len(asked)), False


def asked_tags(context: Context, prompt: str) -> set[str]:
    """The tags of a prompt that a tagger can see: its known words, without names."""
    text, _uses = loras.split_prompt(prompt)
    words = {re.sub(r"\s+", "_", word.strip()) for word in text.split(",")}
    return {word for word in words if find_tag(context.db, word) is not None and not _is_name(context, word)}


def _is_name(context: Context, word: str) -> bool:
    row = context.db.execute("SELECT category FROM tag WHERE name = ?", (word,)).fetchone()
    return bool(row and row["category"] == 4)
