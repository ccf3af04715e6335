"""The terminal program: command line and Textual app. Talks to the engine through rows alone."""
