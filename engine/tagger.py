"""WD14-family taggers: danbooru tags and a vector for each picture, in one pass of an ONNX model.

The contract of these models: `model.onnx` takes [n, s, s, 3] float32 in BGR order, 0..255, from pictures padded to a
white square, and returns one probability for each row of `selected_tags.csv` (`tag_id,name,category,count`).
"""

import csv
import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnxruntime
from numpy.typing import NDArray

from db.errors import UserError
from db.i18n import _
from db.tags import MAX_NAME_LENGTH
from db.text import plain
from engine.hub import Unavailable, Watch, download, unwatched
from engine.memory import fitting, is_out_of_memory
from engine.onnx_embedding import with_embedding

MODEL_FILE, TAGS_FILE = "model.onnx", "selected_tags.csv"
HUB_ID = re.compile(r"(?P<repository>[\w.-]+/[\w.-]+)(?:@(?P<revision>[\w./-]+))?")
CUDA = "CUDAExecutionProvider"
CPU = "CPUExecutionProvider"
CUDA_BATCH, CPU_BATCH = 32, 8
LARGEST_TAG_LIST, MOST_COLUMNS = 16 * 2**20, 100
LARGEST_INPUT, LARGEST_BATCH = 2048, 256


@dataclass(frozen=True)
class TagName:
    """A tag as the tagger names it; category 0 general, 1 artist, 3 copyright, 4 character, 5 meta, 9 rating."""

    name: str
    category: int


class Tagger:
    """A loaded tagger: call it with square pictures."""

    def __init__(self, name: str, folder: Path) -> None:
        self.name = name
        self.tags = read_tags(folder / TAGS_FILE)
        self.sha256 = _sha256(folder / MODEL_FILE)
        self._session = _session(folder / MODEL_FILE)
        self._scores, embedding = _output_names(self._session)
        if embedding is None:
            path, embedding = with_embedding(folder / MODEL_FILE, self.sha256, self._scores)
            self._session = _session(path)
        self._embedding = embedding
        self.provider: str = self._session.get_providers()[0]
        batch, self.input_size = _input_shape(self._session, folder / MODEL_FILE)
        self._smallest = batch or 1
        self.batch_size = batch or (CUDA_BATCH if self.provider == CUDA else CPU_BATCH)
        self.embedding_dim = self._probe(batch or 1, folder)

    @property
    def fell_back(self) -> bool:
        """Whether the model runs on the CPU although this onnxruntime offers CUDA."""
        return self.provider == CPU and CUDA in onnxruntime.get_available_providers()

    def __call__(self, pixels: NDArray[np.uint8]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Scores [n, tags] in 0..1 and vectors [n, dim] of unit length, for pictures [n, s, s, 3] RGB."""
        return self.answer(self.prepare(pixels))

    def prepare(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Pictures [n, s, s, 3] RGB as the model takes them: BGR, float32, 0..255."""
        prepared = np.empty(pixels.shape, np.float32)
        for picture, rgb in zip(prepared, pixels, strict=True):
            picture[:] = cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR)
        return prepared

    def answer(self, prepared: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Scores and vectors, as of a call, for pictures that were prepared, maybe in another thread.

        Where the card has no memory for `batch_size` of them at once, that is halved from then on.
        """
        scores, vectors = fitting(
            self.batch_size, lambda size: self._run_all(prepared, size), self._use_fewer, self._smallest
        )
        return scores, unit_length(vectors)

    def _use_fewer(self, batch_size: int) -> None:
        self.batch_size = batch_size

    def _run_all(self, pixels: NDArray[np.float32], size: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        parts = [self._run(pixels[start : start + size], size) for start in range(0, len(pixels), size)]
        return np.concatenate([scores for scores, _v in parts]), np.concatenate([vectors for _s, vectors in parts])

    def _run(self, prepared: NDArray[np.float32], batch: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """One pass at the fixed batch shape, so that a picture's scores do not depend on its neighbours."""
        missing = batch - len(prepared)
        padded = np.pad(prepared, ((0, missing), (0, 0), (0, 0), (0, 0))) if missing else prepared
        feed = {self._session.get_inputs()[0].name: padded}
        scores, vectors = self._session.run([self._scores, self._embedding], feed)
        return scores[: len(prepared)], vectors.reshape(batch, -1)[: len(prepared)]

    def _run_once(self, folder: Path, batch: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """One blank picture; raises `UserError` where the model cannot be run or answers something else."""
        blank = np.zeros((1, self.input_size, self.input_size, 3), np.uint8)
        try:
            scores, vectors = self._run(self.prepare(blank), batch)
            if scores.ndim != 2 or len(scores) != 1 or not (np.isfinite(scores).all() and np.isfinite(vectors).all()):
                raise ValueError(_("its scores are no numbers, one for each tag"))
        except Exception as error:  # onnxruntime's errors share no narrower base
            if is_out_of_memory(error):
                raise
            raise _unloadable(folder / MODEL_FILE, error) from error
        return scores, vectors

    def _probe(self, batch: int, folder: Path) -> int:
        """The vectors' dimension, from one blank picture; raises `UserError` where scores and tags differ in number."""
        scores, vectors = self._run_once(folder, batch)
        if scores.shape[1] != len(self.tags):
            raise UserError(
                _(
                    "{path} names {tags} tags, but {model} scores {scores}: take both from one release of the tagger."
                ).format(path=folder / TAGS_FILE, tags=len(self.tags), model=MODEL_FILE, scores=scores.shape[1])
            )
        return int(vectors.shape[1])


def load_tagger(source: str, watch: Watch = unwatched) -> Tagger:
    """The tagger in a folder, or of a hub id `owner/name[@revision]`; raises `UserError` where there is none.

    `watch` is told of a download (bytes that have come, all bytes), and what it raises ends it.
    """
    folder = Path(source).expanduser()
    if folder.is_dir():
        _require_files(folder)
        return Tagger(folder.resolve().name, folder)
    if match := HUB_ID.fullmatch(source):
        return Tagger(source, _download(match["repository"], match["revision"], watch))
    raise UserError(
        _("There is no tagger folder {source}: name a folder with {model} and {tags}, or a hub id owner/name.").format(
            source=source, model=MODEL_FILE, tags=TAGS_FILE
        )
    )


def read_tags(path: Path) -> list[TagName]:
    """The tags a model scores, in the order of its output."""
    try:
        if path.stat().st_size > LARGEST_TAG_LIST:
            raise ValueError(_("it is too large"))
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = csv.DictReader(file)
            if len(rows.fieldnames or ()) > MOST_COLUMNS:
                raise ValueError(_("it has too many columns"))
            found = [_tag_name(number, row) for number, row in enumerate(rows, start=2)]
        if len({tag.name for tag in found}) < len(found):
            raise ValueError(_("it names a tag twice"))
        return found
    except (OSError, KeyError, TypeError, ValueError, csv.Error) as error:
        raise UserError(
            _("{path} is not a tag list (columns tag_id, name, category, count): {error}.").format(
                path=path, error=error
            )
        ) from error


def _tag_name(line: int, row: dict[str, str]) -> TagName:
    name, category = row["name"], row["category"]
    if not name or len(name) > MAX_NAME_LENGTH or not plain(name) == name:
        raise ValueError(_("line {line} names no tag that can be shown").format(line=line))
    if not re.fullmatch(r"\d{1,2}", category):
        raise ValueError(_("line {line} has no category").format(line=line))
    return TagName(name, int(category))


def unit_length(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Vectors [n, dim] scaled to length 1; a zero vector stays zero."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return (vectors / np.where(lengths == 0, 1, lengths)).astype(np.float32)


def _require_files(folder: Path) -> None:
    for name in (MODEL_FILE, TAGS_FILE):
        if not (folder / name).is_file():
            raise UserError(
                _("The tagger folder {folder} has no {name}: copy it there from the tagger's release.").format(
                    folder=folder, name=name
                )
            )


def _download(repository: str, revision: str | None, watch: Watch) -> Path:
    try:
        found = download(repository, revision, [MODEL_FILE, TAGS_FILE], watch)
    except Unavailable as error:
        raise UserError(
            _(
                "Tagger {repository} cannot be downloaded ({reason}): check its name and the network. Without one, put "
                "its {model} and {tags} into a folder and name that: kimikoe tagger add FOLDER."
            ).format(repository=repository, model=MODEL_FILE, tags=TAGS_FILE, reason=error)
        ) from error
    _require_files(found)
    return found


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _session(path: Path) -> Any:
    offered = onnxruntime.get_available_providers()
    if CUDA in offered:
        onnxruntime.preload_dlls()
    options = onnxruntime.SessionOptions()
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # idle threads leave cores to decoding
    try:
        return onnxruntime.InferenceSession(
            str(path), options, providers=[name for name in (CUDA, CPU) if name in offered]
        )
    except Exception as error:  # onnxruntime's errors share no narrower base
        raise _unloadable(path, error) from error


def _unloadable(path: Path, error: Exception) -> UserError:
    reason = (str(error).splitlines() or [type(error).__name__])[0]
    return UserError(
        _("{path} cannot be loaded as a model ({reason}): copy it again from the tagger's release.").format(
            path=path, reason=reason
        )
    )


def _output_names(session: Any) -> tuple[str, str | None]:
    """The output with scores, and the one with vectors where the model has it."""
    names = [output.name for output in session.get_outputs()]
    embeddings = [name for name in names if "embed" in name.lower()]
    scores = [name for name in names if name not in embeddings]
    if not scores:
        raise UserError(
            _("The tagger's {model} gives no scores: use a tagger of the WD family.").format(model=MODEL_FILE)
        )
    return scores[0], embeddings[0] if embeddings else None


def _input_shape(session: Any, path: Path) -> tuple[int | None, int]:
    """The batch where it is fixed, and the side of the square input."""
    shape = session.get_inputs()[0].shape if session.get_inputs() else []
    sides = len(shape) == 4 and shape[3] == 3 and isinstance(shape[1], int) and shape[1] == shape[2]
    fixed = shape[0] if shape and isinstance(shape[0], int) else 1
    if not sides or not 1 <= shape[1] <= LARGEST_INPUT or not 1 <= fixed <= LARGEST_BATCH:
        raise UserError(
            _("{path} takes pictures of shape {shape}, not [n, s, s, 3]: use a tagger of the WD family.").format(
                path=path, shape=shape
            )
        )
    return shape[0] if isinstance(shape[0], int) else None, shape[1]
