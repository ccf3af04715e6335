"""Machines that do not exist: each answers what a test says, and nothing else."""

from collections.abc import Mapping, Sequence

from kimikoe_tui.doctor.machine import Answer, Machine


class MadeUpMachine(Machine):
    """Answers by the beginning of the command, files by path, and an environment; all else is not there."""

    def __init__(
        self,
        answers: Mapping[str, Answer | str] | None = None,
        files: Mapping[str, str] | None = None,
        env: Mapping[str, str] | None = None,
    ) -> None:
        self._answers, self._files, self._env = answers or {}, files or {}, env or {}
        self.asked: list[str] = []

    @property
    def env(self) -> Mapping[str, str]:
        return self._env

    def run(self, *command: str, seconds: float = 0) -> Answer | None:
        line = " ".join(command)
        self.asked.append(line)
        found = next((answer for begin, answer in self._answers.items() if line.startswith(begin)), None)
        return Answer(0, found) if isinstance(found, str) else found

    def read(self, path: str) -> str | None:
        return self._files.get(path)

    def exists(self, path: str) -> bool:
        return any(each == path or each.startswith(path.rstrip("/") + "/") for each in self._files)

    def list(self, folder: str) -> Sequence[str]:
        inside = [path.removeprefix(folder.rstrip("/") + "/") for path in self._files if path.startswith(folder)]
        return sorted({path.partition("/")[0] for path in inside})

    @property
    def user(self) -> str:
        return "me"
