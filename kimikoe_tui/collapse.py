"""What a film collapses to, as words: frames, holds and shots, the factor saved, and how long drawings are held."""

from collections.abc import Iterator

from db.exposures import Exposures
from db.i18n import _, plural
from kimikoe_tui.text import percent, thousands

BAR = 24


def collapsed(frames: int, holds: int, shots: int) -> list[str]:
    """`170,000 frames`, `61,204 holds`, `1,480 shots`."""
    return [
        plural("{count} frame", "{count} frames", frames).format(count=thousands(frames)),
        plural("{count} hold", "{count} holds", holds).format(count=thousands(holds)),
        plural("{count} shot", "{count} shots", shots).format(count=thousands(shots)),
    ]


def saved(frames: int, holds: int) -> str:
    """By which factor there are fewer drawings than frames to tag, embed and encode."""
    return _("{factor}× fewer drawings than frames").format(factor=f"{frames / holds:.1f}")


def shares(held: Exposures) -> list[tuple[str, int]]:
    """The names of the exposures, as animators say them, with how many drawings have each."""
    names = (_("1s"), _("2s"), _("3s"), _("longer"))
    return list(zip(names, (held.ones, held.twos, held.threes, held.longer), strict=True))


def histogram(held: Exposures) -> Iterator[str]:
    """A line with a bar for each exposure."""
    for name, count in shares(held):
        share = count / max(held.holds, 1)
        yield f"{name:>8} {thousands(count):>9} {percent(share):>4} {'█' * round(BAR * share)}".rstrip()


def in_short(held: Exposures) -> list[str]:
    """`1s 12%`, and so on for each exposure."""
    return [f"{name} {percent(count / max(held.holds, 1))}" for name, count in shares(held)]
