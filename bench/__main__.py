"""`python -m bench` lists the benchmarks; `python -m bench NAME... [--json]` runs them, `--all` runs every one."""

import argparse
import sys
from importlib import import_module

import msgspec

from bench.harness import Result

BENCHMARKS = {
    "training": "a training step against the bare forward+backward+optimizer loop",
    "generation": "a denoised picture against the bare denoise loop",
    "first_paint": "the terminal's first paint against a trivial Textual app",
    "pictures": "from a key to the next picture by kitty and by sixel, against limits, half blocks and textual-image",
    "culling": "300 decisions at 25 keys a second, and memory over 2,000 pictures; eight minutes",
    "holds": "held drawings and cuts of synthetic animation in four encodes, by the estimated threshold; 20 minutes",
    "ingest": "taking in a film of 12 Mbit/s against decoding it bare, by CPU time and stage",
    "tagging": "a tag job against a bare onnxruntime loop, and against tagging every frame one by one",
    "frame_on_demand": "one frame at 1080p through the frame server, against limits and bare PyAV",
    "answers": "questions to 170,000 frames with 5 million tags, by bitmaps and by SQL; an act on 20,000 frames",
    "whole_film_terminal": "opening 170,000 frames, a key and a page in their list, the longest wait of a key, memory",
    "tui_memory": "the terminal's memory against a trivial Textual app",
    "lesson": "what the demo's second run learns, over three seeds, against the bare base; ten minutes",
    "people_first": "keys and reads of two terminals while the engine writes at full speed, against rest",
}


def main() -> int:
    """Run what was asked; the exit status is 1 where a target was missed."""
    parser = argparse.ArgumentParser(prog="python -m bench")
    parser.add_argument("names", nargs="*", choices=[*BENCHMARKS, []], metavar="NAME")
    parser.add_argument("--all", action="store_true", help="run every benchmark")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    names = list(BENCHMARKS) if options.all else options.names
    if not names:
        print("\n".join(f"{name:<19} {what}" for name, what in BENCHMARKS.items()))
        return 0
    results = [result for name in names for result in run(name)]
    if options.json:
        print(msgspec.json.format(msgspec.json.encode(results)).decode())
    else:
        print("\n".join(map(line, results)))
    return 0 if all(result.ok for result in results) else 1


def run(name: str) -> list[Result]:
    """The results of one benchmark."""
    return list(import_module(f"bench.{name}").run())


def line(result: Result) -> str:
    """A result as a line to read."""
    return (
        f"{result.name:<28} {result.value:>10.2f} {result.unit:<10} baseline {result.baseline:>10.2f}"
        f"  ratio {result.ratio:.3f} ({result.target}) {'ok' if result.ok else 'MISSED'}"
    )


if __name__ == "__main__":
    sys.exit(main())
