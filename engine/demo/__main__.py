"""`python -m engine.demo film OUT.mp4` writes the demo film and says on standard output how far it is; `score` and
`shots` answer from the film's truth, as JSON."""

import argparse
import json
import sys
from pathlib import Path

from db.errors import UserError
from db.i18n import _
from engine.demo.film import is_written, write_film
from engine.demo.judge import score_tags, solo_shots


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m engine.demo")
    commands = parser.add_subparsers(dest="command", required=True)
    film = commands.add_parser("film", help=_("write the demo film, unless it is there already"))
    film.add_argument("path", type=Path, metavar="OUT.mp4")
    score = commands.add_parser("score", help=_("compare a studio's automatic tags with what was drawn"))
    score.add_argument("studio", type=Path, metavar="STUDIO")
    score.add_argument("path", type=Path, metavar="FILM.mp4")
    shots = commands.add_parser("shots", help=_("a frame of each shot in which a character is alone"))
    shots.add_argument("name", metavar="NAME")
    shots.add_argument("path", type=Path, metavar="FILM.mp4")
    options = parser.parse_args(arguments)
    try:
        _run(options)
    except UserError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def _run(options: argparse.Namespace) -> None:
    match options.command:
        case "film" if not is_written(options.path):
            write_film(options.path, _say_progress)
        case "score":
            print(json.dumps(score_tags(options.studio, options.path)))
        case "shots":
            print(json.dumps(solo_shots(options.path, options.name)))


def _say_progress(done: int, total: int) -> None:
    """One JSON line for a parent's progress bar."""
    print(json.dumps({"done": done, "total": total, "unit": "frames"}), flush=True)


if __name__ == "__main__":
    sys.exit(main())
