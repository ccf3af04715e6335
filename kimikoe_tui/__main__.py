"""`kimikoe`: the command line, and without a command the terminal program."""

from kimikoe_tui.cli import main

if __name__ == "__main__":
    main()
