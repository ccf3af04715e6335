"""Which commands the person of this machine typed for a studio to run: a studio from elsewhere brings none along."""

import hashlib
from pathlib import Path


def _record() -> Path:
    import platformdirs

    return platformdirs.user_config_path("kimikoe") / "commands"


def allow(command: str) -> None:
    """Remember that a person wants this command to be run."""
    if command.strip() and not is_allowed(command):
        record = _record()
        record.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with record.open("a", encoding="ascii") as file:
            file.write(_name(command) + "\n")


def is_allowed(command: str) -> bool:
    """Whether it was set on this machine, by this person."""
    try:
        return _name(command) in _record().read_text(encoding="ascii").split()
    except (OSError, UnicodeDecodeError):
        return False


def _name(command: str) -> str:
    return hashlib.sha256(command.strip().encode()).hexdigest()
