"""`python -m tools.catalogue`: the messages of the program and of click's own help, extracted, merged and compiled.

Translations stay where their English did not change; what is new stands empty in the `.po` files, and is counted.
"""

import ast
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import click
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from db.i18n import DOMAIN, LOCALE_DIR
from kimikoe_tui.cli import help_words, kimikoe

HOUSE = Path(__file__).parents[1]
PACKAGES = ("db", "engine", "kimikoe_tui")
NEVER_SHOWN = ("engine/demo/training",)
FUNCTIONS = {"_": 1, "plural": 2}
CLICK_FILES = ("core.py", "decorators.py", "exceptions.py", "formatting.py", "types.py", "parser.py", "_utils.py")
CLICK_FUNCTIONS = {"_": 1, "ngettext": 2}
NO_DATE = datetime(2000, 1, 1, tzinfo=UTC)
Message = str | tuple[str, ...]


def template() -> Catalog:
    """Every message that a person may see."""
    catalogue = Catalog(project="kimikoe", fuzzy=False, creation_date=NO_DATE, revision_date=NO_DATE)
    for message in _messages():
        catalogue.add(message)
    return catalogue


def _messages() -> Iterator[Message]:
    for package in PACKAGES:
        for path in sorted((HOUSE / package).rglob("*.py")):
            if not path.relative_to(HOUSE).as_posix().startswith(NEVER_SHOWN):
                yield from _in_file(path, FUNCTIONS)
    for name in CLICK_FILES:
        if (path := Path(click.__file__).parent / name).is_file():
            yield from _in_file(path, CLICK_FUNCTIONS)
    kimikoe.learn()
    yield from help_words.messages(kimikoe)
    yield "Example:"


def _in_file(path: Path, functions: Mapping[str, int]) -> Iterator[Message]:
    """The messages of calls such as `_("…")`, inside f-strings too, which readers of tokens do not see everywhere."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in functions:
            count = functions[node.func.id]
            texts = [text for each in node.args[:count] if isinstance(text := getattr(each, "value", None), str)]
            if len(texts) == count:
                yield texts[0] if count == 1 else tuple(texts)


def merged(path: Path, fresh: Catalog) -> Catalog:
    """The translations of a file for the messages there are now."""
    with open(path, "rb") as file:
        catalogue = read_po(file, locale=path.parents[1].name)
    catalogue.update(fresh, no_fuzzy_matching=True)
    catalogue.obsolete.clear()
    catalogue.creation_date = catalogue.revision_date = NO_DATE
    return catalogue


def encoded(catalogue: Catalog) -> tuple[bytes, bytes]:
    """The catalogue as `.po` and as `.mo`."""
    text, binary = BytesIO(), BytesIO()
    write_po(text, catalogue, no_location=True, sort_output=True, width=120)
    write_mo(binary, catalogue)
    return text.getvalue(), binary.getvalue()


def untranslated(catalogue: Catalog) -> list[Message]:
    """The messages that still stand empty."""
    return [each.id for each in catalogue if each.id and not all(each.string if each.pluralizable else [each.string])]


def main() -> None:
    """Bring every language's catalogue up to date; exits with 1 where translations are missing."""
    fresh, missing = template(), 0
    for path in sorted(LOCALE_DIR.glob(f"*/LC_MESSAGES/{DOMAIN}.po")):
        catalogue = merged(path, fresh)
        text, binary = encoded(catalogue)
        path.write_bytes(text)
        path.with_suffix(".mo").write_bytes(binary)
        empty = untranslated(catalogue)
        missing += len(empty)
        print(f"{path.relative_to(HOUSE)}: {len(catalogue)} messages, {len(empty)} without translation")
    sys.exit(1 if missing else 0)


if __name__ == "__main__":
    main()
