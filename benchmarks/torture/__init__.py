"""What must hold whatever happens: `python -m benchmarks.torture` prints each figure of the promises on reliability.

Everything is real but the clock and the model: SQLite, SIGKILL, SMTP and HTTP on loopback, files. Stories are told by
the plain ranking, which needs no model.
"""
