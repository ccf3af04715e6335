"""Errors that are messages to a person: one line, without a traceback."""


class UserError(Exception):
    """Something a person can put right: what is wrong, where, and what to do, in one line."""


class DiskFullError(UserError):
    """The disk has no room for the studio's rows; nothing of what was to be written is."""
