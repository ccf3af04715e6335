from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.demo.cast import CAST, EXTRAS, KAITO, NAGISA, NAGISA_ON_HOLIDAY, SORA
from engine.demo.drawing.animation import (
    Act,
    Actor,
    Blink,
    Bounce,
    Breeze,
    Look,
    Mix,
    Move,
    Shot,
    Talk,
    Turn,
    exposure_sheet,
)
from engine.demo.drawing.canvas import Camera
from engine.demo.drawing.character import Figure, Pose
from engine.demo.film import FPS
from engine.demo.screenplay import SCREENPLAY
from engine.demo.truth import truth_of

REST = Pose()

acts = st.lists(
    st.one_of(
        st.builds(Talk, st.integers(0, 9), st.integers(10, 30), st.integers(1, 3)),
        st.builds(Blink, st.integers(0, 30)),
        st.builds(Look, st.integers(0, 30), st.sampled_from(["smile", "frown"])),
        st.builds(Turn, st.integers(0, 9), st.integers(10, 30), st.just(0.1), st.just(0.5), st.integers(1, 3)),
        st.builds(Bounce, st.integers(0, 9), st.integers(10, 30)),
        st.builds(Breeze, exposure=st.integers(1, 3)),
    ),
    max_size=4,
)
shots = st.lists(
    st.builds(
        lambda frames, seed, acts: Shot(frames, "sky", seed, (actor(*acts),)),
        st.integers(1, 40),
        st.integers(0, 3),
        acts,
    ),
    min_size=1,
    max_size=4,
)


def actor(*acts: Act) -> Actor:
    return Actor(Figure(NAGISA, REST, 0.5, 0.4, 0.2), acts)


@given(shots)
def test_the_sheet_covers_every_frame_once_with_what_it_shows(film: list[Shot]) -> None:
    shown = [shot.scene(frame) for shot in film for frame in range(shot.frames)]
    sheet = list(exposure_sheet(film))
    assert [number for hold in sheet for number in range(hold.start, hold.end + 1)] == list(range(1, len(shown) + 1))
    assert all(shown[number - 1] == hold.scene for hold in sheet for number in (hold.start, hold.end))
    assert all(one.scene != other.scene for one, other in pairwise(sheet) if one.shot == other.shot)


@pytest.mark.parametrize("exposure", [1, 2, 3])
def test_acts_are_drawn_on_their_exposure(exposure: int) -> None:
    sheet = exposure_sheet([Shot(36, "sky", 0, (actor(Talk(0, 36, exposure)),))])
    assert {hold.end - hold.start + 1 for hold in sheet} == {exposure}


def test_talking_ends_with_the_mouth_at_rest() -> None:
    mouths = [Talk(2, 20, 2).pose(REST, frame).mouth for frame in range(30)]
    assert mouths[:2] == ["smile"] * 2
    assert set(mouths[2:20]) == {"open", "ajar", "smile"}
    assert mouths[20:] == ["smile"] * 10


def test_a_blink_closes_and_opens_the_eyes() -> None:
    eyes = [Blink(3).pose(REST, frame).eyes for frame in range(12)]
    assert eyes[:4] == ["open"] * 3 + ["lowered"]
    assert eyes.count("closed") == 3
    assert eyes[9:] == ["open"] * 3
    asleep = Pose(eyes="closed")
    assert Blink(3).pose(asleep, 3) == asleep


def test_turn_stays_where_it_went_and_bounce_comes_back() -> None:
    assert Turn(5, 15, tilt=0.1, gaze=-1.0).pose(REST, 0) == REST
    assert Turn(5, 15, tilt=0.1, gaze=-1.0).pose(REST, 40) == Pose(tilt=0.1, gaze=-1.0)
    assert Bounce(5, 15).pose(REST, 9).lift > 0.1
    assert Bounce(5, 15).pose(REST, 40).lift == pytest.approx(0, abs=1e-9)


def test_a_breeze_returns_to_the_same_drawings() -> None:
    breeze = Breeze(period=36)
    assert [breeze.pose(REST, frame) for frame in range(36)] == [breeze.pose(REST, frame + 36) for frame in range(36)]


def test_a_camera_move_spends_the_shot() -> None:
    move = Move(Camera(x=0.2), Camera(x=0.8, zoom=2.0))
    assert move.camera(0, 61) == Camera(x=0.2)
    assert move.camera(60, 61) == Camera(x=0.8, zoom=2.0)
    assert move.camera(30, 61).x == pytest.approx(0.5)


def test_the_screenplay_is_what_a_demo_needs() -> None:
    truth = truth_of(SCREENPLAY, FPS)
    alone = [shot for shot in SCREENPLAY if len(shot.actors) == 1 and shot.scene(0).framing != "cowboy shot"]
    who = [shot.actors[0].figure.character for shot in alone]
    cast = {actor.figure.character for shot in SCREENPLAY for actor in shot.actors}
    lengths = [hold.end - hold.start + 1 for hold in truth.holds]
    moves = [shot.move for shot in SCREENPLAY if shot.move]
    assert 90 * FPS <= truth.frames <= 100 * FPS
    assert len(truth.shots) >= 44
    assert (who.count(NAGISA) >= 10, who.count(NAGISA_ON_HOLIDAY) >= 5) == (True, True)
    assert all(6 <= who.count(one) <= 9 for one in (SORA, KAITO))
    assert cast == {*CAST, NAGISA_ON_HOLIDAY, *EXTRAS}
    assert all(extra in who for extra in EXTRAS)
    assert any("from behind" in shot.scene(0).tags() for shot in SCREENPLAY)
    assert {shot.people for shot in truth.shots} == {0, 1, 2, 3}
    assert len(truth.transitions) == 2
    assert sum(length in (2, 3) for length in lengths) > len(lengths) / 2
    assert max(lengths) >= 48
    assert sum(move.start.x != move.end.x for move in moves) >= 2
    assert sum(move.start.zoom != move.end.zoom for move in moves) >= 2


def test_neighbouring_shots_never_look_alike() -> None:
    for one, other in pairwise(SCREENPLAY):
        assert one.scene(one.frames - 1) != other.scene(0)


@given(shots, st.integers(1, 6))
def test_a_dissolve_mixes_the_end_of_a_shot_with_the_beginning_of_the_next(film: list[Shot], dissolve: int) -> None:
    film = [replace(shot, frames=shot.frames + 12, dissolve=dissolve) for shot in film]
    sheet = list(exposure_sheet(film))
    mixes = [hold for hold in sheet if isinstance(hold.scene, Mix)]
    assert [hold.start for hold in sheet] == [1] + [hold.end + 1 for hold in sheet[:-1]]
    assert sheet[-1].end == sum(shot.frames for shot in film) - dissolve * (len(film) - 1)
    assert len(mixes) == dissolve * (len(film) - 1)
    assert all(hold.start == hold.end for hold in mixes)
    for index, (one, other) in enumerate(pairwise(film)):
        first = sum(shot.frames - dissolve for shot in film[: index + 1]) + 1
        shown = [hold for hold in mixes if first <= hold.start < first + dissolve]
        assert [hold.shot for hold in shown] == [index] * (dissolve // 2) + [index + 1] * (dissolve - dissolve // 2)
        assert [hold.scene.coming for hold in shown] == [other.scene(frame) for frame in range(dissolve)]
        assert shown[-1].scene.going == one.scene(one.frames - 1)
