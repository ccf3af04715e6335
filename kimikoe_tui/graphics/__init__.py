"""Pictures for a terminal: pixels in, cells out. Knows nothing of Textual."""
