"""`python -m engine.demo.training FOLDER` draws and trains the demo's models in FOLDER, or goes on with it."""

import argparse
from pathlib import Path

from engine.demo.training.plan import REHEARSAL, Effort, Workshop

STEPS = {
    "drawings": Workshop.make_drawings,
    "tokenizer": Workshop.make_tokenizer,
    "vae": Workshop.make_vae,
    "taggers": Workshop.make_taggers,
    "base": Workshop.make_base,
    "publish": Workshop.publish,
    "card": Workshop.appraise,
}


def main(arguments: list[str] | None = None) -> None:
    """Make everything, or only the named steps."""
    parser = argparse.ArgumentParser(prog="python -m engine.demo.training")
    parser.add_argument("folder", type=Path, metavar="FOLDER")
    parser.add_argument("--shipped", type=Path, metavar="DIR", help="where the finished folders go (FOLDER/shipped)")
    parser.add_argument("--only", nargs="+", choices=list(STEPS), help="these steps alone, in this order")
    parser.add_argument("--rehearsal", action="store_true", help="a thousandth of the effort, to see that all works")
    options = parser.parse_args(arguments)
    workshop = Workshop(options.folder, REHEARSAL if options.rehearsal else Effort(), options.shipped)
    if not options.only:
        workshop.make()
    for step in options.only or ():
        STEPS[step](workshop)


if __name__ == "__main__":
    main()
