"""How the engine's programs are started: by this Python, and never with a module from the folder one stands in."""

import sys


def engine_command(module: str, *arguments: str) -> list[str]:
    """The command of `python -m MODULE ARGUMENTS`, such as `engine.digest`."""
    return [sys.executable, "-P", "-m", module, *arguments]
