"""`python -m engine.doctor`: what the engine's own libraries see of this machine, as JSON for `kimikoe doctor`.

Each library is asked apart: one that cannot be imported says so in `errors`, and the others are asked all the same.
"""

import json
import os
from collections.abc import Callable
from typing import Any


def torch_sees() -> dict[str, Any]:
    """The build of torch, and the card that it can use: its name and memory in bytes."""
    import torch

    found: dict[str, Any] = {"torch": torch.__version__, "built_for": torch.version.cuda or torch.version.hip}
    if torch.cuda.is_available():
        properties = torch.cuda.get_device_properties(0)
        found |= {"card": properties.name, "card_bytes": properties.total_memory}
    return found


def onnxruntime_uses() -> dict[str, Any]:
    """The execution provider that a model really gets, which is not always the one that is offered."""
    import onnxruntime

    offered = onnxruntime.get_available_providers()
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    wanted = [name for name in ("CUDAExecutionProvider", "CPUExecutionProvider") if name in offered]
    session = onnxruntime.InferenceSession(_smallest_model(), options, providers=wanted)
    return {"onnxruntime": onnxruntime.__version__, "offered": offered, "provider": session.get_providers()[0]}


def _smallest_model() -> bytes:
    """A model that hands one number through."""
    from onnx import TensorProto, helper

    number = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1]) for name in ("a", "b")]
    graph = helper.make_graph([helper.make_node("Identity", ["a"], ["b"])], "smallest", number[:1], number[1:])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    return bytes(model.SerializeToString())


def report() -> dict[str, Any]:
    """All that could be found out, and under `errors` why not the rest."""
    asked: dict[str, Callable[[], dict[str, Any]]] = {"torch": torch_sees, "onnxruntime": onnxruntime_uses}
    found: dict[str, Any] = {"errors": {}}
    for name, ask in asked.items():
        try:
            found |= ask()
        except Exception as error:  # a library may fail in any way of its own; that is what is to be told
            found["errors"][name] = f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"
    return found


def main() -> None:
    """Print the report; what libraries print meanwhile goes to standard error."""
    answer = os.dup(1)
    os.dup2(2, 1)
    os.write(answer, json.dumps(report()).encode() + b"\n")


if __name__ == "__main__":
    main()
