from pathlib import Path

import msgspec
import pytest

from engine.demo.cast import KAITO, NAGISA, PRESIDENT
from engine.demo.drawing.animation import Actor, Blink, Look, Shot
from engine.demo.drawing.character import Figure, Pose
from engine.demo.truth import F1, Truth, load_truth, tag_f1, truth_of, truth_path


def actor(who: object, *acts: object) -> Actor:
    return Actor(Figure(who, Pose(), 0.5, 0.38, 0.19), acts)  # type: ignore[arg-type]


@pytest.fixture
def truth() -> Truth:
    shots = [
        Shot(20, "beach", 1, (actor(NAGISA, Blink(6), Look(15, "open")),)),
        Shot(5, "night", 2),
        Shot(10, "sky", 3, (actor(NAGISA), actor(KAITO))),
    ]
    return truth_of(shots, 30)


def test_spans_are_contiguous_and_holds_stay_inside_shots(truth: Truth) -> None:
    for spans in (truth.shots, truth.holds):
        assert [span.start for span in spans] == [1] + [span.end + 1 for span in spans[:-1]]
    assert truth.frames == truth.shots[-1].end == 35
    cuts = {shot.start for shot in truth.shots}
    assert cuts <= {hold.start for hold in truth.holds}


def test_tags_and_names_of_a_frame(truth: Truth) -> None:
    assert {"1girl", "solo", "blue_hair", "red_eyes", "smile", "ocean", "upper_body"} <= truth.tags_of(1)
    assert "closed_eyes" in truth.tags_of(8) and "red_eyes" not in truth.tags_of(8)
    assert "open_mouth" in truth.tags_of(20)
    assert truth.tags_of(21) == {"no_humans", "scenery", "night", "star_(sky)", "outdoors"}
    assert (truth.names_of(20), truth.names_of(21), truth.names_of(35)) == ({"nagisa"}, set(), {"nagisa", "kaito"})
    assert "nagisa" not in truth.tags_of(1)


@pytest.mark.parametrize("number", [0, -1, 36])
def test_frames_beyond_the_film_have_no_truth(truth: Truth, number: int) -> None:
    with pytest.raises(IndexError):
        truth.tags_of(number)


def test_a_drawing_that_returns_is_one_drawing(truth: Truth) -> None:
    drawing = {number: hold.drawing for hold in truth.holds for number in range(hold.start, hold.end + 1)}
    assert drawing[1] == drawing[14]
    assert drawing[1] != drawing[8]
    assert drawing[7] == drawing[11]
    assert len(set(drawing.values())) == len(truth.drawings)


def test_shots_say_who_how_near_and_where(truth: Truth) -> None:
    said = [(shot.names, shot.framing, shot.background) for shot in truth.shots]
    assert said == [
        (["nagisa"], "upper body", "beach"),
        ([], None, "night"),
        (["nagisa", "kaito"], "upper body", "sky"),
    ]


def test_people_without_a_name_are_counted() -> None:
    shots = truth_of([Shot(9, "sky", 1, (actor(NAGISA), actor(PRESIDENT)))], 30).shots
    assert (shots[0].names, shots[0].people) == (["nagisa"], 2)


def test_a_dissolve_is_cut_in_its_middle_and_shows_both() -> None:
    truth = truth_of([Shot(20, "beach", 1, (actor(NAGISA),), dissolve=7), Shot(15, "night", 2)], 30)
    assert [(shot.start, shot.end) for shot in truth.shots] == [(1, 16), (17, 28)]
    assert [(each.start, each.end) for each in truth.transitions] == [(14, 20)]
    assert [number for number in range(1, 29) if truth.is_mixed(number)] == list(range(14, 21))
    assert {"blue_hair", "ocean", "night"} <= truth.tags_of(14) == truth.tags_of(20)
    assert truth.names_of(20) == {"nagisa"} and not truth.names_of(21)
    assert len({truth.holds[index].drawing for index in range(9)}) == len(truth.holds) == 9
    assert tag_f1({13: ["beach"], 17: ["sky"]}, truth, ["beach", "sky"]) == F1(1.0, 1.0, 1.0)


def test_truth_is_read_back_from_beside_the_film(truth: Truth, tmp_path: Path) -> None:
    film = tmp_path / "film.mp4"
    assert truth_path(film) == tmp_path / "film-truth.json"
    truth_path(film).write_bytes(msgspec.json.encode(truth))
    assert load_truth(film) == truth


def test_f1_counts_the_vocabulary_only(truth: Truth) -> None:
    vocabulary = ["night", "no_humans", "ocean", "nagisa"]
    assert tag_f1({21: ["night", "no_humans", "unheard_of"]}, truth, vocabulary) == F1(1.0, 1.0, 1.0)
    assert tag_f1({1: ["nagisa", "ocean"]}, truth, vocabulary) == F1(1.0, 1.0, 1.0)
    half = tag_f1({21: ["night", "ocean"], 1: []}, truth, vocabulary)
    assert half == F1(pytest.approx(1 / 2), pytest.approx(1 / 3), pytest.approx(2 / 5))
    assert tag_f1({21: []}, truth, []) == F1(0.0, 0.0, 0.0)
