"""Vectors from a classifier that was published with scores only: its penultimate tensor becomes an output."""

import os
import tempfile
from pathlib import Path
from typing import Any

import onnx
import platformdirs

from db.errors import UserError
from db.i18n import _
from engine.durable import removed_on_failure

CLASSIFIER_OPS = ("Gemm", "MatMul", "Conv")


def with_embedding(model_path: Path, sha256: str, scores_output: str) -> tuple[Path, str]:
    """A cached copy of the model that also returns its penultimate tensor, and that tensor's name.

    `sha256` is of the original file and names the copy. Raises `UserError` where no classifier layer is found.
    """
    cached = platformdirs.user_cache_path("kimikoe") / "taggers" / f"{sha256}.onnx"
    model = onnx.load(str(cached if cached.exists() else model_path))
    tensor = penultimate_tensor(model.graph, scores_output)
    if tensor is None:
        raise UserError(
            _("{path} has no final classifier layer to take vectors from: use a tagger of the WD family.").format(
                path=model_path
            )
        )
    if not cached.exists():
        _add_output(model.graph, tensor)
        _save_atomically(model, cached)
    return cached, tensor


def penultimate_tensor(graph: Any, scores_output: str) -> str | None:
    """The input of the last layer with weights before the scores, following first inputs back from them."""
    producers = {output: node for node in graph.node for output in node.output}
    weights = {initializer.name for initializer in graph.initializer}
    constants = {node.output[0] for node in graph.node if node.op_type == "Constant"}
    node = producers.get(scores_output)
    while node is not None:
        inputs = [name for name in node.input if name not in weights | constants]
        if node.op_type in CLASSIFIER_OPS:
            return str(inputs[0])
        node = producers.get(inputs[0]) if inputs else None
    return None


def _add_output(graph: Any, tensor: str) -> None:
    graph.output.append(onnx.helper.make_tensor_value_info(tensor, onnx.TensorProto.FLOAT, None))


def _save_atomically(model: Any, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, suffix=".partial")
    os.close(handle)
    with removed_on_failure(Path(temporary)):
        onnx.save(model, temporary)
        os.replace(temporary, path)
