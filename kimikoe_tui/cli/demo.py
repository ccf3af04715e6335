"""`kimikoe demo`: the whole loop on the embedded default."""

from pathlib import Path

import click

STEPS = (240, 310)


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--steps", type=int, nargs=2, default=STEPS, show_default=True, help="Training steps of the two runs.")
def demo(folder: Path, steps: tuple[int, int]) -> None:
    """Run the whole loop in FOLDER on a film of our own: no GPU, no downloads, some ten minutes. Run again, it goes on.

    \b
    Example:
      kimikoe demo ./demo-studio
    """
    from kimikoe_tui.demo.story import tell

    tell(folder, steps)


COMMANDS = (demo,)
