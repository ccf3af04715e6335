"""How long an answer takes is asked afresh of a terminal that was asked before, and no answer stands in the shell."""

import re
import sys
from contextlib import closing
from pathlib import Path

from tests.terminal.decoder.emulator import XTERM
from tests.terminal.terminal import Terminal

DOCTOR = "from kimikoe_tui.doctor import pictures as p; print(*(x.says for x in p.check()), sep='; ')"


def test_the_doctor_measures_each_time(tmp_path: Path) -> None:
    script = tmp_path / "doctor.py"
    script.write_text(DOCTOR)
    command = [sys.executable, str(script)]
    variables = {"PYTHONPATH": str(Path(__file__).parents[2]), "XDG_CACHE_HOME": str(tmp_path)}
    with closing(
        Terminal(tmp_path / "none", command=["true"], shell=True, profile=XTERM, columns=200, variables=variables)
    ) as terminal:
        for latency in (0.0, 0.4):
            terminal.latency = latency
            terminal.forget()
            terminal.press(" ".join(command) + "\r")
            told = re.search(r"an answer takes (\d+) ms", terminal.wait_for(" ms"))
            assert told and int(told[1]) >= latency * 1000, "it is not what was found the last time"
            terminal.press("echo answ''ered\r")
            assert "[?" not in terminal.wait_for("answered"), "what the terminal says is no text"
