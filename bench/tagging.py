"""A tag job against a bare onnxruntime loop on arrays in memory, and against tagging every frame one by one.

The tagger has the shape of the large ones, 448 pixels square and a thousand tags, with random weights and their
arithmetic (66 thousand million multiplications; a ViT-B has some 67), and takes at least 50 ms a picture here. On two
cores, all of which it keeps busy, reading costs its milliseconds in any case: of a lighter tagger's pace less is left.
The film is a few seconds of 1920x1080 animation whose drawings are held for two frames or three of 24 a second,
captured at 30; nothing in it stands still for longer. The job decodes, fits, infers and stores; the bare loop only
infers. For the demo's tiny tagger there is no target, only what its pictures wait for.

The clock decides, for that is what a person waits by. The processors' seconds, of all threads together, are printed
beside it: where the model keeps every core busy, the clock can do no better than they. Both want a machine with nothing
else to do: beside other work the job's threads get more of it than the bare loop's, whose threads burn what they wait.
"""

import os
import sys
import time
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import NamedTuple, TypeVar

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

from bench.harness import Result, at_least
from bench.limited_animation import CAPTURED_RATE, animation, captured, encode
from bench.whole_film import FOLDER_VARIABLE
from db.queue import claim, enqueue
from db.requests import IngestRequest, Request, TaggerRequest, TagRequest
from engine.jobs import ingest, tag, tagger
from engine.jobs.tag import film_onward, unscored_key_frames
from engine.models import Models
from engine.pixels import Film
from engine.running import RunningJob
from engine.studio import Studio
from engine.tagger import MODEL_FILE, TAGS_FILE, Tagger
from kimikoe_tui.cli.models import create_studio
from kimikoe_tui.demo.settings import weights

VERSION = 2
SEED, SCENES, LENGTH = 5, 8, 24
SIZE, TAGS, CHANNELS, LAYERS = 448, 1000, 64, 144
UNLIKELY = 6.0  # how far below even odds a tag is, so that a picture keeps some twenty of them as with real taggers
LEAST_MILLISECONDS = 50
ROUNDS = 3
ONE_BY_ONE_FRAMES = 9
OF_BARE, OF_EVERY_FRAME = 0.95, 3.0
T = TypeVar("T")
HELD_KINDS = ("mouth", "drawings")
RUN: dict[type[Request], Callable[..., None]] = {
    IngestRequest: ingest.run, TaggerRequest: tagger.run, TagRequest: tag.run,
}  # fmt: skip


class Spent(NamedTuple):
    """Seconds by the clock, and of all processors together."""

    clock: float
    processors: float

    def each(self, count: int) -> "Spent":
        """The seconds of one of so many."""
        return Spent(self.clock / count, self.processors / count)

    def __str__(self) -> str:
        return f"{1000 * self.clock:.1f} ms ({1000 * self.processors:.1f} of processors)"


def run() -> list[Result]:
    """Pictures a second of the job to those of a bare loop, and film frames a second to one-by-one tagging's."""
    with TemporaryDirectory() as folder:
        bench = _Bench(Path(folder))
        results = bench.results()
        bench.use(weights("tagger"))
        bench.say_bottleneck("the demo's tagger")
    return results


def write_tagger(folder: Path) -> Path:
    """A convolutional network with random weights in the tagger's contract, its vectors an output of their own."""
    random = np.random.default_rng(SEED)

    def constant(name: str, *shape: int) -> onnx.TensorProto:
        scale = np.sqrt(2 / np.prod(shape[1:]))
        return numpy_helper.from_array((random.standard_normal(shape) * scale).astype(np.float32), name)

    folder.mkdir()
    nodes = [
        helper.make_node("Transpose", ["input"], ["planar"], perm=[0, 3, 1, 2]),
        helper.make_node("Conv", ["planar", "patch"], ["x0"], kernel_shape=[4, 4], strides=[4, 4]),
    ]
    odds = numpy_helper.from_array((random.standard_normal(TAGS) - UNLIKELY).astype(np.float32), "odds")
    kept = [constant("patch", CHANNELS, 3, 4, 4), constant("head", TAGS, CHANNELS), odds]
    for layer in range(LAYERS):
        kept.append(constant(f"w{layer}", CHANNELS, CHANNELS, 3, 3))
        shape = {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1]}
        nodes.append(helper.make_node("Conv", [f"x{layer}", f"w{layer}"], [f"y{layer}"], **shape))
        nodes.append(helper.make_node("Relu", [f"y{layer}"], [f"x{layer + 1}"]))
    nodes += [
        helper.make_node("GlobalAveragePool", [f"x{LAYERS}"], ["pooled"]),
        helper.make_node("Flatten", ["pooled"], ["embedding"]),
        helper.make_node("Gemm", ["embedding", "head", "odds"], ["logits"], transB=1, alpha=0.01),
        helper.make_node("Sigmoid", ["logits"], ["scores"]),
    ]
    shapes = {"input": ["n", SIZE, SIZE, 3], "scores": ["n", TAGS], "embedding": ["n", CHANNELS]}
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in shapes.items()]
    graph = helper.make_graph(nodes, "tagger", ends[:1], ends[1:], kept)
    onnx.save(
        helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), str(folder / MODEL_FILE)
    )
    rows = [f"{number},tag_{number},0,1" for number in range(TAGS)]
    (folder / TAGS_FILE).write_text("\n".join(["tag_id,name,category,count", *rows]))
    return folder


class _Bench:
    """A studio with one film, and a tagger in use."""

    def __init__(self, folder: Path) -> None:
        path = _kept(folder)
        create_studio(folder / "studio")
        self._studio, self._models = Studio(folder / "studio"), Models()
        self.use(write_tagger(folder / "tagger"))
        self._run(IngestRequest(path=str(path)))
        found = unscored_key_frames(self._studio.db, 1, 1)
        over = len(found) % self.tagger.batch_size
        self._rest, self.key_frames = found[:over], found[over:]  # in a whole film no batch but the last is padded
        count = int(self._studio.db.execute("SELECT frame_count FROM film").fetchone()[0])
        self.frames = count - self.key_frames[0] + 1

    def use(self, folder: Path) -> None:
        """Register a tagger and load it."""
        self._folder = folder
        self._run(TaggerRequest(source=str(folder)))

    @property
    def tagger(self) -> Tagger:
        """The one in use."""
        return self._models.tagger(str(self._folder))

    def job(self) -> None:
        """Tag the film's key frames, as if none had been seen but those that fill no batch."""
        db = self._studio.db
        for table in ("score", "scored"):
            db.execute(f"DELETE FROM {table}")
        seen = "INSERT INTO scored SELECT id, 1, ?, x'00' FROM tagger"
        db.executemany(seen, ((number,) for number in self._rest))
        self._run(TagRequest())

    def inputs(self) -> np.ndarray:
        """All key frames as the model takes them."""
        with closing(film_onward(self._studio.db, 1, self.tagger)) as film:
            return self.tagger.prepare(film.fitted(self.key_frames, self.tagger.input_size, self.tagger.input_size))

    def results(self) -> list[Result]:
        """Both ratios; the bare loop and the job take turns."""
        job, bare = self.say_bottleneck("random weights")
        assert 1000 * bare.clock >= LEAST_MILLISECONDS, f"{bare} a picture is too fast for this benchmark"
        every, frame = self._one_by_one(), job.each(self.frames).clock * len(self.key_frames)
        print(f"one by one {every} a frame; {self.frames / len(self.key_frames):.2f} frames a drawing", file=sys.stderr)
        return [
            at_least("tagging, of a bare loop", 1 / job.clock, 1 / bare.clock, "pictures/s", OF_BARE),
            at_least("tagging, of every frame", 1 / frame, 1 / every.clock, "frames/s", OF_EVERY_FRAME),
        ]

    def say_bottleneck(self, name: str) -> tuple[Spent, Spent]:
        """What a picture costs the job and a bare loop; prints them beside what reading alone takes."""
        size, count = self.tagger.batch_size, len(self.key_frames)
        reading, inputs = _spent(self.inputs)
        session = onnxruntime.InferenceSession(str(self._folder / MODEL_FILE))
        batches = [inputs[start : start + size] for start in range(0, count, size)]
        ours, bare = _in_turns(self.job, lambda: [_infer(session, batch) for batch in batches])
        reading, job, model = reading.each(count), ours.each(count), bare.each(count)
        slower = "reading the film" if reading.clock > model.clock else "the model"
        words = f"reading {reading}, model {model}, job {job} a picture"
        print(f"{name}: {self.frames} frames, {count} key frames; {words}: it waits for {slower}", file=sys.stderr)
        return job, model

    def _one_by_one(self) -> Spent:
        """What decoding, fitting and inferring each frame by itself costs a frame."""
        session = onnxruntime.InferenceSession(str(self._folder / MODEL_FILE))
        with closing(Film(self._studio.db, 1)) as film:

            def infer(number: int) -> object:
                return _infer(session, self.tagger.prepare(film.fitted([number], SIZE, SIZE)))

            return _median([_spent(partial(infer, number))[0] for number in range(1, ONE_BY_ONE_FRAMES + 1)])

    def _run(self, request: Request) -> None:
        enqueue(self._studio.db, request)
        claimed = claim(self._studio.db, request.lane, 1)
        assert claimed is not None
        RUN[type(request)](self._studio, request, RunningJob(self._studio, claimed, self._models))


def _kept(folder: Path) -> Path:
    """The film, made once where the environment variable names a folder to keep it in."""
    path = Path(os.environ.get(FOLDER_VARIABLE, folder)) / f"tagging-{VERSION}.mp4"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        scenes = captured(moment for moment in animation(SEED, SCENES, LENGTH) if moment.kind in HELD_KINDS)
        encode(partly := path.with_suffix(".part.mp4"), scenes, 23, preset="veryfast", rate=CAPTURED_RATE)
        partly.rename(path)
    return path


def _infer(session: onnxruntime.InferenceSession, batch: np.ndarray) -> object:
    return session.run(None, {session.get_inputs()[0].name: batch})


def _spent(call: Callable[[], T]) -> tuple[Spent, T]:
    """What a call costs, and its answer."""
    clock, processors = time.perf_counter(), time.process_time()
    answer = call()
    return Spent(time.perf_counter() - clock, time.process_time() - processors), answer


def _in_turns(ours: Callable[[], object], bare: Callable[[], object]) -> tuple[Spent, Spent]:
    """Medians of two calls that take turns, so that both see the same machine; one round warms up."""
    ours(), bare()
    spent: tuple[list[Spent], list[Spent]] = ([], [])
    for turn in range(ROUNDS):
        for index, call in ((0, ours), (1, bare))[:: 1 if turn % 2 else -1]:
            spent[index].append(_spent(call)[0])
    return _median(spent[0]), _median(spent[1])


def _median(spent: list[Spent]) -> Spent:
    return Spent(median(each.clock for each in spent), median(each.processors for each in spent))
