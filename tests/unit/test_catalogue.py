"""Catalogues: whole, current, faithful to their placeholders, and laid out by cells."""

import os
import re
import subprocess
import sys
from pathlib import Path

import click
import pytest
from babel.messages.catalog import Catalog

from db.i18n import DOMAIN, LOCALE_DIR
from kimikoe_tui.cli import help_words, kimikoe
from kimikoe_tui.cli.help_layout import NEVER_FIRST, WideFormatter, wrapped
from kimikoe_tui.text import cells, padded
from tools import catalogue

FILES = sorted(LOCALE_DIR.glob(f"*/LC_MESSAGES/{DOMAIN}.po"))
_FIELD = re.compile(r"\{[^{}]*\}|%\(\w+\)s")


@pytest.fixture(scope="module")
def fresh() -> Catalog:
    """The messages that there are."""
    return catalogue.template()


def test_japanese_is_there() -> None:
    assert "ja" in [path.parents[1].name for path in FILES]


@pytest.mark.parametrize("path", FILES, ids=str)
def test_every_message_is_translated_and_the_files_are_as_made(path: Path, fresh: Catalog) -> None:
    merged = catalogue.merged(path, fresh)
    assert catalogue.untranslated(merged) == [], "translate them in the .po file, then `make catalogue`"
    text, binary = catalogue.encoded(merged)
    assert path.read_bytes() == text, "`make catalogue`"
    assert path.with_suffix(".mo").read_bytes() == binary, "`make catalogue`"


@pytest.mark.parametrize("path", FILES, ids=str)
def test_translations_have_the_placeholders_and_lines_of_their_message(path: Path, fresh: Catalog) -> None:
    for message in catalogue.merged(path, fresh):
        if not message.id:
            continue
        plural = message.id if isinstance(message.id, tuple) else (message.id,)
        for said in message.string if isinstance(message.string, tuple) else (message.string,):
            assert sorted(_FIELD.findall(said)) == sorted(_FIELD.findall(plural[-1])), message.id
            assert said.count("\n") == plural[0].count("\n"), message.id
            assert not any(ord(character) < 32 and character not in "\n\t" for character in said), message.id


def test_extraction_sees_rooms_errors_options_and_click(fresh: Catalog) -> None:
    for message in ("reject and go on; nothing is deleted", "There is no picture {id}.", "Print JSON.", "Usage:"):
        assert message in fresh


@pytest.mark.parametrize("width", [40, 60, 80])
def test_japanese_help_fits_and_breaks_where_it_may(width: int) -> None:
    text = "画像に 1～5 の評価を付け、ボツ（x）にし、評価を消します（0）。一つでも誤りがあれば「何も」行いません。"
    lines = wrapped(text, width)
    assert all(cells(line) <= width for line in lines)
    assert not any(line[0] in NEVER_FIRST for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    formatter = WideFormatter(width=width)
    formatter.write_dl([("画像", "一覧"), ("--sheet", text)])
    assert {line.index("一") for line in formatter.getvalue().splitlines()[:1]} == {formatter.getvalue().index("一")}
    assert all(cells(line) <= width for line in formatter.getvalue().splitlines())


def test_columns_are_measured_in_cells() -> None:
    assert [cells(padded(word, 8)) for word in ("ok", "正常", "未評価", "é", "e\u0301")] == [8] * 5


def test_every_command_has_its_help_in_paragraphs() -> None:
    kimikoe.learn()
    said = list(help_words.messages(kimikoe))
    assert all(isinstance(each, str) and each == each.strip() for each in said) and len(said) > 100
    assert isinstance(kimikoe, click.Group)


def _run(*arguments: str, language: str) -> "subprocess.CompletedProcess[str]":
    named = {"LANG": language, "LC_ALL": language, "COLUMNS": "80", "LANGUAGE": ""}
    command = [sys.executable, "-m", "kimikoe_tui", *arguments]
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", env={**os.environ, **named})


def test_the_language_is_that_of_the_locale(tmp_path: Path) -> None:
    japanese = _run("rate", "-h", language="ja_JP.UTF-8").stdout
    assert japanese.startswith("使い方:") and "ボツ" in japanese and "Options" not in japanese
    assert all(cells(line) <= 80 for line in japanese.splitlines())
    assert _run("rate", "-h", language="C.UTF-8").stdout.startswith("Usage:")
    refused = _run("--studio", str(tmp_path), "status", language="ja_JP.UTF-8").stderr
    assert refused == f"kimikoe: {tmp_path} にスタジオがありません。`kimikoe init {tmp_path}` で作れます。\n"
