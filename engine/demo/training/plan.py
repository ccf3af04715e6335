"""Everything that is drawn and trained for the demo, in order. What is there already is not made again."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from multiprocessing import get_context
from pathlib import Path
from shutil import copytree, rmtree

import torch
from transformers import CLIPTokenizer

from engine.demo.film import is_written, write_film
from engine.demo.screenplay import SCREENPLAY
from engine.demo.training.appraisal import adherence, draw_prompts, grid, load_judges, load_made_base, nearness
from engine.demo.training.base import Stage, made_networks, train_stage
from engine.demo.training.captions import Captions
from engine.demo.training.card import CARD_FILES, Appraisal, write_card
from engine.demo.training.corpus import Corpus, Recipe, draw_corpus
from engine.demo.training.frames import draw_frames
from engine.demo.training.latents import encode_pictures, latent_size
from engine.demo.training.log import say
from engine.demo.training.measures import MEASURES
from engine.demo.training.networks import LATENT_SIZE
from engine.demo.training.on_film import score_on_film
from engine.demo.training.parallel import in_shares
from engine.demo.training.publish import ONE_FILE, publish_base, publish_one_file, publish_tagger
from engine.demo.training.tagger import LEGS, LONGER, Drawings, Leg, train_tagger
from engine.demo.training.tagger_network import LEVELS, Levels
from engine.demo.training.tokenizer import make_tokenizer
from engine.demo.training.vae import psnr, train_vae, tune_decoder
from engine.demo.training.vocabulary import vocabulary
from engine.demo.training.words import bind_words

MARKS = 0.15
JUDGE_LEVELS: Levels = ((32, 2), (64, 2), (128, 2), (160, 2))
_HELD_OUT = 200


@dataclass(frozen=True)
class Effort:
    """How much is drawn and trained. The default is what was shipped; a rehearsal takes a thousandth.

    The first three stages of the shipped base still weighed noise levels by a capped signal-to-noise ratio, and mouths
    no more than faces. Before `settle` it did not hear the words at 16 x 16; the rate of that stage fell more slowly up
    to step 2,400, where a longer course was cut short. Up to step 1,800 of `bind` clothes weighed no more than what is
    around them. The decoder was tuned on a card, and there the judge began: its first leg was that of 1,400,000
    pictures, the later two, on two cores as all else, those of 2,100,000.
    """

    plain: int = 60_000
    mixed: int = 14_000
    squares: int = 32_000
    frames: int = 32_000
    vae_steps: int = 8_000
    decoder_steps: int = 8_000
    tagger_pictures: int = 1_520_000
    judge_pictures: int = 1_700_000
    sketch_steps: int = 2_000
    drawing_steps: int = 2_400
    finish_steps: int = 3_400
    refine_steps: int = 1_600
    settle_steps: int = 2_700
    word_steps: int = 600
    bind_steps: int = 3_000
    prompts: int = 64
    film_shots: int = len(SCREENPLAY)


REHEARSAL = Effort(
    plain=60, mixed=40, squares=40, frames=40, vae_steps=2, decoder_steps=2, tagger_pictures=128, judge_pictures=128,
    sketch_steps=2, drawing_steps=2, finish_steps=2, refine_steps=2, settle_steps=2,
    word_steps=2, bind_steps=2, prompts=8, film_shots=3,
)  # fmt: skip


class Workshop:
    """A folder in which the demo's models are made, step by step; every step can be stopped and taken up again."""

    def __init__(self, folder: Path, effort: Effort, shipped: Path | None = None) -> None:
        self.folder, self.effort = folder, effort
        self.shipped = shipped or folder / "shipped"
        self.vae, self.tokenizer, self.base = folder / "vae", folder / "tokenizer", folder / "base"
        self.tagger, self.judge = folder / "tagger", folder / "judge"
        folder.mkdir(parents=True, exist_ok=True)

    @property
    def plain(self) -> Recipe:
        """What the base learns from."""
        return Recipe(101, self.effort.plain)

    @property
    def mixed(self) -> Recipe:
        """What the autoencoder sees beside that."""
        return Recipe(102, self.effort.mixed, mixed_styles=True, marks=MARKS)

    def held_out(self) -> Corpus:
        """Drawings that nothing is trained on."""
        return draw_corpus(Recipe(201, _HELD_OUT), self.folder / "held-out")

    def make(self) -> None:
        """Everything up to the shipped folders and their card."""
        self.make_drawings()
        self.make_tokenizer()
        self.make_vae_and_tagger()
        self.make_base()
        self.publish()
        self.appraise()

    def make_drawings(self) -> None:
        draw_corpus(self.plain, self.folder / "plain")
        draw_corpus(self.mixed, self.folder / "mixed")

    def make_tokenizer(self) -> None:
        if not self.tokenizer.exists():
            with appearing_whole(self.tokenizer) as partial:
                make_tokenizer(vocabulary(), partial)

    def make_vae_and_tagger(self) -> None:
        """Neither needs the other."""
        with ProcessPoolExecutor(2, get_context("spawn"), initializer=torch.set_num_threads, initargs=(1,)) as workers:
            making = [workers.submit(make, self) for make in (Workshop.make_vae, Workshop.make_taggers)]
            for each in making:
                each.result()

    def make_vae(self) -> None:
        if self.vae.exists():
            return
        plain, mixed = (
            Corpus(recipe, self.folder / name) for recipe, name in ((self.plain, "plain"), (self.mixed, "mixed"))
        )
        vae = train_vae(plain, mixed, self.effort.vae_steps, 1, self.folder / "vae.checkpoint")
        tune_decoder(vae, plain, mixed, self.effort.decoder_steps, 2, self.folder / "decoder.checkpoint")
        vae.register_to_config(scaling_factor=round(1 / latent_size(vae, plain.pictures[:_HELD_OUT]), 4))
        say("vae", psnr=psnr(vae, self.held_out().pictures[:_HELD_OUT]))
        with appearing_whole(self.vae) as partial:
            vae.save_pretrained(partial)

    def make_taggers(self) -> None:
        """The one that is shipped, and the judge: another network, other drawings, other seeds."""
        self._make_tagger(self.tagger, 110, self.effort.tagger_pictures, LEVELS, LONGER)
        self._make_tagger(self.judge, 910, self.effort.judge_pictures, JUDGE_LEVELS, LEGS)

    def _make_tagger(self, out: Path, seed: int, pictures: int, levels: Levels, legs: Sequence[Leg]) -> None:
        if out.exists():
            return
        squares = Recipe(seed, self.effort.squares, mixed_styles=True, marks=MARKS)
        frames = replace(squares, seed=seed + 1, count=self.effort.frames)
        drawings: list[tuple[Drawings, float]] = [
            (draw_corpus(squares, self.folder / f"{out.name}-squares"), 0.45),
            (draw_frames(frames, self.folder / f"{out.name}-frames"), 0.55),
        ]
        with appearing_whole(out) as partial:
            train_tagger(drawings, partial, self.folder / f"{out.name}.checkpoint", pictures, seed, levels, legs)

    def take_shipped(self) -> None:
        """Go on from what is shipped; only together do its parts know each other's latents and words."""
        if self.base.exists():
            return
        if self.vae.exists() or self.tokenizer.exists():
            raise SystemExit(f"{self.folder} holds parts of another base: take what is shipped into an empty folder.")
        shipped = self.shipped / "base"
        with appearing_whole(self.base) as partial:
            for network in ("unet", "text_encoder"):
                copytree(shipped / network, partial / network)
            copytree(shipped / "vae", self.vae)
            copytree(shipped / "tokenizer", self.tokenizer)

    def encode_drawings(self) -> None:
        draw_corpus(self.plain, self.folder / "plain")
        encode_pictures(self.vae, self.folder / "plain" / "pictures.npy", self.folder / "latents.npy")

    def make_base(self) -> None:
        """Six stages: small and rough, full size, and four whose learning rates fall; before the last one the text
        encoder learns which words belong together."""
        self.encode_drawings()
        sketch = self.stage("sketch", LATENT_SIZE // 2, self.effort.sketch_steps, 1.2e-3, 1, None)
        drawing = self.stage("drawing", LATENT_SIZE, self.effort.drawing_steps, 1e-3, 2, sketch.end)
        finish = self.stage("finish", LATENT_SIZE, self.effort.finish_steps, 8e-4, 3, drawing.end)
        refine = self.stage("refine", LATENT_SIZE, self.effort.refine_steps, 1e-3, 4, finish.end)
        settle = self.stage("settle", LATENT_SIZE, self.effort.settle_steps, 1e-3, 5, refine.end)
        for stage in (
            sketch,
            replace(drawing, flat=1.0),
            replace(finish, flat=0.1),
            replace(refine, flat=0.5),
            replace(settle, flat=0.59),
        ):
            _train(stage)
        bind = self.stage("bind", LATENT_SIZE, self.effort.bind_steps, 1e-3, 6, self.make_words(settle.end))
        _train(replace(bind, end=self.base, flat=0.5))

    def make_words(self, start: Path) -> Path:
        """The networks of the stage that ended at `start`, with a text encoder that tells tags apart as wholes."""
        words = self.folder / "words"
        if not words.exists():
            _unet, text_encoder = made_networks(start)
            tokenizer = CLIPTokenizer.from_pretrained(self.tokenizer, local_files_only=True)
            captions = Captions(tokenizer, Corpus(self.plain, self.folder / "plain").scenes)
            bind_words(text_encoder, captions, self.effort.word_steps, 6, self.folder / "words.checkpoint")
            with appearing_whole(words) as partial:
                copytree(start / "unet", partial / "unet")
                text_encoder.save_pretrained(partial / "text_encoder")
        return words

    def publish(self) -> None:
        """The folders as they are shipped."""
        publish_base(self.vae, self.base, self.tokenizer, self.shipped / "base")
        publish_tagger(self.tagger, self.shipped / "tagger")
        publish_tagger(self.judge, self.shipped / "judge")

    def publish_one_file(self) -> None:
        """The shipped base as one file in this folder, as checkpoints are passed around."""
        publish_one_file(self.shipped / "base", self.folder / ONE_FILE)

    def appraise(self) -> None:
        """Measure what is shipped, and write the card."""
        base, judges = (
            load_made_base(self.shipped / "base"),
            load_judges(self.shipped / "tagger", self.shipped / "judge"),
        )
        scenes = MEASURES[0].scenes(self.effort.prompts)
        pictures, film = draw_prompts(base, scenes), self.folder / "film.mp4"
        if not is_written(film):
            write_film(film, lambda _done, _of: None, SCREENPLAY[: self.effort.film_shots])
        plain, held_out = draw_corpus(self.plain, self.folder / "plain"), self.held_out().pictures
        appraisal = Appraisal(
            psnr=psnr(base.vae, held_out),
            adherence=adherence(base, judges, self.effort.prompts),
            nearness=nearness(pictures, held_out, plain.pictures),
            tagger=score_on_film(judges.tagger, film),
            judge=score_on_film(judges.judge, film),
            megabytes={name: folder_megabytes(self.shipped / name) for name in ("base", "tagger")},
            effort=asdict(self.effort),
        )
        write_card(appraisal, grid(pictures), self.shipped / "base")

    def stage(self, name: str, size: int, steps: int, rate: float, seed: int, start: Path | None) -> Stage:
        """A leg of training on the plain drawings."""
        return Stage(
            size=size,
            steps=steps,
            rate=rate,
            seed=seed,
            recipe=self.plain,
            corpus=self.folder / "plain",
            latents=self.folder / "latents.npy",
            tokenizer=self.tokenizer,
            start=start,
            end=self.folder / name,
            checkpoint=self.folder / f"{name}.checkpoint",
        )


def _train(stage: Stage) -> None:
    if not stage.end.exists():
        with appearing_whole(stage.end) as partial:
            in_shares(train_stage, replace(stage, end=partial))


@contextmanager
def appearing_whole(folder: Path) -> Iterator[Path]:
    """A folder to write to; it becomes `folder` when the block ends well."""
    partial = folder.with_name(f".{folder.name}-partial")
    rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    yield partial
    partial.rename(folder)


def folder_megabytes(folder: Path) -> float:
    """What is loaded from a folder, without its card."""
    files = [path for path in folder.rglob("*") if path.is_file() and path.name not in CARD_FILES]
    return sum(path.stat().st_size for path in files) / 1e6
