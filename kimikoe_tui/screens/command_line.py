"""The line in which a command is found by its name: Textual's, which a phone's keyboard can leave too."""

from textual import on
from textual.app import ComposeResult
from textual.command import CommandInput, CommandPalette
from textual.widgets import Input

from db.i18n import _
from kimikoe_tui.screens.over_room import TypedOver
from kimikoe_tui.widgets.line_input import LineInput


class CommandLineInput(CommandInput, LineInput):
    """The line, with the terminal's own cursor in it."""

    DEFAULT_CSS = "CommandLineInput > .input--cursor { color: $foreground; text-style: none; }"


class CommandLine(CommandPalette, TypedOver[None]):
    """Finds a command; backspace in the empty line closes it, and enter where nothing is found."""

    def __init__(self) -> None:
        super().__init__(placeholder=_("a command; backspace closes"))

    def compose(self) -> ComposeResult:
        """Textual's, with a line of ours."""
        for widget in super().compose():
            is_line = isinstance(widget, CommandInput)
            yield CommandLineInput(placeholder=self._placeholder, select_on_focus=False) if is_line else widget

    @on(Input.Submitted)
    async def _submitted(self, event: Input.Submitted) -> None:
        """Choose among what is found of the whole line, not of what was typed of it when it was last looked for."""
        for worker in list(self.workers):
            if worker.group == self._GATHER_COMMANDS_GROUP and not worker.is_cancelled:
                await worker.wait()
        if not self._hit_count:
            event.prevent_default()
            self.action_close()

    def action_close(self) -> None:
        """Run nothing."""
        self._cancel_gather_commands()
        self.dismiss(None)
