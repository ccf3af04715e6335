"""The terminal program, opened from the command line."""

from kimikoe_tui.cli.context import Context


def open_studio(context: Context, culling: str = "") -> None:
    """Open the terminal program on the studio, or on a culling, starting the engine behind the first paint."""
    context.check()
    from kimikoe_tui.graphics.detect import Detection
    from kimikoe_tui.graphics.known import known_terminals

    with Detection(known_terminals()) as detection:  # the terminal answers while the program loads
        from kimikoe_tui.app import run_studio
        from kimikoe_tui.engine_control import start_engine

        def start() -> None:
            start_engine(context.root)

        run_studio(context.root, start, detection, culling)
