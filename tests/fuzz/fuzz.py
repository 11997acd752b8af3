"""Looks for bytes that make a target fail, guided by the code that they reach; run by hand.

    pip install atheris                                (Apache-2.0; wheels for Python 3.11 to 3.13 on Linux)
    python tests/fuzz/fuzz.py written_answer 300       one target, so many seconds
    python tests/fuzz/fuzz.py all 120                  every target in turn

What makes a target fail, or takes longer than ten seconds, is kept in tests/fuzz/cases/TARGET and replayed by the
tests from then on.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from fuzz_seeds import seeds

CASES = Path(__file__).parent / "cases"
SLOW_SECONDS = 10
MOST_BYTES = {"pdf_document": 8_192, "archive_document": 65_536}  # others: 4,096
_INSTRUMENTED = ["assistant", "integrations", "pypdf", "markdown_it", "email", "html"]


def main() -> int:
    if len(sys.argv) != 3:
        print(__doc__, file=sys.stderr)
        return 2
    name, seconds = sys.argv[1], int(sys.argv[2])
    names = _names() if name == "all" else [name]
    return max(_apart(each, seconds) for each in names)


def _names() -> list[str]:
    from fuzz_targets import TARGETS

    return list(TARGETS)


def _apart(name: str, seconds: int) -> int:
    """Fuzz one target in a process of its own: a failure ends the process."""
    with tempfile.TemporaryDirectory() as found:
        own = CASES / name
        own.mkdir(parents=True, exist_ok=True)
        arguments = [
            *(
                f"-max_total_time={seconds}",
                f"-timeout={SLOW_SECONDS}",
                f"-max_len={MOST_BYTES.get(name, 4_096)}",
                "-rss_limit_mb=3000",
            ),
            *(f"-artifact_prefix={own}/", "-print_final_stats=1", "-verbosity=0", found, str(own)),
        ]
        for number, seed in enumerate(seeds(name)):
            Path(found, f"seed-{number}").write_bytes(seed)
        command = [sys.executable, __file__, "--atheris", name, *arguments]
        # No programs: a fuzzed PDF with a picture would start Tesseract for each try.
        done = subprocess.run(command, env={**os.environ, "PATH": ""}, check=False)
    print(f"{name}: {'nothing found' if done.returncode == 0 else f'see {own}'}")
    return min(done.returncode, 1)


def _fuzz(name: str, arguments: list[str]) -> None:
    import atheris  # type: ignore[import-untyped]  # by hand only

    with atheris.instrument_imports(include=_INSTRUMENTED):
        from fuzz_targets import TARGETS
    target = TARGETS[name]

    def one(data: bytes) -> None:
        target(bytes(data))

    atheris.Setup([sys.argv[0], *arguments], one)
    atheris.Fuzz()


if __name__ == "__main__":
    if sys.argv[1:2] == ["--atheris"]:
        _fuzz(sys.argv[2], sys.argv[3:])
    else:
        sys.exit(main())
