"""What the checks ask of a machine: files, environment, other programs' answers. Tests give answers of their own."""

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

SECONDS = 10.0


class Answer(msgspec.Struct, frozen=True):
    """How a program ended, and what it wrote."""

    status: int
    output: str
    errors: str = ""


class Machine:
    """The machine this runs on."""

    @property
    def env(self) -> Mapping[str, str]:
        """The environment."""
        return os.environ

    def run(self, *command: str, seconds: float = SECONDS) -> Answer | None:
        """What a program answers; None where there is no such program or it does not answer in time."""
        environment = {**self.env, "LC_ALL": "C"}
        try:
            done = subprocess.run(
                command, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", timeout=seconds,
                env=environment,
            )  # fmt: skip
        except (OSError, subprocess.TimeoutExpired):
            return None
        return Answer(done.returncode, done.stdout, done.stderr)

    def read(self, path: str) -> str | None:
        """The text of a file, or None where it cannot be read."""
        try:
            return Path(path).read_text(encoding="utf-8", errors="replace")
        except OSError:
            return None

    def exists(self, path: str) -> bool:
        """Whether there is a file or folder."""
        return Path(path).exists()

    def list(self, folder: str) -> Sequence[str]:
        """The names in a folder; none where it cannot be read."""
        try:
            return sorted(os.listdir(folder))
        except OSError:
            return []

    @property
    def user(self) -> str:
        """The name of the user this runs as, or its number."""
        import pwd

        try:
            return pwd.getpwuid(os.getuid()).pw_name
        except KeyError:
            return str(os.getuid())
