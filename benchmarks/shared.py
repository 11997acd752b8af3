"""Where the material lies that measurements read and that is not part of the project."""

from __future__ import annotations

import sys
from pathlib import Path

SHARED = Path(__file__).parents[2] / "shared"


def or_skip(*needed: Path) -> None:
    """Ends the process, not as a failure, if some of the material is not there."""
    if absent := [str(path) for path in needed if not path.exists()]:
        print(f"skipped, because this is not here: {', '.join(absent)}")
        sys.exit(0)
