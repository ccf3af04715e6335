import csv
from dataclasses import replace
from pathlib import Path
from typing import get_args

import cv2
import numpy as np
import pytest

from engine.demo.cast import CAST, KAITO, NAGISA, SORA
from engine.demo.drawing.background import KINDS
from engine.demo.drawing.canvas import Camera, spline
from engine.demo.drawing.character import Accessory, Character, Figure, Mouth, Pose
from engine.demo.drawing.random_scene import random_scene
from engine.demo.drawing.scene import Scene, draw_scene
from engine.demo.drawing.style import FILM, Style, generic_style, mixed_style

PLAIN = Style()
TAGGER = Path(__file__).parents[2] / "engine/demo/weights/tagger/selected_tags.csv"


def portrait(pose: Pose, x: float = 0.5) -> Scene:
    return Scene("classroom", 3, (Figure(NAGISA, pose, x, 0.46, 0.27),))


def changed(one: Scene, other: Scene) -> tuple[float, float, float, float]:
    """Left, top, right, bottom of what differs, in picture heights from the centred square's corner."""
    difference = np.abs(draw_scene(one, FILM, 320, 180).astype(int) - draw_scene(other, FILM, 320, 180)).max(axis=2)
    rows, columns = np.nonzero(difference > 8)
    return (columns.min() - 70) / 180, rows.min() / 180, (columns.max() - 70) / 180, rows.max() / 180


def test_every_tag_is_in_the_taggers_vocabulary() -> None:
    with TAGGER.open() as file:
        vocabulary = {row["name"] for row in csv.DictReader(file)}
    scenes = [random_scene(np.random.default_rng(seed)) for seed in range(300)]
    scenes += [Scene("sky", 0, (Figure(who, Pose(), 0.5, 0.4, 0.2),)) for who in CAST]
    said = {tag.replace(" ", "_") for scene in scenes for tag in scene.tags()}
    assert said <= vocabulary
    assert len(said) > 90


def test_the_casts_tags_tell_them_apart() -> None:
    tags = Scene("night", 1, tuple(Figure(who, Pose(), 0.5, 0.3, 0.12) for who in CAST)).tags()
    assert {"2girls", "multiple girls", "1boy", "cowboy shot", "brow markings", "glasses", "blazer"} <= set(tags)
    assert "solo" not in tags
    assert len(tags) == len(set(tags))
    assert not set(NAGISA.tags()) & set(SORA.tags())
    assert set(NAGISA.tags()) & set(KAITO.tags()) == {"school uniform"}


@pytest.mark.parametrize(
    ("pose", "present", "absent"),
    [
        (Pose("smile"), {"smile", "red eyes"}, {"open mouth", "closed eyes"}),
        (Pose("ajar"), {"open mouth", "red eyes"}, {"smile"}),
        (Pose("frown", eyes="lowered"), {"frown", "red eyes"}, {"smile", "closed eyes"}),
        (Pose("smile", eyes="closed"), {"closed eyes"}, {"red eyes", "smile"}),
    ],
)
def test_tags_follow_the_pose(pose: Pose, present: set[str], absent: set[str]) -> None:
    tags = set(portrait(pose).tags())
    assert present <= tags
    assert not absent & tags


def test_the_back_shows_hair_and_clothes_and_no_face() -> None:
    camera = Camera(y=0.6, zoom=0.8)
    away = replace(portrait(Pose("open", away=True)), camera=camera)
    tags = set(away.tags())
    assert {"from behind", "facing away", "blue hair", "medium hair", "serafuku", "1girl"} <= tags
    face = {"red eyes", "open mouth", "smile", "parted bangs", "brow markings", "thick eyebrows", "neckerchief"}
    assert not tags & face
    assert np.array_equal(draw_scene(away, FILM, 96, 54), draw_scene(_with(away, "frown"), FILM, 96, 54))


def _with(scene: Scene, mouth: Mouth) -> Scene:
    (figure,) = scene.figures
    return replace(scene, figures=(replace(figure, pose=replace(figure.pose, mouth=mouth, eyes="closed")),))


@pytest.mark.parametrize("wearer", [SORA, replace(NAGISA, accessories=frozenset({"blush", "earrings", "hat"}))])
def test_from_behind_only_hats_and_ribbons_are_worn(wearer: Character) -> None:
    worn = set(wearer.tags_from_behind()) & set(get_args(Accessory))
    assert worn == wearer.accessories & {"hat", "hair ribbon"}


def test_hair_over_the_collar_hides_the_clothes_from_behind() -> None:
    assert "blazer" in KAITO.tags_from_behind(depth=1.6)
    assert "serafuku" not in NAGISA.tags_from_behind(depth=1.6)


@pytest.mark.parametrize("marks", [0.0, 1.0])
def test_brow_markings_come_at_the_odds_asked_for_and_to_girls_alone(marks: float) -> None:
    scenes = [random_scene(np.random.default_rng(seed), marks=marks) for seed in range(60)]
    people = [figure.character for scene in scenes for figure in scene.figures]
    assert all(person.wears("brow markings") == (marks == 1 and not person.boy) for person in people)


def test_clothes_below_the_picture_are_not_tagged() -> None:
    clothes = {"school uniform", "serafuku", "neckerchief"}
    near, far = portrait(Pose()), replace(portrait(Pose()), camera=Camera(y=0.6, zoom=0.8))
    assert clothes & set(far.tags()) == clothes
    assert clothes & set(near.tags()) == clothes - {"neckerchief"}
    assert not clothes & set(replace(near, camera=Camera(zoom=1.5)).tags())


def test_framing_follows_head_size_and_zoom() -> None:
    scene = portrait(Pose())
    assert scene.framing == "portrait"
    assert replace(scene, camera=Camera(zoom=1.3)).framing == "close-up"
    assert Scene("sky").framing is None
    assert Scene("sky").tags()[:2] == ["no humans", "scenery"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_wide_picture_holds_the_square_one(kind: str) -> None:
    scene = replace(portrait(Pose()), background=kind)
    wide, square = draw_scene(scene, PLAIN, 96, 54), draw_scene(scene, PLAIN, 54, 54)
    assert np.array_equal(wide[:, 21:75][:, 2:-2], square[:, 2:-2])


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "white background"])
@pytest.mark.parametrize("x", [0.2, 0.8])
def test_places_fill_the_picture_under_a_pan(kind: str, x: float) -> None:
    picture = draw_scene(Scene(kind, 5, camera=Camera(x=x)), PLAIN, 96, 54)
    bottom_corners = picture[-4:, [0, 1, -2, -1]]
    assert (bottom_corners.min(axis=2) < 250).all()


def test_lines_scale_with_the_picture() -> None:
    scene = portrait(Pose())
    small, large = draw_scene(scene, PLAIN, 320, 180), draw_scene(scene, PLAIN, 960, 540)
    thin = draw_scene(scene, Style(line_weight=1 / 3), 960, 540)
    shrunk, shrunk_thin = (cv2.resize(each, (320, 180), interpolation=cv2.INTER_AREA) for each in (large, thin))
    assert np.abs(small.astype(int) - shrunk).mean() < np.abs(small.astype(int) - shrunk_thin).mean() / 2


def test_equal_scenes_are_the_same_drawing_in_every_style() -> None:
    rng = np.random.default_rng(1)
    for style in (FILM, generic_style(rng), mixed_style(rng)):
        one, other = draw_scene(portrait(Pose()), style, 96, 54), draw_scene(portrait(Pose()), style, 96, 54)
        assert np.array_equal(one, other)


def test_a_mouth_flap_changes_the_mouth_alone() -> None:
    left, top, right, bottom = changed(portrait(Pose("smile")), portrait(Pose("open")))
    assert 0.4 < left < right < 0.6
    assert 0.46 + 0.27 * 0.6 < top < bottom < 0.46 + 0.27 * 1.05


def test_a_blink_changes_the_eyes_alone() -> None:
    _, top, _, bottom = changed(portrait(Pose(eyes="open")), portrait(Pose(eyes="closed")))
    assert 0.46 - 0.27 * 0.25 < top < bottom < 0.46 + 0.27 * 0.65


def test_the_film_tone_is_warm_and_muted() -> None:
    scene = Scene("white background")
    plain, film = draw_scene(scene, PLAIN, 96, 54), draw_scene(scene, FILM, 96, 54)
    red, _, blue = film[20:30, 40:50].mean(axis=(0, 1))
    assert red > blue + 15
    assert film[0, 0].mean() < film[27, 48].mean() - 20
    assert np.ptp(plain) <= 1


def test_a_spline_passes_through_its_points() -> None:
    points = [(0.0, 0.0), (1.0, 0.5), (0.5, 1.5), (-1.0, 1.0)]
    for closed in (True, False):
        curve = spline(points, per_segment=8, closed=closed)
        for point in points:
            assert np.abs(curve - point).sum(axis=1).min() < 1e-9
