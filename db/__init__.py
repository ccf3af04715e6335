"""The studio file: schema, migrations, queries, edits with undo. Imports neither the terminal nor the engine."""
