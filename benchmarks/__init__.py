"""Measurements: each module prints a table and can write JSON. Run as `python -m benchmarks.NAME`."""
