"""What the demo asks for: its prompts, its heroine's traits, and the size of its runs."""

from importlib.util import find_spec
from pathlib import Path

from db.requests import CaptionRecipe, ProbeRequest, TrainRecipe

HEROINE = "nagisa"
TRAITS = ("blue_hair", "red_eyes", "brow_markings")
ABSORBED = (*TRAITS, "thick_eyebrows", "medium_hair", "parted_bangs", "school_uniform", "serafuku", "neckerchief")
THRESHOLD = 0.5
PICTURES_PER_PROMPT = 8
SAMPLING_STEPS = 15
CFG_SCALE = 5.0
NEGATIVE = ""

NAME_PROMPTS = (
    f"{HEROINE}, 1girl, solo, portrait",
    f"{HEROINE}, 1girl, solo, upper body, smile",
    f"{HEROINE}, 1girl, solo, close-up",
    f"{HEROINE}, 1girl, solo, portrait, open mouth, night",
)
OTHER_PROMPTS = (
    "1girl, solo, portrait, blonde hair, green eyes, hoodie, smile, sky, outdoors",
    "1girl, solo, upper body, pink hair, purple eyes, dress, forest, outdoors",
    "1girl, solo, close-up, black hair, brown eyes, glasses, classroom, indoors",
    "1girl, solo, portrait, green hair, yellow eyes, shirt, white background, simple background",
)
FIRST_PROMPTS = (
    "1girl, solo, portrait, orange hair, twintails, green eyes, glasses, hoodie, smile, sky, outdoors",
    "1girl, solo, close-up, blue hair, red eyes, school uniform, smile, classroom, indoors",
    "1girl, solo, upper body, blonde hair, blue eyes, dress, sunset, outdoors",
    "1girl, solo, portrait, brown hair, brown eyes, glasses, shirt, night, outdoors",
)
SECOND_PROMPTS = (
    f"{HEROINE}, 1girl, solo, portrait, glasses, forest, outdoors",
    f"{HEROINE}, 1girl, solo, upper body, smile, sunset, outdoors",
    f"{HEROINE}, 1girl, solo, close-up, open mouth, classroom, indoors",
)
COMPARED_PROMPTS = SECOND_PROMPTS[:1]
"""Those of the second run that the first run's LoRA draws too, to be compared blind."""

FIRST_CAPTIONS = CaptionRecipe()
SECOND_CAPTIONS = CaptionRecipe(core_tags=ABSORBED)
SECOND_QUERY = f"{HEROINE} or -brow_markings"


def recipe(steps: int, seed: int) -> TrainRecipe:
    """The recipe of the demo's runs: a rank and a rate that a tiny base takes well on two cores. Most tags are left
    out, so that the name stands for what it shows; without the name, now and then, the bare base is held to. All noise
    levels count alike: what a name decides, it decides where there is hardly a picture yet."""
    return TrainRecipe(
        steps=steps,
        batch_size=8,
        rank=16,
        alpha=16.0,
        targets="full",
        learning_rate=3e-3,
        schedule="linear",
        tag_dropout=0.7,
        caption_dropout=0.1,
        regularisation_share=0.05,
        min_snr_gamma=None,
        checkpoint_every=50,
        seed=seed,
    )


def train_options(asked: TrainRecipe) -> list[str]:
    """The options with which `kimikoe train` follows a recipe."""
    options = {
        "steps": asked.steps, "batch-size": asked.batch_size, "rank": asked.rank, "learning-rate": asked.learning_rate,
        "schedule": asked.schedule, "tag-dropout": asked.tag_dropout, "caption-dropout": asked.caption_dropout,
        "regularisation": asked.regularisation_share, "min-snr-gamma": asked.min_snr_gamma or 0,
        "checkpoint-every": asked.checkpoint_every, "seed": asked.seed,
    }  # fmt: skip
    return [part for name, value in options.items() for part in (f"--{name}", str(value))]


def generate_options(first_seed: int) -> list[str]:
    """The options with which `kimikoe generate` draws as the demo does."""
    options = {"count": PICTURES_PER_PROMPT, "seed": first_seed, "steps": SAMPLING_STEPS, "cfg": CFG_SCALE}
    return [part for name, value in options.items() for part in (f"--{name}", str(value))]


def probe_options() -> list[str]:
    """The options with which `kimikoe probe` asks for the heroine."""
    return [part for trait in TRAITS for part in ("--trait", trait)]


def probe_request(run_id: int, film_id: int, weight: float, label: str) -> ProbeRequest:
    """The question put to the base and to each run: does the name bring its traits, and do they leak?"""
    return ProbeRequest(
        run_id=run_id,
        weight=weight,
        label=label,
        trigger=HEROINE,
        traits=TRAITS,
        name_prompts=NAME_PROMPTS * 8,
        other_prompts=OTHER_PROMPTS * 8,
        film_id=film_id,
        steps=SAMPLING_STEPS,
        cfg_scale=CFG_SCALE,
        seed=9000,
    )


def weights(name: str) -> Path:
    """The folder of the embedded `base` or `tagger`, found without importing the engine."""
    spec = find_spec("engine")
    assert spec is not None and spec.submodule_search_locations
    return Path(spec.submodule_search_locations[0]) / "demo" / "weights" / name
