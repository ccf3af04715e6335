import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.errors import UserError
from db.loras import LoraUse
from engine.prompt import Piece, Prompt, escape, export_prompt, lora_tag, parse, render

A1111_EXAMPLES = {
    "normal text": [("normal text", 1.0)],
    "an (important) word": [("an ", 1.0), ("important", 1.1), (" word", 1.0)],
    "(unbalanced": [("unbalanced", 1.1)],
    r"\(literal\]": [("(literal]", 1.0)],
    "(unnecessary)(parens)": [("unnecessaryparens", 1.1)],
    "a (((house:1.3)) [on] a (hill:0.5), sun, (((sky))).": [
        ("a ", 1.0),
        ("house", 1.5730000000000004),
        (" ", 1.1),
        ("on", 1.0),
        (" a ", 1.1),
        ("hill", 0.55),
        (", sun, ", 1.1),
        ("sky", 1.4641000000000006),
        (".", 1.1),
    ],
}


@pytest.mark.parametrize("text", A1111_EXAMPLES)
def test_weights_are_those_of_a1111(text: str) -> None:
    assert parse(text).sections == (tuple(Piece(words, weight) for words, weight in A1111_EXAMPLES[text]),)


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("[down]", [("down", 1 / 1.1)]),
        ("a) b]", [("a) b]", 1.0)]),
        ("(a:b)", [("a:b", 1.1)]),
        ("x:1.3)", [("x:1.3)", 1.0)]),
        (r"hatsune_miku_\(append\)", [("hatsune_miku_(append)", 1.0)]),
        (":d, >:(", [(":d, >:", 1.0)]),
        (r"a\\b", [("a\\b", 1.0)]),
        ("", []),
    ],
)
def test_brackets_at_their_edges(text: str, pieces: list[tuple[str, float]]) -> None:
    assert parse(text).sections == (tuple(Piece(words, weight) for words, weight in pieces),)


def test_break_starts_a_section_even_inside_brackets() -> None:
    assert parse("a BREAK (b BREAK c:1.2)").sections == ((Piece("a", 1.0),), (Piece("b", 1.2),), (Piece("c", 1.2),))
    assert parse("BREAKFAST").sections == ((Piece("BREAKFAST", 1.0),),)


@pytest.mark.parametrize(
    ("text", "caret"),
    [("a cat AND a dog", 6), ("[red|blue] hair", 4), ("a [cat:dog:0.5]", 10), ("a [dog: 10 ]", 6), ("x,\ny AND z", 2)],
)
def test_what_is_not_built_is_refused_where_it_stands(text: str, caret: int) -> None:
    with pytest.raises(UserError) as caught:
        parse(text)
    assert str(caught.value).splitlines()[1].index("^") == caret


@pytest.mark.parametrize("text", ["HAND", "sand|sea", "(a|b)", r"[a\|b]", r"\[a|b]", "[:d]", "a: 0.5"])
def test_what_only_looks_like_it_is_not_refused(text: str) -> None:
    assert parse(text).sections


def test_loras_leave_the_words_and_keep_both_weights() -> None:
    prompt = parse("1girl, glasses <kimikoe-2023-10-18-1:0.7> <lora:b:0.5:0.2>")
    assert prompt.sections == ((Piece("1girl, glasses", 1.0),),)
    assert prompt.loras == (LoraUse("kimikoe-2023-10-18-1", 0.7, 0.7), LoraUse("b", 0.2, 0.5))


def test_exported_prompts_name_loras_as_other_programs_do() -> None:
    assert export_prompt("a <kimikoe-1:0.7>, b <lora:x:1:0.5>") == "a <lora:kimikoe-1:0.7>, b <lora:x:1:0.5>"
    assert lora_tag(LoraUse("a", 1e-05, 1e-05)) == "<lora:a:0.00001>"


words = st.text(st.characters(codec="utf-8", exclude_characters="<>"), min_size=1, max_size=12).filter(
    lambda text: text.strip() == text and "  " not in text and not {"BREAK", "AND"} & set(text.split())
    and not any(space in text for space in "\t\n\r\x0b\x0c\x1c\x1d\x1e\x1f\x85\xa0\u2028\u2029")
)  # fmt: skip
weights = st.floats(0.01, 9, allow_nan=False).map(lambda weight: round(weight, 3))


@st.composite
def prompts(draw: st.DrawFn) -> Prompt:
    sections = []
    for _section in range(draw(st.integers(1, 3))):
        drawn = draw(st.lists(st.tuples(words, weights), min_size=1, max_size=4))
        pieces = [Piece(*drawn[0])]
        pieces += [Piece(*piece) for before, piece in zip(drawn, drawn[1:], strict=False) if before[1] != piece[1]]
        alternating = all(one.weight != other.weight for one, other in zip(pieces, pieces[1:], strict=False))
        sections.append(tuple(pieces) if alternating else tuple(pieces[:1]))
    return Prompt(tuple(sections))


@given(prompts())
def test_a_rendered_prompt_parses_to_itself(prompt: Prompt) -> None:
    assert parse(render(prompt)) == prompt


@given(words)
def test_escaped_words_are_words(text: str) -> None:
    assert parse(escape(text)).sections == ((Piece(text, 1.0),),)


@given(weights, st.integers(0, 5))
def test_brackets_multiply(weight: float, depth: int) -> None:
    (piece,) = parse(f"{'(' * depth}(a:{weight}){')' * depth}").sections[0]
    assert piece.weight == pytest.approx(weight * 1.1**depth)
