"""What the base is told of a drawing: its tags, some left out, in an order that says who wears what."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from transformers import CLIPTokenizer

from engine.demo.drawing.scene import Scene

_EMPTY_ODDS = 0.1
_FLAT_ODDS = 0.2
_SHORT_ODDS = 0.15
_KEEP_ODDS = (1.0, 0.9, 0.7)

Ids = list[int]


class Captions:
    """Token ids for drawings. With several people the tags come person by person, from left to right."""

    def __init__(self, tokenizer: CLIPTokenizer, scenes: Sequence[Scene]) -> None:
        self.length = int(tokenizer.model_max_length)
        self.start, self.end = tokenizer.bos_token_id, tokenizer.eos_token_id
        self._ids: dict[str, Ids] = {}
        self._tokenizer = tokenizer
        self.comma = self.ids_of(",")
        self.parts = [self._parts(scene) for scene in scenes]

    def drawn(self, number: int, rng: np.random.Generator) -> NDArray[np.int64]:
        """Ids [77] of one of the captions that drawing `number` may have."""
        if rng.random() < _EMPTY_ODDS:
            return self._padded([])
        common, people = self.parts[number]
        if len(people) < 2 or rng.random() < _FLAT_ODDS:
            tags = _some(rng, [*common, *(tag for person in people for tag in person)])
            return self._padded(_without_repeats(tags))
        groups = [_some(rng, person) for person in people]
        return self._padded([*_some(rng, common), *(tag for group in groups for tag in group)])

    def ids_of(self, tag: str) -> Ids:
        """The tag's own tokens."""
        if tag not in self._ids:
            self._ids[tag] = self._tokenizer(tag).input_ids[1:-1]
        return self._ids[tag]

    def empty(self) -> NDArray[np.int64]:
        return self._padded([])

    def _parts(self, scene: Scene) -> tuple[list[Ids], list[list[Ids]]]:
        """The tags of the picture as a whole and those of each person."""
        people = [figure.tags(bottom=1.0) for figure in sorted(scene.figures, key=lambda figure: figure.x)]
        personal = {tag for tags in people for tag in tags}
        common = [tag for tag in scene.tags() if tag not in personal]
        return [self.ids_of(tag) for tag in common], [[self.ids_of(tag) for tag in tags] for tags in people]

    def _padded(self, tags: Sequence[Ids]) -> NDArray[np.int64]:
        """Start, the tags with commas between as far as they fit, and ends up to the full length."""
        ids = [self.start]
        for tag in tags:
            separator = self.comma if len(ids) > 1 else []
            if len(ids) + len(separator) + len(tag) < self.length:
                ids += separator + tag
        return np.array(ids + [self.end] * (self.length - len(ids)))


def _some(rng: np.random.Generator, tags: Sequence[Ids]) -> list[Ids]:
    """Most of the tags, or just a few, mostly shuffled."""
    if rng.random() < _SHORT_ODDS:
        kept = list(tags)[: max(1, int(rng.integers(1, 8)))] if rng.random() < 0.5 else _shuffled(rng, tags)[:6]
    else:
        odds = _KEEP_ODDS[rng.integers(len(_KEEP_ODDS))]
        kept = [tag for tag in tags if rng.random() < odds]
    return _shuffled(rng, kept) if rng.random() < 0.7 else kept


def _shuffled(rng: np.random.Generator, tags: Sequence[Ids]) -> list[Ids]:
    return [tags[index] for index in rng.permutation(len(tags))]


def _without_repeats(tags: Sequence[Ids]) -> list[Ids]:
    return [list(tag) for tag in dict.fromkeys(map(tuple, tags))]
