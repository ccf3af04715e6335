"""Draws and trains the demo's tiny models from nothing: `python -m engine.demo.training`."""
