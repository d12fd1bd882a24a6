"""The benchmarks: `python -m benchmarks`. Every figure is a ratio to a baseline that was measured beside it."""
