"""What is made beside the base, once the base is there: its ControlNets, and a small SDXL grown from it."""

from dataclasses import dataclass, replace
from pathlib import Path

from engine.demo.training.appraisal import adherence, draw_prompts, load_judges, load_made_base
from engine.demo.training.conditions import KINDS, Kind, conditions
from engine.demo.training.controlnet import ControlStage, train_controlnet
from engine.demo.training.corpus import Corpus, Recipe
from engine.demo.training.depth_reader import DepthReader, load_depth_reader, save_depth_reader, train_depth_reader
from engine.demo.training.following import SCENES, draw_shown, follows
from engine.demo.training.latents import encode_pictures
from engine.demo.training.measures import MEASURES
from engine.demo.training.more_cards import (
    ControlNetFigures,
    SdxlFigures,
    controlnet_name,
    write_controlnet_card,
    write_sdxl_card,
)
from engine.demo.training.networks import LATENT_SIZE
from engine.demo.training.originals import Original, draw_originals
from engine.demo.training.parallel import in_shares
from engine.demo.training.plan import Effort, Workshop, appearing_whole, folder_megabytes
from engine.demo.training.publish import publish_controlnet, publish_sdxl
from engine.demo.training.sdxl import SdxlStage, train_sdxl
from engine.demo.training.sdxl_drawings import Source
from engine.demo.training.sizes import SCENES as SIZED_SCENES
from engine.demo.training.sizes import measure_sizes


@dataclass(frozen=True)
class MoreEffort:
    """How much is drawn, trained and measured beside the base. The default takes two cores about 25 minutes for each
    ControlNet and an hour for the SDXL, or a card some ten minutes for all."""

    controlnet_steps: int = 3_200
    reader_steps: int = 600
    large: int = 10_000
    small: int = 5_000
    sdxl_steps: int = 5_000
    shown: int = SCENES
    sized: int = SIZED_SCENES


MORE_REHEARSAL = MoreEffort(controlnet_steps=2, reader_steps=2, large=20, small=20, sdxl_steps=2, shown=2, sized=2)


class MoreWorkshop(Workshop):
    """The workshop with what is made beside the base. What is there already is not made again."""

    def __init__(
        self, folder: Path, effort: Effort, more: MoreEffort, shipped: Path | None = None, beside: Path | None = None
    ) -> None:
        super().__init__(folder, effort, shipped)
        self.more = more
        self.beside = beside or folder / "beside"

    def make_controlnets(self) -> None:
        """Train one for each kind of condition."""
        self.encode_drawings()
        for kind in KINDS:
            folder = self.folder / controlnet_name(kind)
            if not folder.exists():
                conditions(kind, Corpus(self.plain, self.folder / "plain"), self.folder / "plain")
                with appearing_whole(folder) as partial:
                    in_shares(train_controlnet, replace(self.control_stage(kind), end=partial))
            publish_controlnet(folder, self.beside / folder.name)

    def control_stage(self, kind: Kind) -> ControlStage:
        """The training of one ControlNet."""
        seed = 11 + KINDS.index(kind)
        stage = self.stage(controlnet_name(kind), LATENT_SIZE, self.more.controlnet_steps, 1e-3, seed, self.base)
        return ControlStage(**vars(stage), kind=kind)

    def make_sdxl(self) -> None:
        """Draw what it needs beside the base's drawings, and train it."""
        folder = self.folder / "sdxl"
        if not folder.exists():
            stage = replace(self.sdxl_stage(), sources=self.sdxl_sources())
            with appearing_whole(folder) as partial:
                in_shares(train_sdxl, replace(stage, end=partial))
        publish_sdxl(self.vae, folder, self.tokenizer, self.beside / "sdxl")

    def sdxl_stage(self) -> SdxlStage:
        """The training of the small SDXL, without its sources."""
        stage = self.stage("sdxl", LATENT_SIZE, self.more.sdxl_steps, 5e-4, 21, self.base)
        return SdxlStage(**{**vars(stage), "flat": 0.4}, sources=())

    def sdxl_sources(self) -> tuple[Source, ...]:
        """The base's drawings and those of other sizes, drawn and encoded."""
        self.encode_drawings()
        return (
            Source(self.plain, 128, self.folder / "latents.npy", 0.7),
            self._source(Recipe(103, self.more.large), 160, 0.2),
            self._source(Recipe(104, self.more.small), 64, 0.1),
        )

    def _source(self, recipe: Recipe, original: Original, share: float) -> Source:
        file = self.folder / f"originals-{original}" / "pictures.npy"
        draw_originals(recipe, original, file)
        latents = self.folder / f"latents-{original}.npy"
        encode_pictures(self.vae, file, latents)
        return Source(recipe, original, latents, share)

    def appraise_controlnets(self) -> None:
        """Measure how far pictures follow each condition, and write the cards."""
        for kind in KINDS:
            folder = self.beside / controlnet_name(kind)
            shown = draw_shown(self.shipped / "base", folder, kind, self.more.shown)
            found = follows(kind, shown, self.depth_reader())
            figures = ControlNetFigures(found, folder_megabytes(folder), self.more.controlnet_steps)
            write_controlnet_card(figures, shown, folder)

    def appraise_sdxl(self) -> None:
        """Measure the small SDXL, and write its card."""
        folder = self.beside / "sdxl"
        base, judges = load_made_base(folder), load_judges(self.shipped / "tagger", self.shipped / "judge")
        pictures = draw_prompts(base, MEASURES[0].scenes(self.effort.prompts))
        figures = SdxlFigures(
            adherence(base, judges, self.effort.prompts),
            measure_sizes(folder, self.depth_reader(), self.more.sized),
            folder_megabytes(folder),
            self.effort.prompts,
            self.more.sdxl_steps,
        )
        write_sdxl_card(figures, pictures, folder)

    def depth_reader(self) -> DepthReader:
        """The network that reads depth, trained when it is first needed."""
        file = self.folder / "depth-reader.safetensors"
        if not file.exists():
            corpus = Corpus(self.plain, self.folder / "plain")
            depths = conditions("depth", corpus, self.folder / "plain")
            checkpoint = self.folder / "depth-reader.checkpoint"
            save_depth_reader(
                train_depth_reader(corpus.pictures, depths, self.more.reader_steps, checkpoint), file
            )  # fmt: skip
        return load_depth_reader(file)
