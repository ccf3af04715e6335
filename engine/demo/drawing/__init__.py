"""Everything the demo draws, one file per thing drawn."""
