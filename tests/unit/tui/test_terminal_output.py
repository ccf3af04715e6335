"""What is written to a terminal: at once what it takes, the rest in order, and nothing hangs on one that has gone."""

import os
import pty
import threading
from collections.abc import Iterator

import pytest

from kimikoe_tui.terminal_output import TerminalOutput

PICTURE = bytes(range(32, 127)) * 4000


@pytest.fixture
def terminal() -> Iterator[tuple[int, int]]:
    """The two ends of a terminal that changes nothing of what is written: the reader's, the program's."""
    master, slave = pty.openpty()
    yield master, slave
    for end in (master, slave):
        try:
            os.close(end)
        except OSError:
            continue


def read(master: int, count: int) -> bytes:
    data = b""
    while len(data) < count:
        data += os.read(master, 65_536)
    return data


def test_a_few_bytes_leave_at_once(terminal: tuple[int, int]) -> None:
    master, slave = terminal
    output = TerminalOutput(os.fdopen(slave, "w", closefd=False))
    assert output.take(b"word") == b""
    assert os.read(master, 100) == b"word" and output.backlog == 0


def test_what_a_terminal_does_not_take_waits_and_keeps_its_order(terminal: tuple[int, int]) -> None:
    master, slave = terminal
    output = TerminalOutput(os.fdopen(slave, "w", closefd=False))
    rest = output.take(PICTURE)
    assert 0 < len(rest) < len(PICTURE) and output.backlog == len(rest)
    assert output.take(b"after") == b"after", "nothing overtakes what waits"
    writer = threading.Thread(target=lambda: (output.write(rest), output.write(b"after")))
    writer.start()
    assert read(master, len(PICTURE) + 5) == PICTURE + b"after"
    writer.join()
    assert output.backlog == 0
    output.let_go()
    assert output.take(b"later") == b"later"


def test_a_terminal_that_has_gone_takes_everything(terminal: tuple[int, int]) -> None:
    master, slave = terminal
    output = TerminalOutput(os.fdopen(slave, "w", closefd=False))
    os.close(master)
    assert output.take(PICTURE) == b"" and output.backlog == 0
    output.let_go()
    assert output.write(output.take(PICTURE)) == len(PICTURE)
    assert output.backlog == 0


def test_what_is_no_terminal_is_written_by_the_writer_alone() -> None:
    with open(os.devnull, "w", encoding="utf-8") as nowhere:
        output = TerminalOutput(nowhere)
        assert output.take(b"word") == b"word" and output.backlog == 4
        output.write(b"word")
        assert output.backlog == 0
