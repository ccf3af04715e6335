"""Tiny taggers built on the spot: the mean colour of each quarter of the picture, through one linear layer."""

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

TAGS = [("general", 9), ("sensitive", 9), ("glasses", 0), ("green_hair", 0), (":d", 0), ("nagisa", 4)]
SIZE = 16
EMBEDDING = 12


def weights() -> np.ndarray:
    """The classifier's weights [12, tags]."""
    return np.random.default_rng(3).normal(0, 0.03, (EMBEDDING, len(TAGS))).astype(np.float32)


def expected(pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Scores and unit vectors that the tagger must give for [n, 16, 16, 3] RGB."""
    bgr = pixels[..., ::-1].astype(np.float32)
    vectors = bgr.reshape(len(bgr), 2, 8, 2, 8, 3).mean(axis=(2, 4)).transpose(0, 3, 1, 2).reshape(len(bgr), -1)
    scores = 1 / (1 + np.exp(-(vectors - 128) @ weights()))
    return scores, vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def write_tagger(folder: Path, *, batch: int | str = "n", embedding: bool = True, rows: int = len(TAGS)) -> Path:
    """A tagger folder; without `embedding` the vectors are an inner tensor, as in published files."""
    folder.mkdir(parents=True, exist_ok=True)
    bias = (-128 * weights().sum(axis=0)).astype(np.float32)
    nodes = [
        helper.make_node("Transpose", ["input"], ["planar"], perm=[0, 3, 1, 2]),
        helper.make_node("AveragePool", ["planar"], ["pooled"], kernel_shape=[8, 8], strides=[8, 8]),
        helper.make_node("Flatten", ["pooled"], ["embedding"]),
        helper.make_node("MatMul", ["embedding", "w"], ["product"]),
        helper.make_node("Add", ["product", "b"], ["logits"]),
        helper.make_node("Sigmoid", ["logits"], ["predictions"]),
    ]
    outputs = [helper.make_tensor_value_info("predictions", TensorProto.FLOAT, [batch, len(TAGS)])]
    if embedding:
        outputs.append(helper.make_tensor_value_info("embedding", TensorProto.FLOAT, [batch, EMBEDDING]))
    graph = helper.make_graph(
        nodes,
        "tagger",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, [batch, SIZE, SIZE, 3])],
        outputs,
        [numpy_helper.from_array(weights(), "w"), numpy_helper.from_array(bias, "b")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, str(folder / "model.onnx"))
    lines = [f"{index},{name},{category},1" for index, (name, category) in enumerate(TAGS[:rows])]
    (folder / "selected_tags.csv").write_text("\n".join(["tag_id,name,category,count", *lines]) + "\n")
    return folder
