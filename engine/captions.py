"""Captions: from a frame's effective tags, by a recipe, to the words that training reads."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from db.captions import Caption, words_of
from db.requests import CaptionRecipe
from db.tag_words import tag_words

GENERAL, CHARACTER, RATING = 0, 4, 9

PEOPLE = frozenset({"solo", "no_humans", "multiple_girls", "multiple_boys", "multiple_others"}) | {
    f"{count}{noun}{'' if count == '1' else 's'}"
    for count in ("1", "2", "3", "4", "5", "6+")
    for noun in ("girl", "boy", "other")
}


@dataclass(frozen=True)
class FrameTag:
    """One effective tag of a frame; `score` is 0..1, and 1 where a person set it."""

    name: str
    category: int
    score: float
    by_person: bool


def caption(tags: Iterable[FrameTag], recipe: CaptionRecipe, implied: Mapping[str, Collection[str]]) -> Caption:
    """The caption of a frame with these effective tags.

    The trigger and the characters are fixed; then people, then the rest by score. `implied` names what each tag
    implies: those are left out, as are the recipe's core tags, which the trigger is to absorb.
    """
    kept = _prune(list(tags), recipe, implied)
    names = [*words_of(recipe.trigger)]
    names += [tag_words(tag.name, recipe.underscores) for tag in _ordered(kept) if tag.category == CHARACTER]
    flexible = _limit([tag for tag in _ordered(kept) if tag.category != CHARACTER], recipe)
    words = [tag_words(tag.name, recipe.underscores) for tag in flexible]
    return Caption(tuple(dict.fromkeys(names)), tuple(word for word in words if word not in names))


def _prune(tags: list[FrameTag], recipe: CaptionRecipe, implied: Mapping[str, Collection[str]]) -> list[FrameTag]:
    unwanted = {*recipe.drop_tags, *recipe.core_tags}
    unwanted.update(name for tag in tags for name in implied.get(tag.name, ()))
    return [tag for tag in tags if tag.name not in unwanted and (recipe.rating or tag.category != RATING)]


def _ordered(tags: list[FrameTag]) -> list[FrameTag]:
    return sorted(tags, key=lambda tag: (tag.name not in PEOPLE, -tag.score, tag.name))


def _limit(tags: list[FrameTag], recipe: CaptionRecipe) -> list[FrameTag]:
    exempt = {tag.name for tag in tags if tag.by_person or tag.name in recipe.exempt_tags}
    room = max(0, recipe.max_tags - len(exempt))
    within = [tag.name for tag in tags if tag.name not in exempt][:room]
    return [tag for tag in tags if tag.name in exempt or tag.name in within]


def implied_by(pairs: Iterable[tuple[str, str]]) -> dict[str, set[str]]:
    """Everything each tag implies, directly or through others, from (tag, implied) pairs without cycles."""
    direct: dict[str, set[str]] = {}
    for tag, implied in pairs:
        direct.setdefault(tag, set()).add(implied)
    return {tag: _reachable(tag, direct) for tag in direct}


def _reachable(tag: str, direct: Mapping[str, set[str]]) -> set[str]:
    found: set[str] = set()
    waiting = [tag]
    while waiting:
        new = direct.get(waiting.pop(), set()) - found
        found |= new
        waiting += new
    return found - {tag}


def tag_frequency(captions: Iterable[Caption], limit: int = 1000) -> dict[str, int]:
    """How many captions hold each word, commonest first."""
    counts = Counter(word for one in captions for word in (*one.fixed, *one.flexible))
    return dict(counts.most_common(limit))
