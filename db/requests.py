"""What a job is asked to do: one struct for each kind of job, stored as JSON in `job.request`.

The terminal writes them, the engine reads them; nothing else crosses between the two but rows.
"""

from typing import ClassVar, Literal

import msgspec

from db.errors import UserError
from db.i18n import _

Lane = Literal["cpu", "device"]


class Request(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of all requests: `kind` names the job's module, `lane` the worker that runs it, `card` whether it may use a
    graphics card, which quiet hours leave alone."""

    kind: ClassVar[str]
    lane: ClassVar[Lane] = "cpu"
    card: ClassVar[bool] = False


class Recipe(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Settings that a request carries and that are stored beside what they made."""


class BaseRequest(Request, frozen=True, kw_only=True):
    """Register a base model from a diffusers folder, a hub id or a single file."""

    kind = "base"
    source: str
    name: str = ""
    licence: str = ""
    licence_url: str = ""


class TaggerRequest(Request, frozen=True, kw_only=True):
    """Register a WD-family tagger from a folder or a hub id, and make it the one in use."""

    kind = "tagger"
    source: str


class IngestRequest(Request, frozen=True, kw_only=True):
    """Take in a film, or the part from `start` to `end`: every frame numbered, grouped into holds and shots.

    Run again, it continues. `cite_fps` is another rate in which its frames are cited.
    """

    kind = "ingest"
    path: str
    name: str = ""
    fit: Literal["pad", "cover"] = "pad"
    hold_threshold: int | None = None
    note: str = ""
    credit: str = ""
    start: str = ""
    end: str = ""
    cite_fps: str = ""


class HoldsRequest(Request, frozen=True, kw_only=True):
    """Group a film's frames into holds by another threshold; without one, by the one that fits its encode."""

    kind = "holds"
    film_id: int
    threshold: int | None = None


class TagRequest(Request, frozen=True, kw_only=True):
    """Score every key frame and every finished picture the tagger has not seen."""

    kind = "tag"
    card = True
    tagger_id: int | None = None


class CaptionRecipe(Recipe, frozen=True, kw_only=True):
    """How a caption is built from a frame's effective tags."""

    trigger: str = ""
    separator: str = "|||"
    max_tags: int = 40
    underscores: bool = False
    drop_tags: tuple[str, ...] = ()
    core_tags: tuple[str, ...] = ()
    rating: bool = False
    exempt_tags: tuple[str, ...] = ()


class DatasetRequest(Request, frozen=True, kw_only=True):
    """Freeze the frames that match a query, with their captions, into an immutable dataset."""

    kind = "dataset"
    name: str = ""
    query: str = ""
    captions: CaptionRecipe = CaptionRecipe()
    exposure_cap: int = 6
    validation_share: float = 0.1
    seed: int = 0


class TrainRecipe(Recipe, frozen=True, kw_only=True):
    """How a LoRA is trained."""

    rank: int = 16
    alpha: float = 16.0
    targets: Literal["attention", "full"] = "full"
    steps: int = 1000
    batch_size: int = 4
    learning_rate: float = 1e-4
    schedule: Literal["constant", "linear", "cosine"] = "cosine"
    warmup_steps: int = 20
    final_learning_rate_share: float = 0.1
    weight_decay: float = 0.0
    gradient_clip: float = 1.0
    min_snr_gamma: float | None = 5.0
    tag_dropout: float = 0.1
    caption_dropout: float = 0.05
    clip_skip: int = 1
    width: int | None = None
    height: int | None = None
    seed: int = 0
    checkpoint_every: int = 100
    keep_checkpoints: int = 2
    regularisation_share: float = 0.0


class TrainRequest(Request, frozen=True, kw_only=True):
    """Train a LoRA over a dataset; an interrupted run continues from its newest verified checkpoint."""

    kind = "train"
    lane = "device"
    card = True
    run_id: int


class GenerateRequest(Request, frozen=True, kw_only=True):
    """Fill the planned pictures of a generation."""

    kind = "generate"
    lane = "device"
    card = True
    generation_id: int


class MatchRequest(Request, frozen=True, kw_only=True):
    """Find the film frames that each finished picture most resembles."""

    kind = "match"
    generation_id: int | None = None
    count: int = 5


class ProbeRequest(Request, frozen=True, kw_only=True):
    """Ask whether a name brings its traits, and whether they leak into prompts without it."""

    kind = "probe"
    lane = "device"
    card = True
    run_id: int
    weight: float = 1.0
    label: str
    trigger: str
    traits: tuple[str, ...]
    name_prompts: tuple[str, ...]
    other_prompts: tuple[str, ...]
    film_id: int | None = None
    steps: int = 15
    cfg_scale: float = 5.0
    seed: int = 0


REQUESTS: dict[str, type[Request]] = {
    request.kind: request
    for request in (
        BaseRequest, TaggerRequest, IngestRequest, HoldsRequest, TagRequest, DatasetRequest,
        TrainRequest, GenerateRequest, MatchRequest, ProbeRequest,
    )
}  # fmt: skip


def encode(request: Request) -> str:
    """The request as JSON text for `job.request`."""
    return msgspec.json.encode(request).decode()


def decode(kind: str, text: str) -> Request:
    """The request of a job row; raises `UserError` where the row's kind or text is none."""
    try:
        return msgspec.json.decode(text, type=REQUESTS[kind])
    except (KeyError, TypeError, msgspec.MsgspecError, RecursionError) as error:
        raise UserError(_("This is no request of the kind “{kind}”: queue it again.").format(kind=kind)) from error
