from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engine.demo.cast import NAGISA
from engine.demo.drawing.background import KINDS
from engine.demo.drawing.canvas import CENTRED, Camera
from engine.demo.drawing.character import Figure, Pose
from engine.demo.drawing.depth import coverage, draw_depth
from engine.demo.drawing.scene import Scene, draw_scene
from engine.demo.drawing.style import FILM, Style
from engine.demo.training.conditions import as_picture, canny, conditions
from engine.demo.training.corpus import Recipe, draw_corpus

PLAIN = Style()
GIRL = Figure(NAGISA, Pose(), 0.5, 0.46, 0.2)


def depth_of(*figures: Figure, background: str = "grey background", camera: Camera = CENTRED) -> np.ndarray:
    return draw_depth(Scene(background, 1, figures, camera), PLAIN, 128, 128).astype(int)


@pytest.mark.parametrize("kind", KINDS)
def test_every_place_comes_nearer_towards_its_lower_edge(kind: str) -> None:
    depth = depth_of(background=kind)
    assert (depth == depth[:, :1]).all()
    assert (np.diff(depth[:, 0]) >= 0).all()
    assert depth.max() <= 100


def test_a_figure_is_nearer_than_its_place_and_its_head_nearest_of_all() -> None:
    place, depth = depth_of(), depth_of(GIRL)
    figure = depth != place
    assert 0.1 < figure.mean() < 0.5
    assert depth[figure].min() > place.max()
    assert np.hypot(*(np.argwhere(depth == depth.max()).mean(0) - (58.9, 64))) < 4
    assert depth[59, 64] > depth[110, 64] > place[110, 64]


def test_the_larger_is_the_nearer_and_who_stands_in_front_covers() -> None:
    far, near = depth_of(replace(GIRL, size=0.125)), depth_of(replace(GIRL, size=0.36))
    assert near[59, 64] > far[59, 64] + 40
    back, front = replace(GIRL, x=0.4), replace(GIRL, x=0.6)
    both, alone = depth_of(back, front), depth_of(front)
    covered = coverage(front, PLAIN, CENTRED, 128, 128)
    assert (both[covered > 0.99] > alone[covered > 0.99]).all()
    assert (both[covered == 0] == depth_of(back)[covered == 0]).all()


@pytest.mark.parametrize("style", [PLAIN, FILM])
def test_what_a_figure_covers_is_what_it_changes_in_the_drawing(style: Style) -> None:
    scene = Scene("forest", 1, (GIRL,))
    with_her = draw_scene(scene, replace(style, tone="plain"), 128, 128).astype(int)
    without = draw_scene(Scene("forest", 1), replace(style, tone="plain"), 128, 128)
    covered, changed = coverage(GIRL, style, CENTRED, 128, 128), np.abs(with_her - without).max(2) > 40
    assert changed[covered < 0.01].mean() < 0.002
    assert changed[covered > 0.99].mean() > 0.9


def test_a_camera_moves_and_enlarges_depth_with_the_picture() -> None:
    straight, zoomed = depth_of(GIRL), depth_of(GIRL, camera=Camera(0.5, 0.5, 1.5))
    assert (zoomed > 100).mean() > 1.5 * (straight > 100).mean()
    moved = depth_of(GIRL, camera=Camera(x=0.75))
    assert (straight[:, 32:] == moved[:, :96]).mean() > 0.99


def test_edges_lie_around_what_is_drawn() -> None:
    picture = np.full((40, 40, 3), 255, np.uint8)
    picture[10:30, 10:30] = (200, 0, 0)
    edges = canny(picture)
    assert set(np.unique(edges)) == {0, 255}
    rows, columns = np.nonzero(edges)
    on_the_rim = [min(abs(at - rim) for rim in (9.5, 29.5)) <= 1 for at in (*rows, *columns)]
    assert sum(on_the_rim) >= len(rows)
    assert 70 <= len(rows) <= 84
    assert not edges[12:28, 12:28].any()
    assert as_picture(edges).shape == (40, 40, 3)


def test_conditions_are_kept_beside_the_drawings_they_are_of(tmp_path: Path) -> None:
    corpus = draw_corpus(Recipe(7, 3), tmp_path)
    found = {kind: conditions(kind, corpus, tmp_path) for kind in ("canny", "depth")}
    scene, style = corpus.recipe.scene(2), corpus.recipe.style(2)
    assert np.array_equal(found["canny"][2], canny(corpus.pictures[2]))
    assert np.array_equal(found["depth"][2], draw_depth(scene, style, 128, 128))
    written = (tmp_path / "depth.npy").stat().st_mtime_ns
    conditions("depth", corpus, tmp_path)
    assert (tmp_path / "depth.npy").stat().st_mtime_ns == written
    other = draw_corpus(Recipe(8, 3), tmp_path)
    assert not np.array_equal(conditions("depth", other, tmp_path), found["depth"])
