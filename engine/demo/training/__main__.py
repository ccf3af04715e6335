"""`python -m engine.demo.training FOLDER` draws and trains the demo's models in FOLDER, or goes on with it."""

import argparse
from collections.abc import Callable
from pathlib import Path

from engine.demo.training.more import MORE_REHEARSAL, MoreEffort, MoreWorkshop
from engine.demo.training.plan import REHEARSAL, Effort, Workshop

Step = Callable[[MoreWorkshop], None]

STEPS: dict[str, Step] = {
    "drawings": Workshop.make_drawings,
    "tokenizer": Workshop.make_tokenizer,
    "vae": Workshop.make_vae,
    "taggers": Workshop.make_taggers,
    "base": Workshop.make_base,
    "publish": Workshop.publish,
    "card": Workshop.appraise,
    "one-file": Workshop.publish_one_file,
}
BESIDE: dict[str, Step] = {
    "take-shipped": Workshop.take_shipped,
    "controlnets": MoreWorkshop.make_controlnets,
    "controlnet-cards": MoreWorkshop.appraise_controlnets,
    "sdxl": MoreWorkshop.make_sdxl,
    "sdxl-card": MoreWorkshop.appraise_sdxl,
}


def main(arguments: list[str] | None = None) -> None:
    """Make everything that is embedded, or only the named steps."""
    parser = argparse.ArgumentParser(prog="python -m engine.demo.training")
    parser.add_argument("folder", type=Path, metavar="FOLDER")
    parser.add_argument("--shipped", type=Path, metavar="DIR", help="where the finished folders go (FOLDER/shipped)")
    parser.add_argument("--beside", type=Path, metavar="DIR", help="where models beside them go (FOLDER/beside)")
    parser.add_argument(
        "--only", nargs="+", choices=list(STEPS | BESIDE), metavar="STEP",
        help=f"these steps alone, in this order: {', '.join(STEPS)}; and, made beside them, {', '.join(BESIDE)}",
    )  # fmt: skip
    parser.add_argument("--rehearsal", action="store_true", help="a thousandth of the effort, to see that all works")
    options = parser.parse_args(arguments)
    effort, more = (REHEARSAL, MORE_REHEARSAL) if options.rehearsal else (Effort(), MoreEffort())
    workshop = MoreWorkshop(options.folder, effort, more, options.shipped, options.beside)
    if not options.only:
        workshop.make()
    for step in options.only or ():
        (STEPS | BESIDE)[step](workshop)


if __name__ == "__main__":
    main()
