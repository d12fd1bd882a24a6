"""`python -m local_runtime`: the same as `linli`."""

from local_runtime.cli import app

app()
