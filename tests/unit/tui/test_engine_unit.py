import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db import engine_lock
from db.errors import UserError
from kimikoe_tui import engine_control, engine_unit
from kimikoe_tui.doctor.machine import Answer
from kimikoe_tui.engine_unit import next_commands, quoted, start_unit, unit_name, unit_text, write_unit
from tests.unit.doctor.machines import MadeUpMachine

SYSTEMD = {"/run/systemd/system/x": ""}
ESCAPES = {"\\": "\\", '"': '"'}


def read_back(word: str) -> str:
    """A quoted word as systemd.syntax(7) and its specifiers say that it is read."""
    assert word[0] == word[-1] == '"'
    text, plain, index = word[1:-1], "", 0
    while index < len(text):
        if text[index] == "\\" and text[index + 1] == "x":
            plain, index = plain + chr(int(text[index + 2 : index + 4], 16)), index + 4
        elif text[index] == "\\":
            plain, index = plain + ESCAPES[text[index + 1]], index + 2
        elif text[index] == "%":
            assert text[index + 1] == "%"
            plain, index = plain + "%", index + 2
        else:
            assert text[index] != '"'
            plain, index = plain + text[index], index + 1
    return plain


@given(st.text(st.characters(codec="utf-8"), min_size=1))
def test_any_path_is_one_word_on_one_line_that_reads_back(path: str) -> None:
    word = quoted(path)
    assert read_back(word) == path
    assert not any(ord(character) < 0x20 for character in word)


def test_a_path_that_is_no_utf8_is_refused_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no UTF-8: rename it"):
        unit_text(tmp_path / os.fsdecode(b"film\xff"))
    with pytest.raises(UserError, match="quotes"):
        unit_text(tmp_path, python='/opt/"kimikoe"/bin/python')


def test_the_unit_says_what_an_unattended_engine_needs(tmp_path: Path) -> None:
    text = unit_text(tmp_path, {"HF_HOME": "/models/100% mine", "SECRET": "s"}, "/opt/kimi koe/bin/python")
    lines = text.splitlines()
    assert f'ExecStart=:"/opt/kimi koe/bin/python" -P -m engine "{tmp_path}"' in lines
    assert 'Environment="HF_HOME=/models/100%% mine"' in lines and "SECRET" not in text
    for needed in (
        "Restart=on-failure", "StartLimitIntervalSec=0", "KillMode=mixed", "TimeoutStopSec=120", "OOMPolicy=continue",
        "Nice=5", "IOSchedulingClass=best-effort", "UMask=0077", "WantedBy=default.target",
    ):  # fmt: skip
        assert needed in lines


def test_every_studio_has_a_unit_of_its_own(tmp_path: Path) -> None:
    names = {unit_name(tmp_path / name) for name in ("film", "a/film", "fi lm", "fi%lm", "映画", "-")}
    assert len(names) == 6
    assert all(name.isascii() and " " not in name and name.endswith(".service") for name in names)
    (tmp_path / "link").symlink_to(tmp_path / "film")
    assert unit_name(tmp_path / "link") == unit_name(tmp_path / "film")


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd here")
@pytest.mark.parametrize("name", ["studio", 'a b%h $HOME"q\\x\t', "映画's"])
def test_systemd_itself_takes_the_unit(tmp_path: Path, name: str) -> None:
    root = tmp_path / name
    root.mkdir()
    unit = tmp_path / unit_name(root)
    unit.write_text(unit_text(root, {"LANG": "ja_JP.UTF-8", "HF_HOME": str(root)}))
    command = ["systemd-analyze", "verify", "--user", str(unit)]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "XDG_RUNTIME_DIR": str(tmp_path)})
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("answer", "files", "said"),
    [
        (Answer(0, "Linger=yes\n"), {}, "Linger is on"),
        (Answer(0, "Linger=no\n"), {}, "Linger is off"),
        (Answer(1, "", "User ID 0 is not logged in"), {"/var/lib/systemd/linger/me": ""}, "Linger is on"),
        (Answer(1, ""), {"/var/lib/systemd/linger/other": ""}, "Linger is off"),
        (None, {}, "Linger is off"),
    ],
)
def test_linger_is_checked_and_the_command_said(
    tmp_path: Path, answer: Answer | None, files: dict[str, str], said: str
) -> None:
    answers = {"loginctl show-user me --property=Linger": answer} if answer else {}
    lines = list(next_commands(tmp_path, MadeUpMachine(answers, {**SYSTEMD, **files})))
    assert any(said in line for line in lines)
    assert ("  loginctl enable-linger me" in lines) == (said != "Linger is on")
    assert f"  systemctl --user enable --now {unit_name(tmp_path)}" in lines


def test_a_running_engine_is_stopped_first(tmp_path: Path) -> None:
    with engine_lock.hold(tmp_path):
        assert "  kimikoe engine stop" in list(next_commands(tmp_path, MadeUpMachine({}, SYSTEMD)))
    assert "  kimikoe engine stop" not in list(next_commands(tmp_path, MadeUpMachine({}, SYSTEMD)))


def test_without_systemd_it_says_so(tmp_path: Path) -> None:
    [line] = next_commands(tmp_path, MadeUpMachine())
    assert "no effect" in line


def test_where_there_is_a_unit_systemd_starts_the_engine(
    studio_root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    systemctl = tmp_path / "systemctl"
    engine = f'setsid {sys.executable} -m engine "{studio_root}" >/dev/null 2>&1 &'
    systemctl.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/asked\n{engine}\n')
    systemctl.chmod(0o700)
    assert not start_unit(studio_root)
    write_unit(studio_root)
    try:
        state = engine_control.start_engine(studio_root)
        assert (tmp_path / "asked").read_text() == f"--user start {unit_name(studio_root)}\n"
        assert state.pid == engine_lock.holder(studio_root)
    finally:
        engine_control.stop_engine(studio_root)


def test_where_systemd_cannot_start_it_the_terminal_does(
    studio_root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setattr(engine_unit.subprocess, "run", lambda *_arguments, **_options: Refused())
    write_unit(studio_root)
    assert engine_control.start_engine(studio_root).running
    engine_control.stop_engine(studio_root)


class Refused:
    returncode = 1


def test_folders_that_happen_to_be_here_are_no_part_of_the_engine(
    studio_root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("db", "engine"):
        (tmp_path / "here" / name).mkdir(parents=True)
        (tmp_path / "here" / name / "__init__.py").write_text("raise SystemExit('not this one')")
    monkeypatch.chdir(tmp_path / "here")
    assert engine_control.start_engine(studio_root).running
    engine_control.stop_engine(studio_root)
