"""The command `beleidswijzer`: words from a terminal go in, text or JSON and an exit code come out."""

from assistant.cli.application import main, run

__all__ = ["main", "run"]
