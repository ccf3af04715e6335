"""Taggers: ONNX files that are broken, enormous or reach out, and tag lists that are not lists of tags."""

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from db.requests import TaggerRequest
from tests.engine.film.tiny_taggers import SIZE, TAGS, write_tagger
from tests.hostile.oracle import Bench, Case
from tests.hostile.texts import TEXTS

HEADER = "tag_id,name,category,count\n"
Damage = Callable[[Path], Any]


def with_list(content: str | bytes) -> Callable[[Path], TaggerRequest]:
    """A sound model with this tag list."""

    def make(folder: Path) -> TaggerRequest:
        write_tagger(folder / "tagger")
        (folder / "tagger" / "selected_tags.csv").write_bytes(
            content if isinstance(content, bytes) else content.encode()
        )
        return TaggerRequest(source=str(folder / "tagger"))

    return make


def with_model(damage: Damage) -> Callable[[Path], TaggerRequest]:
    """A sound tag list with a damaged model."""

    def make(folder: Path) -> TaggerRequest:
        write_tagger(folder / "tagger")
        damage(folder / "tagger" / "model.onnx")
        return TaggerRequest(source=str(folder / "tagger"))

    return make


def rows(*names: str, category: object = 0) -> str:
    """A list that begins with these names and is as long as the model wants."""
    kept = [f'{at},"{name}",{category},1' for at, name in enumerate(names)]
    return HEADER + "\n".join([*kept, *(f"{at},tag_{at},0,1" for at in range(len(kept), len(TAGS)))]) + "\n"


LISTS: dict[str, str | bytes] = {
    "empty": "",
    "a header alone": HEADER,
    "no header": "\n".join(f"{at},tag_{at},0,1" for at in range(len(TAGS))),
    "10**6 columns": ",".join(map(str, range(10**6))) + "\n" + ",".join(["1"] * 10**6),
    "a row of 10**6 cells": HEADER + "1,a,0," + ",".join(["1"] * 10**6),
    "a cell of 300 kB": HEADER + f"1,{'x' * 300_000},0,1\n",
    "a name of 100 kB": rows("x" * 100_000),
    "an open quote": HEADER + '1,"a,0,1\n' + "2,b,0,1\n" * 1000,
    "NUL bytes": HEADER + "1,a\0b,0,1\n",
    "broken UTF-8": HEADER.encode() + b"1,\xff\xfe,0,1\n",
    "UTF-16": (HEADER + "1,a,0,1\n").encode("utf-16"),
    "a byte order mark": "\ufeff" + rows("a"),
    "a category of letters": rows("a", category="x"),
    "a category of 10**30": rows("a", category=10**30),
    "a negative category": rows("a", category=-1),
    "a category of its own": rows("a", category=77),
    "a long number": rows("a", category="9" * 5000),
    "short rows": HEADER + "1\n" * len(TAGS),
    "an empty name": rows(""),
    "one name twice": rows("a", "a"),
    "a formula": rows("=cmd|' /C calc'!A0"),
    "too many": HEADER + "".join(f"{at},t{at},0,1\n" for at in range(20_000)),
    "a pickle": b"\x80\x04\x95\x1a\0\0\0\0\0\0\0\x8c\x05posix\x94\x8c\x06system\x94\x93\x94.",
}
HARMLESS = {"a category of its own", "a byte order mark", "a formula"}
LIST_CASES = [
    Case(f"tag list: {key}", with_list(content), "" if key in HARMLESS else r"selected_tags\.csv")
    for key, content in LISTS.items()
]  # fmt: skip
PRINTABLE = {"percent", "parent", "quote", "markup", "open markup", "brackets", "wide", "combining"}
NAME_CASES = [
    Case(
        f"tag name: {key}", with_list(rows(text.replace('"', '""'))), "" if key in PRINTABLE else r"selected_tags\.csv"
    )
    for key, text in TEXTS.items()
]


def written(content: bytes) -> Damage:
    return lambda path: path.write_bytes(content)


def edited(change: Callable[[Any], Any]) -> Damage:
    def damage(path: Path) -> None:
        model = onnx.load(str(path))
        change(model)
        path.write_bytes(model.SerializeToString())

    return damage


def mutated(seed: int) -> Damage:
    def damage(path: Path) -> None:
        chance, content = random.Random(seed), bytearray(path.read_bytes())
        for _change in range(chance.randrange(1, 12)):
            content[chance.randrange(len(content))] = chance.randrange(256)
        path.write_bytes(content[: chance.randrange(20, len(content))] if seed % 4 == 0 else content)

    return damage


def external(location: str) -> Damage:
    """Weights that lie in another file."""

    def change(model: Any) -> None:
        weights = model.graph.initializer[0]
        weights.ClearField("raw_data")
        weights.data_location = TensorProto.EXTERNAL
        for key, value in (("location", location), ("offset", "0"), ("length", str(12 * len(TAGS) * 4))):
            entry = weights.external_data.add()
            entry.key, entry.value = key, value

    return edited(change)


def _input(shape: list[Any], kind: int = TensorProto.FLOAT) -> Damage:
    def change(model: Any) -> None:
        model.graph.input[0].CopyFrom(helper.make_tensor_value_info("input", kind, shape))

    return edited(change)


def _constant(value: Any) -> Damage:
    """A model whose scores are a constant of the wrong kind."""

    def change(model: Any) -> None:
        model.graph.node.pop()
        model.graph.node.append(helper.make_node("Identity", ["fixed"], ["predictions"]))
        model.graph.initializer.append(numpy_helper.from_array(value, "fixed"))

    return edited(change)


MODELS: dict[str, Damage] = {
    "empty": written(b""),
    "text": written(b"not a model\n" * 100),
    "zeros": written(b"\0" * 10_000),
    "a lying length": written(b"\x3a\xff\xff\xff\xff\x0f" + b"x" * 100),
    "nested 10,000 deep": written(b"\x3a\x7f" * 10_000),
    "external data in /etc/passwd": external("/etc/passwd"),
    "external data above": external("../../../../../../etc/passwd"),
    "external data that is not there": external("weights.bin"),
    "external data in a device": external("/dev/zero"),
    "no outputs": edited(lambda model: model.graph.ClearField("output")),
    "no inputs": edited(lambda model: model.graph.ClearField("input")),
    "no nodes": edited(lambda model: model.graph.ClearField("node")),
    "an unknown operator": edited(lambda model: setattr(model.graph.node[0], "op_type", "Python")),
    "an operator of another domain": edited(lambda model: setattr(model.graph.node[0], "domain", "evil.example")),
    "an operator called in colour": edited(lambda model: setattr(model.graph.node[0], "op_type", TEXTS["colour"])),
    "an output called in colour": edited(lambda model: setattr(model.graph.output[0], "name", TEXTS["title"])),
    "opset 9999": edited(lambda model: setattr(model.opset_import[0], "version", 9999)),
    "a cycle": edited(lambda model: model.graph.node[0].input.__setitem__(0, "predictions")),
    "pictures of 20,000 by 20,000": _input(["n", 20_000, 20_000, 3]),
    "pictures of 2**40": _input(["n", 2**40, 2**40, 3]),
    "pictures of no size": _input(["n", 0, 0, 3]),
    "pictures of free size": _input(["n", "h", "w", 3]),
    "pictures of three sides": _input([SIZE, SIZE, 3]),
    "a batch of 10**9": _input([10**9, SIZE, SIZE, 3]),
    "a batch of none": _input([0, SIZE, SIZE, 3]),
    "whole numbers": _input(["n", SIZE, SIZE, 3], TensorProto.INT64),
    "words": _input(["n", SIZE, SIZE, 3], TensorProto.STRING),
    "scores of one axis": _constant(np.zeros(len(TAGS), np.float32)),
    "one score": _constant(np.float32(1)),
    "scores that are words": _constant(np.array([["a"] * len(TAGS)], dtype=object)),
    "scores that are NaN": _constant(np.full((1, len(TAGS)), np.nan, np.float32)),
}
MODEL_CASES = [
    Case(f"model: {key}", with_model(damage), "model.onnx|tagger") for key, damage in MODELS.items()
] + [Case(f"model: bytes changed {seed}", with_model(mutated(seed))) for seed in range(16)]  # fmt: skip
CASES = [*LIST_CASES, *NAME_CASES, *MODEL_CASES]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_tagger(bench: Bench, case: Case) -> None:
    job = bench.judge(case)
    names = [row["name"] for row in bench.studio.db.execute("SELECT name FROM tag")]
    assert all(name.isprintable() and len(name) <= 1000 for name in names)
    assert bench.studio.db.execute("SELECT count(*) FROM tagger").fetchone()[0] <= 1 + job.id
