"""The speed table: how many articles a second each stage reads and tells, beside other systems, how that grows, and how
near it comes to what the machine can do. `python -m benchmarks.speed`; every figure is measured in a process of its
own."""

PARTS = ("systems", "stages", "ceiling", "growth")
