"""What is asked of frames about one tag: where it is in doubt, where people decided over it."""

from db.errors import UserError
from db.query_tree import Word, parse, quoted

BAND = 0.1
"""How far from its threshold a score is unsure."""
RATED_FROM = 0.5
"""Around which score a rating is unsure: the greatest decides, and no threshold does."""


def decided(tag: str) -> str:
    """Frames of which people said whether they carry the tag."""
    if tag[0] in "+-":  # it would be read as what was said
        return f"({_said('verdict', '+' + tag)} or {_said('verdict', '-' + tag)})"
    return _said("verdict", tag)


def doubtful(tag: str, threshold: float | None) -> str:
    """Frames that the tagger scores near the threshold and of which nobody said anything."""
    least, most = band(threshold)
    scored = " ".join(_said("score", tag, end) for end in (f">={least:.2f}", f"<={most:.2f}"))
    return f"{scored} -{decided(tag)}"


def band(threshold: float | None) -> tuple[float, float]:
    """The least and the greatest of the scores that are unsure."""
    middle = RATED_FROM if threshold is None else threshold
    return max(0.0, middle - BAND), min(1.0, middle + BAND)


def _said(field: str, value: str, end: str = "") -> str:
    """A field's word, with its value in quotes where it would be read as something else."""
    word = f"{field}:{value}{end}"
    try:
        reads_so = '"' not in value and parse(word) == Word(word)
    except UserError:
        reads_so = False
    return word if reads_so else f"{field}:{quoted(value)}{end}"
