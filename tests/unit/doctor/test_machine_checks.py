"""Whether the engine stays and the machine keeps awake, on machines that are made up."""

from pathlib import Path

import pytest

from kimikoe_tui.doctor import clock, sleeping, staying, wsl
from kimikoe_tui.doctor.finding import Finding
from kimikoe_tui.doctor.machine import Answer
from kimikoe_tui.engine_unit import unit_name, unit_path, unit_text
from tests.unit.doctor.machines import MadeUpMachine

SYSTEMD = {"/run/systemd/system/x": ""}
LINGERS = {"loginctl show-user": "Linger=yes\n"}
CAN_SLEEP = {"/sys/power/state": "freeze mem disk\n"}
LOGIND = "/etc/systemd/logind.conf"
ENV = {"HOME": "/home/me"}
WSL2 = {"/proc/version": "Linux version 6.6.87.2-microsoft-standard-WSL2"}
WSLCONFIG = "/mnt/c/Users/me/.wslconfig"


def states(findings: list[Finding]) -> dict[str, str]:
    return {finding.check: finding.state for finding in findings}


def test_without_systemd_a_person_starts_the_engine() -> None:
    [finding] = staying.check(MadeUpMachine(), None)
    assert finding.state == "warning" and "engine start" in finding.do


@pytest.mark.parametrize(
    ("answers", "files", "state", "says"),
    [
        (LINGERS, {}, "ok", "is on"),
        ({"loginctl show-user": "Linger=no\n"}, {}, "warning", "unit of yours ends"),
        ({"loginctl show-user": "Linger=no\n"}, {LOGIND: "[Login]\nKillUserProcesses=yes\n"}, "warning", "ends all"),
        ({"loginctl show-user": "Linger=no\n"}, {LOGIND: "#KillUserProcesses=yes\n"}, "warning", "unit of yours ends"),
        ({}, {}, "warning", "is off"),
    ],
)
def test_linger(answers: dict[str, str], files: dict[str, str], state: str, says: str) -> None:
    [finding] = staying.check(MadeUpMachine(answers, {**SYSTEMD, **files}), None)
    assert (finding.check, finding.state) == ("linger", state) and says in finding.says
    assert finding.do == ("" if state == "ok" else "loginctl enable-linger me")


def test_the_studios_unit_is_missing_old_off_or_on(tmp_path: Path) -> None:
    path, text = str(unit_path(tmp_path, ENV)), unit_text(tmp_path, ENV)
    enabled = f"systemctl --user is-enabled {unit_name(tmp_path)}"

    def unit(files: dict[str, str], answers: dict[str, str]) -> Finding:
        machine = MadeUpMachine({**LINGERS, **answers}, {**SYSTEMD, **files}, ENV)
        return list(staying.check(machine, tmp_path))[1]

    assert "has none" in unit({}, {}).says
    assert "another place" in unit({path: text.replace("python", "elsewhere/python")}, {}).says
    off = unit({path: text}, {enabled: "disabled\n"})
    assert (off.state, off.do) == ("warning", f"systemctl --user enable --now {unit_name(tmp_path)}")
    assert unit({path: text}, {enabled: "enabled\n"}).state == "ok"


@pytest.mark.parametrize(
    ("files", "answers", "state", "says"),
    [
        ({}, {}, "ok", "cannot sleep"),
        (CAN_SLEEP, {"systemctl is-enabled": "masked\nmasked\nmasked\nmasked\n"}, "ok", "masked"),
        (CAN_SLEEP, {"systemctl is-enabled": "masked\nstatic\nstatic\nstatic\n"}, "ok", "masked"),
        (CAN_SLEEP, {"systemctl is-enabled": "static\nstatic\nstatic\nstatic\n"}, "ok", "nothing was found"),
        ({**CAN_SLEEP, LOGIND: "IdleAction=suspend\n"}, {}, "warning", "suspend"),
        ({**CAN_SLEEP, LOGIND: "IdleAction=ignore\n"}, {}, "ok", "nothing"),
        ({**CAN_SLEEP, LOGIND: "IdleAction=suspend\n", f"{LOGIND}.d/x.conf": "IdleAction=ignore\n"}, {}, "ok", ""),
        (CAN_SLEEP, {"gsettings get": "'suspend'\n"}, "warning", "desktop"),
        (CAN_SLEEP, {"gsettings get": "'nothing'\n"}, "ok", ""),
        ({**CAN_SLEEP, "/sys/class/power_supply/BAT0/type": "Battery"}, {}, "warning", "lid"),
        ({**CAN_SLEEP, "/sys/class/power_supply/AC/type": "Mains"}, {}, "ok", ""),
    ],
)
def test_sleep(files: dict[str, str], answers: dict[str, str], state: str, says: str) -> None:
    finding = sleeping.check(MadeUpMachine(answers, files))
    assert finding.state == state and says in finding.says
    assert ("systemctl mask" in finding.do) == (state == "warning")


def test_only_wsl_is_told_about_wsl() -> None:
    assert list(wsl.check(MadeUpMachine({}, {"/proc/version": "Linux version 6.1.0-amd64"}))) == []
    [finding] = wsl.check(MadeUpMachine({}, {"/proc/version": "Linux version 4.4.0-19041-Microsoft"}))
    assert finding.state == "problem" and "version 1" in finding.says


@pytest.mark.parametrize(
    ("config", "state", "advice"),
    [
        (None, "warning", "[general] instanceIdleTimeout=-1, [wsl2] vmIdleTimeout=-1"),
        ("[wsl2]\nvmIdleTimeout=-1\n", "warning", "wslconfig: [general] instanceIdleTimeout=-1; then"),
        ("\ufeff[General]\ninstanceIdleTimeout = -1\n[wsl2]\n", "warning", ""),
        ("[general]\ninstanceIdleTimeout=-1\n[wsl2]\nvmIdleTimeout=-1\n", "ok", ""),
        ("[general]\ninstanceIdleTimeout=2147483647\n[wsl2]\nvmIdleTimeout=-1 # never\n", "ok", ""),
        ("[general]\ninstanceIdleTimeout=60000\n[wsl2]\nvmIdleTimeout=60000\n", "warning", "vmIdleTimeout=-1"),
        ("no section\n", "warning", "vmIdleTimeout=-1"),
    ],
)
def test_the_idle_shutdown_of_wsl(config: str | None, state: str, advice: str) -> None:
    files = WSL2 if config is None else {**WSL2, WSLCONFIG: config}
    idle, windows = wsl.check(MadeUpMachine({}, files))
    assert idle.state == state and advice in idle.do
    assert windows.state == "warning" and "powercfg" in windows.do


@pytest.mark.parametrize(
    ("now", "newest", "answer", "state"),
    [
        (1.8e9, None, None, "ok"),
        (1.8e9, 1.8e9 - 60, Answer(0, "yes\n"), "ok"),
        (1.8e9, 1.8e9 + 60, None, "ok"),
        (1.8e9, 1.8e9 + 86_400, None, "problem"),
        (1.8e9, None, Answer(0, "no\n"), "warning"),
        (0.0, None, None, "problem"),
    ],
)
def test_the_clock(now: float, newest: float | None, answer: Answer | None, state: str) -> None:
    assert clock.check(MadeUpMachine({"timedatectl": answer} if answer else {}), now, newest).state == state
