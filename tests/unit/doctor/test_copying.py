"""How the doctor says that what is copied reaches the clipboard."""

import pytest

from kimikoe_tui.doctor import copying
from tests.unit.doctor.machines import MadeUpMachine

TMUX = {"TMUX": "/tmp/x", "TERM": "tmux-256color"}
CLIPBOARD = {"tmux show-messages": "191: Mg: [missing]\n 192: Ms: (string) \\033]52;%p1%s;%p2%s\\a\n"}
NONE = {"tmux show-messages": "192: Ms: [missing]\n"}


@pytest.mark.parametrize(
    ("env", "answers", "state", "says", "do"),
    [
        (TMUX, {"tmux -V": "tmux 3.3a\n", **CLIPBOARD}, "ok", "by tmux", ""),
        (TMUX, {"tmux -V": "tmux next-3.6\n", **CLIPBOARD}, "ok", "by tmux", ""),
        (TMUX, {"tmux -V": "tmux 3.3a\n", **NONE}, "warning", "no way", "terminal-fea"),
        (TMUX, {"tmux -V": "tmux 3.1c\n", **CLIPBOARD}, "warning", "3.2", "set-clipboard on"),
        (TMUX, {}, "warning", "OSC 52", "set-clipboard on"),
        ({"TERM": "tmux-256color"}, {}, "warning", "a tmux outside", "set-clipboard on"),
        ({"TERM": "screen", "STY": "1.pts"}, {}, "warning", "screen passes no copy on", "Use tmux"),
        ({"TERM": "xterm-kitty"}, {}, "ok", "OSC 52, which some terminals want to be allowed", ""),
    ],
)
def test_the_way_to_the_clipboard_is_told(
    env: dict[str, str], answers: dict[str, str], state: str, says: str, do: str
) -> None:
    (finding,) = copying.check(MadeUpMachine(answers, env=env), has_terminal=True)
    assert (finding.check, finding.state) == ("clipboard", state)
    assert says in finding.says and do in finding.do and bool(do) is bool(finding.do)


def test_without_a_terminal_there_is_no_way_to_tell_of() -> None:
    assert list(copying.check(MadeUpMachine(), has_terminal=False)) == []
