"""Prompts and queries from their grammars and against them."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from db import loras, query
from db.errors import UserError
from engine.infotext import parse_parameters
from engine.prompt import export_prompt, parse
from tests.hostile.oracle import Bench, Case, bounded, told
from tests.hostile.texts import TEXTS

PROMPTS = {
    **TEXTS,
    "10,000 brackets": "(" * 10_000,
    "10,000 brackets closed": "(" * 10_000 + "a" + ")" * 10_000,
    "100,000 weights": "(a:1.1)" * 20_000,
    "a weight of 10**400": f"(a:1{'0' * 400})",
    "a weight that is a formula": "(a:__import__('os'))",
    "loras without end": "<a:1>" * 20_000,
    "a lora called a path": "<../../etc/passwd:1>",
    "a lora called /etc/passwd": "<lora:/etc/passwd:1>",
    "a lora of NaN": "<a:nan>",
    "a lora of infinity": "<a:1e999>",
    "open loras": "<lora:" * 20_000,
    "backslashes": "\\" * 50_000,
    "BREAK without end": "BREAK " * 20_000,
    "spaces": " " * 100_000 + "a" + " " * 100_000,
    "a template": "{{7*7}} ${jndi:ldap://example.org} $(id) `id`",
    "scheduling": "[a:b:0.5]",
    "and": "a AND b",
}
QUERIES = {
    **TEXTS,
    "10,000 brackets": "(" * 10_000 + "a" + ")" * 10_000,
    "10,000 denials": "-" * 10_000 + "a",
    "2,000 words": " ".join(f"tag{n}" for n in range(2000)),
    "wildcards": "*a" * 3000 + " " + "*?" * 3000,
    "a limit of 10**30": "limit:1" + "0" * 30,
    "a frame of 10**30": "frame:1" + "0" * 30,
    "a time of 10**9": "t:999999999:0..999999999999:0",
    "a time of 5,000 digits": f"t:{'9' * 5000}:00:00",
    "a part of a second of 5,000 digits": f"t:0:00.{'9' * 5000}",
    "a frame of 5,000 digits": f"frame:{'9' * 5000}",
    "the first year there is": "date:0001",
    "the last day there is": "date:9999-12-31",
    "a score of 5,000 digits": f"score:glasses>0.{'9' * 5000}",
    "a shot of 5,000 digits": f"shot:{'9' * 5000} or stars:{'9' * 5000} or seed:{'9' * 5000}",
    "a score of NaN": "score:glasses<nan",
    "SQL in a field": "film:x'||(SELECT sql FROM sqlite_master)||'",
    "SQL in a tag": '"\'; DROP TABLE film; --"',
    "open quotes": '"' * 999,
}
PARAMETERS = {
    **TEXTS,
    "no settings": "a\nSteps: 1",
    "an open quote": 'a\nSteps: 1, Seed: 2, Size: "8x8, Model: x',
    "a broken escape": 'a\nSteps: "\\x", Seed: "\\u12", Size: 3',
    "colons": "a\n" + "a:" * 20_000,
    "quotes": "a\n" + 'a: "' * 5_000,
    "words": "a\n" + "a " * 20_000,
}
PROMPT_CASES = [Case(f"prompt: {key}", lambda _folder, text=text: text) for key, text in PROMPTS.items()]
QUERY_CASES = [Case(f"query: {key}", lambda _folder, text=text: text) for key, text in QUERIES.items()]
PARAMETER_CASES = [Case(f"parameters: {key}", lambda _folder, text=text: text) for key, text in PARAMETERS.items()]
CASES = [*PROMPT_CASES, *QUERY_CASES, *PARAMETER_CASES]


def read_prompt(text: str) -> None:
    """What is done with a prompt before anything is drawn."""
    try:
        parse(text)
        export_prompt(text)
    except UserError as error:
        told(str(error))


@pytest.mark.parametrize("case", PROMPT_CASES, ids=str)
def test_a_prompt(bench: Bench, case: Case) -> None:
    text = case.make(bench.root)
    with bounded():
        read_prompt(text)
        try:
            loras.resolve(bench.studio.db, text)
        except UserError as error:
            told(str(error))


@pytest.mark.parametrize("case", QUERY_CASES, ids=str)
@pytest.mark.parametrize("ask", [query.frame_ids, query.image_ids])
def test_a_query(bench: Bench, case: Case, ask: object) -> None:
    with bounded():
        try:
            assert len(ask(bench.studio.db, case.make(bench.root))) == 0  # type: ignore[operator]
        except UserError as error:
            told(str(error))


@pytest.mark.parametrize("case", PARAMETER_CASES, ids=str)
def test_parameters_of_a_picture(bench: Bench, case: Case) -> None:
    with bounded():
        parsed = parse_parameters(case.make(bench.root))
    assert all(isinstance(value, str) for value in parsed.settings.values())


PIECES = st.sampled_from(["(", ")", "[", "]", ":", "<", ">", "\\", "|", "BREAK", "AND", "lora",
                          "1.2", "nan", "a", " ", ",", "\n", '"', "-", "or", "*"])  # fmt: skip


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.one_of(st.lists(PIECES, max_size=40).map("".join), st.text()))
def test_whatever_is_typed(bench: Bench, text: str) -> None:
    read_prompt(text)
    for ask in (query.frame_ids, query.image_ids):
        try:
            ask(bench.studio.db, text)
        except UserError as error:
            told(str(error))
    parse_parameters(text)
