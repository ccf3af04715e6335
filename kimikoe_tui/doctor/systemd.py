"""What systemd says of this user and this machine."""

from kimikoe_tui.doctor.machine import Machine

LINGER_FOLDER = "/var/lib/systemd/linger"
RUNNING = "/run/systemd/system"


def present(machine: Machine) -> bool:
    """Whether systemd runs this machine."""
    return machine.exists(RUNNING)


def lingers(machine: Machine) -> bool | None:
    """Whether this user's services start at boot and go on after logout; None where nothing here says so."""
    answer = machine.run("loginctl", "show-user", machine.user, "--property=Linger")
    if answer is not None and answer.status == 0 and answer.output.startswith("Linger="):
        return answer.output.strip() == "Linger=yes"
    if machine.exists(LINGER_FOLDER):
        return machine.exists(f"{LINGER_FOLDER}/{machine.user}")
    return None if not present(machine) else False


def enable_linger(machine: Machine) -> str:
    """The command that makes this user linger."""
    return f"loginctl enable-linger {machine.user}"


def logind_setting(machine: Machine, name: str) -> str:
    """What logind.conf and its drop-ins say of a setting, the last word counting; empty where they do not."""
    folders = ("/usr/lib/systemd/logind.conf.d", "/etc/systemd/logind.conf.d")
    dropped = [f"{folder}/{each}" for folder in folders for each in machine.list(folder) if each.endswith(".conf")]
    value = ""
    for path in ("/etc/systemd/logind.conf", *dropped):
        for line in (machine.read(path) or "").splitlines():
            key, equals, text = line.partition("=")
            if equals and key.strip() == name:
                value = text.strip().lower()
    return value
