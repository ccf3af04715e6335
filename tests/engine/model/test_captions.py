from hypothesis import given
from hypothesis import strategies as st

from db.captions import Caption, parse_caption
from db.requests import CaptionRecipe
from db.tag_words import tag_words
from engine.captions import FrameTag, caption, implied_by, tag_frequency


def tag(name: str, score: float = 0.5, category: int = 0, by_person: bool = False) -> FrameTag:
    return FrameTag(name, category, score, by_person)


def test_the_trigger_and_names_come_first_then_people_then_scores() -> None:
    tags = [tag("smile", 0.9), tag("blue_hair", 0.95), tag("1girl", 0.6), tag("nagisa", 1.0, category=4)]
    made = caption(tags, CaptionRecipe(trigger="myfilm"), {})
    assert made == Caption(("myfilm", "nagisa"), ("1girl", "blue hair", "smile"))


def test_a_name_that_is_the_trigger_is_said_once() -> None:
    made = caption([tag("nagisa", category=4), tag("sky")], CaptionRecipe(trigger="nagisa"), {})
    assert made == Caption(("nagisa",), ("sky",))


def test_pruning_applies_to_what_people_set_too() -> None:
    tags = [tag("blue_hair", by_person=True), tag("red_eyes"), tag("hat"), tag("straw_hat"), tag("sky")]
    recipe = CaptionRecipe(core_tags=("blue_hair",), drop_tags=("red_eyes",))
    assert caption(tags, recipe, implied_by([("straw_hat", "hat")])).flexible == ("sky", "straw hat")


def test_the_limit_spares_what_people_set_and_what_is_exempt() -> None:
    tags = [tag("a", 0.9), tag("b", 0.8), tag("c", 0.7), tag("seen", 0.1, by_person=True), tag("kept", 0.2)]
    recipe = CaptionRecipe(max_tags=3, exempt_tags=("kept",))
    assert caption(tags, recipe, {}).flexible == ("a", "kept", "seen")


def test_ratings_are_left_out_unless_wanted() -> None:
    tags = [tag("safe", category=9), tag("sky")]
    assert caption(tags, CaptionRecipe(), {}).flexible == ("sky",)
    assert caption(tags, CaptionRecipe(rating=True), {}).flexible == ("safe", "sky")


def test_underscores_become_spaces_but_not_in_emoticons() -> None:
    assert [tag_words(name) for name in ("blue_hair", "^_^", "||_||", "x_(y)")] == [
        "blue hair",
        "^_^",
        "||_||",
        "x (y)",
    ]
    assert tag_words("blue_hair", underscores=True) == "blue_hair"


def test_implications_reach_through_each_other() -> None:
    assert implied_by([("a", "b"), ("b", "c")]) == {"a": {"b", "c"}, "b": {"c"}}


def test_tag_frequency_counts_captions() -> None:
    captions = [Caption(("n",), ("a", "b")), Caption(("n",), ("a",))]
    assert tag_frequency(captions, limit=2) == {"n": 2, "a": 2}


WORD = st.text(st.characters(codec="ascii", categories=["L", "N"], include_characters=" _()^:"), min_size=1).filter(
    lambda word: word.strip() == word
)


@given(st.lists(WORD, max_size=3), st.lists(WORD, max_size=5), st.sampled_from(["|||", ";;"]))
def test_a_captions_text_says_which_part_is_fixed(fixed: list[str], flexible: list[str], separator: str) -> None:
    made = Caption(tuple(fixed), tuple(flexible))
    assert parse_caption(made.text(separator), separator) == made


def test_the_text_form() -> None:
    assert Caption(("nagisa",), ("1girl", "solo")).text() == "nagisa ||| 1girl, solo"
    assert Caption((), ("1girl", "solo")).text() == "1girl, solo"
