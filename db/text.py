"""Untrusted text: what files, tags, prompts and rows say, as a terminal or a log may be given it."""

import re

LONGEST_LINE = 1000
_AROUND_CARET = 70

# Control characters, line ends, direction marks, and what takes no room or looks like a space and is none.
_CLASS = (
    r"[\x00-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ud800-\udfff"
    r"\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e0fff]"
)
_UNPRINTABLE = re.compile(_CLASS + "+")
_EACH_UNPRINTABLE = re.compile(_CLASS)
_EACH_IN_LINES = re.compile(rf"(?![\n\t]){_CLASS}")
_CARET = re.compile(r"(?P<line>.*)\n(?P<indent> *)\^ (?P<reason>.*)\Z", re.DOTALL)


def plain(text: str) -> str:
    """Untrusted text on one line: a space for each run of control characters, line ends, tabs or direction marks."""
    return _UNPRINTABLE.sub(" ", text)


def plain_block(text: str) -> str:
    """Untrusted text of which line ends and tabs stay: every other unprintable character becomes `?`."""
    return _EACH_IN_LINES.sub("?", text)


def escaped(text: str) -> str:
    """JSON text in which unprintable characters stand as `\\u009b`, line ends between values excepted."""
    return _EACH_IN_LINES.sub(_json_escape, text)


def _json_escape(match: re.Match[str]) -> str:
    units = match[0].encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))


def readable(message: str) -> str:
    """A message on one line, or on two where the second points with a caret at a place in the first; never too long."""
    if pointed := _CARET.match(message):
        return _pointed(pointed["line"], len(pointed["indent"]), shortened(plain(pointed["reason"])))
    return shortened(plain(message).strip())


def shortened(line: str, most: int = LONGEST_LINE) -> str:
    """The line, without its middle where it is longer than `most` characters."""
    return line if len(line) <= most else f"{line[: most * 3 // 4]} … {line[len(line) - most // 8 :]}"


def _pointed(text: str, at: int, reason: str) -> str:
    """Both lines; of a long text the part around the caret, which stays below its place."""
    line = _EACH_UNPRINTABLE.sub(" ", text)
    if len(line) > LONGEST_LINE:
        start = max(0, at - _AROUND_CARET)
        line, at = f"… {line[start : at + _AROUND_CARET]} …", at - start + 2
    return f"{line}\n{' ' * at}^ {reason}"


def size_text(count: int) -> str:
    """`512 B`, `38 kB`, `1.4 GB`: bytes in units of a thousand."""
    amount, unit = float(count), "B"
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if amount < 999.5 or unit == "TB":
            break
        amount /= 1000
    return f"{amount:.1f} {unit}" if amount < 9.95 and unit != "B" else f"{amount:.0f} {unit}"
