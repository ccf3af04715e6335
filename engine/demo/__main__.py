"""`python -m engine.demo film OUT.mp4` writes the demo film and says on standard output how far it is; `score` and
`shots` answer from the film's truth, as JSON. `film --shots 300 --seed 7` writes a longer film drawn by lot."""

import argparse
import json
import sys
from pathlib import Path

from db.errors import UserError
from db.i18n import _
from engine.demo.film import BARS, is_written, write_film
from engine.demo.judge import score_tags, solo_shots
from engine.demo.long_film import long_screenplay
from engine.demo.screenplay import SCREENPLAY


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m engine.demo")
    commands = parser.add_subparsers(dest="command", required=True)
    film = commands.add_parser("film", help=_("write the demo film, unless it is there already"))
    film.add_argument("path", type=Path, metavar="OUT.mp4")
    film.add_argument("--letterbox", action="store_true", help=_("a wide picture between black bars"))
    film.add_argument("--shots", type=int, metavar="N", help=_("a film of N shots drawn by lot instead"))
    film.add_argument("--seed", type=int, default=0, help=_("which film of N shots"))
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
            shots = SCREENPLAY if options.shots is None else long_screenplay(options.shots, options.seed)
            write_film(options.path, _say_progress, shots, bars=BARS if options.letterbox else 0)
        case "score":
            print(json.dumps(score_tags(options.studio, options.path)))
        case "shots":
            print(json.dumps(solo_shots(options.path, options.name)))


def _say_progress(done: int, total: int) -> None:
    """One JSON line for a parent's progress bar."""
    print(json.dumps({"done": done, "total": total, "unit": "frames"}), flush=True)


if __name__ == "__main__":
    sys.exit(main())
