"""How well a tagger tags the demo film, no frame of which it was trained on."""

from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from engine.demo.training.vocabulary import danbooru_name, vocabulary
from engine.demo.truth import Truth, load_truth, tag_f1
from engine.film_file import probe
from engine.fit import Box, Fit, fit_picture
from engine.tagger import Tagger
from engine.video import decode, display_picture

THRESHOLD = 0.5
_TWO_GIRLS = "2girls"
_AT_ONCE = 32


class OnFilm(msgspec.Struct, frozen=True):
    """Micro-F1 over all frames of the film and over those that show two girls; dissolves do not count."""

    all_frames: float
    two_girls: float


def score_on_film(tagger: Tagger, film: Path) -> OnFilm:
    """Tag every drawing of the film and compare with the truth beside it."""
    truth = load_truth(film)
    predicted = _tags_of_frames(tagger, film, truth)
    names = [danbooru_name(tag) for tag in vocabulary()]
    two = {number: tags for number, tags in predicted.items() if _TWO_GIRLS in truth.tags_of(number)}
    return OnFilm(tag_f1(predicted, truth, names).f1, tag_f1(two, truth, names).f1)


def _tags_of_frames(tagger: Tagger, film: Path, truth: Truth) -> dict[int, set[str]]:
    """The tags of every frame; those of one hold share the first one's."""
    tags = _tags(tagger, _first_pictures(film, truth, tagger.input_size))
    return {number: tags[index] for index, hold in enumerate(truth.holds) for number in range(hold.start, hold.end + 1)}


def _first_pictures(film: Path, truth: Truth, size: int) -> NDArray[np.uint8]:
    """The first frame of each hold as the demo shows it to the tagger, [holds, size, size, 3]."""
    info, starts = probe(film), {hold.start for hold in truth.holds}
    cover = Fit(Box(0, 0, info.width, info.height), "cover")
    frames = (frame for frame in decode(film, info) if frame.number in starts)
    return np.stack([fit_picture(display_picture(frame.frame, info), cover, size, size) for frame in frames])


def _tags(tagger: Tagger, pictures: NDArray[np.uint8]) -> list[set[str]]:
    names = np.array([tag.name for tag in tagger.tags])
    found: list[set[str]] = []
    for at in range(0, len(pictures), _AT_ONCE):
        scores, _vectors = tagger(pictures[at : at + _AT_ONCE])
        found += [set(names[row >= THRESHOLD]) for row in scores]
    return found
