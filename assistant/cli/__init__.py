"""The command `beleidswijzer`: words from a terminal go in, text or JSON and an exit code come out.

Other doors add their commands through the entry point group "beleidswijzer.commands", with what is exported here.
"""

from assistant.cli.application import main, run
from assistant.cli.dutch import DutchCommand, DutchGroup, Number
from assistant.cli.session import Session, pass_session

__all__ = ["DutchCommand", "DutchGroup", "Number", "Session", "main", "pass_session", "run"]
