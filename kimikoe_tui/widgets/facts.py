"""What made a picture, what people and the tagger see in it, and which frames of the film it resembles."""

import re
from collections.abc import Mapping, Sequence

import msgspec
from rich.cells import cell_len
from rich.text import Text

from db.films import Film
from db.i18n import _
from db.pictures import Match, Picture
from db.ratings import Decision
from db.tags import FrameTag
from kimikoe_tui.palette import ACCENT, FAINT, MUTED, TEXT
from kimikoe_tui.text import percent, plain
from kimikoe_tui.widgets.decisions import decision_text

_LORA_USE = re.compile(r"(.+?):(-?\d[\d.e+-]*)(?: |\Z)")
MOST_TAGS = 14
TALL = 28


class Facts(msgspec.Struct, frozen=True):
    """All that the room shows of one picture."""

    picture: Picture
    matches: list[Match]
    tags: list[FrameTag]
    denied: list[str]
    films: dict[int, Film]


def rating_text(picture: Picture) -> Text:
    """What was decided of a picture."""
    return decision_text(Decision(picture.stars, picture.rejected, picture.reason, picture.unseen))


def facts_text(facts: Facts, width: int, height: int) -> Text:
    """The pane beside a picture; without blank lines where it is low."""
    picture = facts.picture
    blocks = [
        (_("prompt"), Text(plain(picture.prompt), TEXT)),
        (_("LoRA"), _loras(picture)),
        (_("drawn with"), _settings(picture)),
        (_nearest_title(facts.matches), _nearest(facts, width)),
        (_("you say"), _said(facts)),
        (_("the tagger sees"), _tags(facts.tags)),
        (_("negative prompt"), Text(plain(picture.negative_prompt), MUTED)),
    ]
    text = Text()
    for title, block in blocks:
        if block.plain:
            text.append(f"{title}\n", FAINT).append_text(block).append("\n\n" if height >= TALL else "\n")
    text.rstrip()
    return text


def match_citation(match: Match, films: Mapping[int, Film]) -> str:
    """The citation of the frame that a picture resembles."""
    return citation(films, match.film_id, match.frame_number)


def citation(films: Mapping[int, Film], film_id: int, number: int) -> str:
    """`0:31:50 (frame 57301)`, with the film's name where there are several."""
    cited = films[film_id].citation(number)
    return f"{plain(films[film_id].name)} {cited}" if len(films) > 1 else cited


def _loras(picture: Picture) -> Text:
    uses = _LORA_USE.findall(picture.loras or "")
    lines = [Text.assemble((plain(name), TEXT), (f"  {float(weight):g}", ACCENT)) for name, weight in uses]
    return Text("\n").join(lines)


def _settings(picture: Picture) -> Text:
    text = _("seed {seed}\n{steps} steps, {sampler}, cfg {cfg:g}\n{width}×{height}").format(
        seed=picture.seed,
        steps=picture.steps,
        sampler=plain(picture.sampler),
        cfg=picture.cfg_scale,
        width=picture.width,
        height=picture.height,
    )
    return Text(text, MUTED)


def _said(facts: Facts) -> Text:
    """`● nagisa, − glasses`, as in the frames room."""
    there = [Text(f"● {plain(each.tag)}", ACCENT) for each in facts.tags if each.score is None]
    denied = [Text.assemble(("− ", MUTED), (plain(name), f"strike {MUTED}")) for name in facts.denied]
    return Text(", ", FAINT).join([*there, *denied])


def _tags(tags: Sequence[FrameTag]) -> Text:
    seen = [(plain(each.tag), each.score) for each in tags if each.score is not None]
    parts = [Text.assemble((name, TEXT), (f" {score:.2f}", FAINT)) for name, score in seen[:MOST_TAGS]]
    return Text(", ", FAINT).join(parts)


def _nearest_title(matches: Sequence[Match]) -> str:
    title = _("nearest film frames, uncalibrated")
    if matches and matches[0].coverage < 1:
        title += "\n" + _("compared with {share} of the film").format(share=percent(matches[0].coverage))
    return title


def _nearest(facts: Facts, width: int) -> Text:
    lines = []
    for match in facts.matches:
        cited = match_citation(match, facts.films)
        gap = max(2, width - cell_len(cited) - 4)
        lines.append(Text.assemble((cited, TEXT), " " * gap, (f"{match.score:.2f}", ACCENT)))
    return Text("\n").join(lines)
