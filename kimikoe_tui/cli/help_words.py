"""The commands' help in a person's language: its paragraphs and option texts are messages like all others."""

import inspect
from collections.abc import Iterator

import click

from db.i18n import _
from kimikoe_tui.cli.help_layout import WideContext

_AS_IT_STANDS = "\b"
_EXAMPLE = "Example:"
_SENTENCE_ENDS = ("。", ". ")


def messages(command: click.Command) -> Iterator[str]:
    """All that the help of a command, and of those below it, says in words."""
    for paragraph in _paragraphs(command.help or ""):
        if not paragraph.startswith(_AS_IT_STANDS):
            yield paragraph
        elif not _is_example(paragraph):
            yield _standing(paragraph)
    yield from (each.help for each in command.params if isinstance(each, click.Option) and each.help)
    for each in command.commands.values() if isinstance(command, click.Group) else ():
        yield from messages(each)


def translate(command: click.Command) -> None:
    """Put the help of a command, and of those below it, into the language in use."""
    command.context_class = WideContext
    said = [_translated(paragraph) for paragraph in _paragraphs(command.help or "")]
    command.help = "\n\n".join(said)
    command.short_help = command.short_help or _first_sentence(said[0] if said else "")
    for option in command.params:
        if isinstance(option, click.Option) and option.help:
            option.help = _(option.help)
    for each in command.commands.values() if isinstance(command, click.Group) else ():
        translate(each)


def _paragraphs(text: str) -> list[str]:
    """Paragraphs, each on one line but those that stand as they are written."""
    parts = [part.strip("\n") for part in inspect.cleandoc(text).split("\n\n")]
    return [part if part.startswith(_AS_IT_STANDS) else " ".join(part.split()) for part in parts if part.strip()]


def _translated(paragraph: str) -> str:
    if not paragraph.startswith(_AS_IT_STANDS):
        return _(paragraph)
    if _is_example(paragraph):
        return paragraph.replace(_EXAMPLE, _(_EXAMPLE), 1)
    return f"{_AS_IT_STANDS}\n{_(_standing(paragraph))}"


def _standing(paragraph: str) -> str:
    return paragraph.removeprefix(_AS_IT_STANDS).strip("\n")


def _is_example(paragraph: str) -> bool:
    return _standing(paragraph).startswith(_EXAMPLE)


def _first_sentence(text: str) -> str:
    ends = [text.find(end) + len(end.strip()) for end in _SENTENCE_ENDS if end in text]
    return text[: min(ends)] if ends else text
