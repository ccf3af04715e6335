"""What a terminal, a markup language, a path or a database might take for more than text."""

TEXTS = {
    "colour": "a\x1b[31mred",
    "title": "\x1b]0;owned\x07",
    "link": "\x1b]8;;http://example.org\x1b\\click\x1b]8;;\x1b\\",
    "clear": "\x1b[2J\x1b[H",
    "device": "\x1bP1$r\x1b\\",
    "answer": "\x1b[c\x1b[6n",
    "c1": "\x9b31mred\x9d0;owned\x9c",
    "backspace": "safe\x08\x08\x08\x08evil",
    "return": "safe\revil",
    "bell": "\x07\x07",
    "delete": "a\x7fb",
    "next line": "one\x85two\x0btwo\x0cthree\x1cfour",
    "separators": "one\u2028two\u2029three",
    "right to left": "gpj.\u202eexe",
    "isolates": "\u2066a\u2069\u2067b\u2069",
    "arabic mark": "a\u061cb",
    "no width": "na\u200bgi\u200dsa\ufeff\u2060",
    "soft hyphen": "na\xadgisa",
    "fillers": "\u3164\u115f\u1160\u034f",
    "tags": "a\U000e0041\U000e007f",
    "notes": "\ufff9a\ufffab\ufffb",
    "markup": "[bold red]x[/bold red] [link=http://example.org]y[/link] [@click=app.quit]z[/]",
    "open markup": "[/][[[[red",
    "brackets": "[" * 300,
    "percent": "%s%n%x {0} {name} {}",
    "parent": "../../../etc/passwd",
    "quote": "'; DROP TABLE film; --",
    "long": "x" * 200_000,
    "combining": "e" + "\u0301" * 500,
    "wide": "凪沙" * 100,
}
"""Names that a file can have are those without `/` and NUL, of at most 255 bytes."""


def file_names() -> dict[str, str]:
    """Those of the texts that can be a file's name, shortened to what a file system takes."""
    return {
        key: text.replace("/", "_").encode()[:200].decode("utf-8", "ignore")
        for key, text in TEXTS.items()
        if "\0" not in text and key != "long"
    }
