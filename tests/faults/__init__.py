"""The fault run: `python -m faults`. Everything real, broken on purpose while a load runs, and one checker for all of it."""
