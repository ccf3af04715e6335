"""`kimikoe generate` and `match`: pictures, and what they resemble."""

import click

from db import generations, library
from db.pictures import PictureSettings
from db.requests import MatchRequest, TagRequest
from kimikoe_tui.cli.context import Context, pass_context
from kimikoe_tui.cli.waiting import Wait, submit, wait_option


@click.command()
@click.argument("prompts", metavar="PROMPT...", nargs=-1, required=True)
@click.option("--negative", default="", help="What the pictures should not show.")
@click.option("--count", default=8, show_default=True, help="Pictures for each prompt.")
@click.option("--seed", type=int, help="First seed, counting up; random if not given.")
@click.option("--steps", default=20, show_default=True)
@click.option("--sampler", type=click.Choice(generations.SAMPLERS), default="DPM++ 2M", show_default=True)
@click.option("--cfg", "cfg_scale", default=7.0, show_default=True, help="How strongly the prompt pulls.")
@click.option("--size", help="WIDTHxHEIGHT; the base's own if not given.")
@click.option("--clip-skip", default=1, show_default=True)
@wait_option
@pass_context
def generate(
    context: Context, prompts: tuple[str, ...], negative: str, count: int, seed: int | None, steps: int, sampler: str,
    cfg_scale: float, size: str | None, clip_skip: int, wait: Wait,
) -> None:  # fmt: skip
    """Draw pictures, tag them, and find the film frames they resemble.

    A prompt names LoRAs as <name:0.7> or <lora:name:0.7>, weighs words as (glasses:1.2) and [hat], and splits at BREAK.

    \b
    Example:
      kimikoe generate '1girl, solo, brown hair, glasses <kimikoe-2023-10-18-1:0.7>' --count 100 --detach
    """
    width, height = generations.size_of(size or "")
    base = library.base(context.db)
    settings = [
        PictureSettings(
            prompt=prompt, negative_prompt=negative, count=count, seed=seed, steps=steps, sampler=sampler,
            cfg_scale=cfg_scale, width=width, height=height, clip_skip=clip_skip,
        )
        for prompt in prompts
    ]  # fmt: skip
    submit(context, generations.plan(context.db, base.id, settings), wait)


@click.command()
@click.option("--count", default=5, show_default=True, help="Frames for each picture, each of another shot.")
@wait_option
@pass_context
def match(context: Context, count: int, wait: Wait) -> None:
    """Find the film frames that each finished picture most resembles (uncalibrated).

    \b
    Example:
      kimikoe match --wait
    """
    submit(context, [TagRequest(), MatchRequest(count=count)], wait)


COMMANDS = (generate, match)
