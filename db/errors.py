"""Errors that are messages to a person: one line, without a traceback."""

from db.text import readable


class UserError(Exception):
    """Something a person can put right: what is wrong, where, and what to do, in one line.

    Names and contents of files reach it: whatever they are, it is one printable line of bounded length, or two where
    the second is a caret.
    """

    def __init__(self, message: str) -> None:
        super().__init__(readable(message))


class DiskFullError(UserError):
    """The disk has no room for the studio's rows; nothing of what was to be written is."""
