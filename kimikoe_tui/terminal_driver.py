"""Textual's driver, for terminals that go: closed windows, lost connections, stops and continuations.

A terminal that has gone answers every write with an error. Textual's writer would die of the first one and the program
wait for it for ever, so writes to a terminal that has gone are dropped. Signals are taken by the event loop, never
in the middle of other work.
"""

import asyncio
import os
import selectors
import signal
import threading
import time
from codecs import getincrementaldecoder
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textual._xterm_parser import XTermParser
from textual.app import ModeError, ScreenError
from textual.drivers.linux_driver import LinuxDriver
from textual.events import Key, Paste
from textual.message import Message
from textual.widgets import Input

from kimikoe_tui.graphics.display import Display
from kimikoe_tui.graphics.line import QUESTION, Line
from kimikoe_tui.graphics.replies import KeyFilter
from kimikoe_tui.input_method import Bursts
from kimikoe_tui.terminal_output import TerminalOutput

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

ANSWERS_END_SECONDS = 2.0
PASTE_BEGINS, PASTE_ENDS = "\x1b[200~", "\x1b[201~"
MODES_ASKED = 2  # synchronized output and in-band resizing, by Textual when it takes the terminal


class TerminalDriver(LinuxDriver):
    """Ends the program when its terminal goes, stops it and brings it back as a shell's job."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._output = TerminalOutput(self._file)
        self._file: Any = self._output
        self._writing = threading.Lock()
        self._stopped = False
        self._pasting = False
        self._bursts = Bursts()
        self.heard = time.monotonic()
        """When the last key came."""
        self._keys: KeyFilter = getattr(self._app, "key_filter", None) or KeyFilter()
        known: Display = getattr(self._app, "display_known", None) or Display()
        self.line = Line(known.answers, known.round_trip, known.rate)

    def start_application_mode(self) -> None:
        """Take the terminal, and the signals that concern it."""
        loop = asyncio.get_running_loop()
        handlers: dict[signal.Signals, Callable[[], object]] = {
            signal.SIGTSTP: self.stop_job,
            signal.SIGCONT: self.continue_job,
            signal.SIGTERM: lambda: self._end(signal.SIGTERM),
            signal.SIGHUP: self.hang_up,
        }
        for number, handler in handlers.items():
            loop.add_signal_handler(number, handler)
        self._keys.expect_modes(MODES_ASKED, time.monotonic())
        super().start_application_mode()  # type: ignore[no-untyped-call]

    def write(self, data: str) -> None:
        """Write what the terminal takes at once, and have the writer's thread write the rest."""
        assert self._writer_thread is not None
        with self._writing:
            if rest := self._output.take(data.encode("utf-8", "replace")):
                self._writer_thread.write(rest)  # type: ignore[arg-type]

    @property
    def backlog(self) -> int:
        """How many bytes wait for a terminal, or a line to it, that is slower than the program."""
        return self._output.backlog

    def ask_whether_arrived(self) -> int:
        """Have the terminal say when it has shown all that was written; returns what `line.has_arrived` is asked."""
        sent = self._output.given
        if self.line.answers:
            self.line.asked(sent, time.monotonic())
            self._keys.expect_last()
            self.write(QUESTION)
        return sent

    def _hear_answers(self, before: int) -> None:
        now = time.monotonic()
        arrived = [self.line.answered(now) for _answer in range(self._keys.lasts - before)]
        if any(arrived):
            self._loop.call_soon_threadsafe(self._app.picture_layer.note_arrived)  # type: ignore[attr-defined]

    def stop_application_mode(self) -> None:
        """Give the terminal back once it has answered: what it says later would stand in the shell's line."""
        deadline = time.monotonic() + ANSWERS_END_SECONDS
        while self.line.awaits and not self.gone and time.monotonic() < deadline:
            time.sleep(0.01)
        super().stop_application_mode()

    def close(self) -> None:
        """Write what is left, and let the terminal go."""
        super().close()
        self._output.let_go()

    def run_input_thread(self) -> None:
        """Read keys until the program ends; what the terminal says of itself is kept apart from them."""
        parser, decode = XTermParser(self._debug), getincrementaldecoder("utf-8")("replace").decode
        with selectors.SelectSelector() as selector:
            selector.register(self.fileno, selectors.EVENT_READ)
            while not self.exit_event.is_set():
                keys = b""
                if selector.select(0.02 if self._keys.holds else 0.1):
                    lasts = self._keys.lasts
                    keys = self._keys.feed(self._read(), time.monotonic())
                    self._hear_answers(lasts)
                waited = self._keys.tick(time.monotonic())
                if text := decode(keys + waited):
                    self.heard = time.monotonic()
                    for event in self._heard(text, parser, bool(waited)):
                        self.process_message(event)
                for event in parser.tick():
                    self.process_message(event)

    def _heard(self, text: str, parser: XTermParser, waited: bool = False) -> "Iterable[Message]":
        """What was typed, as keys; what an input method or a paste gave all at once, as one text."""
        if waited and text == "\x1b":  # the parser would wait for what may follow it once more
            return [Key("escape", text)]
        if not self._pasting and not self._ends_a_line(text) and self._bursts.takes(text, self.heard):
            return [Paste(text)]
        begin, end = text.rfind(PASTE_BEGINS), text.rfind(PASTE_ENDS)
        self._pasting = begin > end or (self._pasting and end < 0)
        return parser.feed(text)

    def _ends_a_line(self, text: str) -> bool:
        """Whether it is one line and the enter that hands it in, typed at once where lines are typed."""
        with suppress(ScreenError, ModeError):
            return text.endswith("\r") and text[:-1].isprintable() and isinstance(self._app.focused, Input)
        return False

    def _read(self) -> bytes:
        """What was typed; nothing where the terminal has gone, which others notice."""
        try:
            data = os.read(self.fileno, 4096)
        except OSError:
            data = b""
        if not data:
            self.exit_event.wait(0.1)
        return data

    @property
    def gone(self) -> bool:
        """Whether the terminal that the program was started in is no longer there."""
        return self.input_tty and not os.isatty(self.fileno)

    def hang_up(self) -> None:
        """Let go of the terminal and end the program: what a person did is finished, and nobody is written to."""
        nowhere = os.open(os.devnull, os.O_RDWR)
        for descriptor in (0, 1, 2):
            os.dup2(nowhere, descriptor)
        os.close(nowhere)
        self._output.let_go()
        self._end(signal.SIGHUP)

    def _end(self, number: signal.Signals) -> None:
        self._app.exit(return_code=128 + number)

    def stop_job(self) -> None:
        """Give the terminal back and stop, with all processes of this job; the shell continues them."""
        if self._stopped or not has_shell():
            return
        self._stopped = True
        self.suspend_application_mode()
        os.killpg(os.getpgrp(), signal.SIGSTOP)

    def continue_job(self) -> None:
        """Take the terminal again and paint; also after a stop that could not be foreseen, such as SIGSTOP."""
        if not self._stopped:
            self.suspend_application_mode()
        self._must_signal_resume = True
        self.resume_application_mode()
        self._stopped = self._must_signal_resume  # still set where the job was continued in the background


def has_shell() -> bool:
    """Whether a shell with job control waits above this job, so that there is someone to continue it."""
    pid = os.getpid()
    while (parent := _parent(pid)) > 1 and os.getpgid(parent) == os.getpgrp():
        pid = parent
    return parent > 1 and os.getsid(parent) == os.getsid(0)


def _parent(pid: int) -> int:
    """The parent of a process by /proc, where its name in brackets may hold anything; 0 for none."""
    try:
        return int(
            Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[1]
        )
    except OSError:
        return 0
