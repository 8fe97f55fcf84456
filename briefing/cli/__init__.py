"""The command line. Exit codes: 0 all is well; 1 it failed; 2 wrong use or configuration; 3 the edition is
made, but something could not be delivered."""

from briefing.cli.main import main

__all__ = ["main"]
