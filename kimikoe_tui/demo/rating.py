"""The demo's stand-in for a person's eye: a stated rule over what the tagger sees."""

import re
from collections.abc import Sequence

from db import loras, picture_tags, pictures, query
from db.i18n import _
from db.tags import CATEGORIES, category
from kimikoe_tui.cli.context import Context

RULE = _("one star, four more for a prompt seen whole by the tagger; rejected: no girl, or too like a frame")
MAX_STARS = 5
TOO_LIKE = 0.98


def rate_by_rule(context: Context, session: str, generation_ids: Sequence[int]) -> int:
    """Rate the finished pictures of these generations; returns how many."""
    wanted = " or ".join(f"gen:{generation_id}" for generation_id in generation_ids)
    image_ids = query.image_ids(context.db, wanted)
    for image_id in image_ids:
        stars, rejected = judge(context, image_id, pictures.picture(context.db, image_id).prompt)
        pictures.rate(context.db, session, image_id, stars=stars, rejected=rejected, origin="demo")
    return len(image_ids)


def judge(context: Context, image_id: int, prompt: str) -> tuple[int | None, bool]:
    """(stars, rejected) of a picture by the rule."""
    seen = {each.tag for each in picture_tags.effective(context.db, image_id)}
    asked = asked_tags(context, prompt)
    alike = [match.score for match in pictures.matches(context.db, image_id)]
    if "1girl" not in seen or max(alike, default=0.0) >= TOO_LIKE:
        return None, True
    return 1 + (MAX_STARS - 1) * len(asked & seen) // max(1, len(asked)), False


def asked_tags(context: Context, prompt: str) -> set[str]:
    """The tags of a prompt that a tagger can see: its known words, without names."""
    text, _uses = loras.split_prompt(prompt)
    words = {re.sub(r"\s+", "_", word.strip()) for word in text.split(",")}
    return {word for word in words if category(context.db, word) == CATEGORIES["general"]}
