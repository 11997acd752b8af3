"""Every fault that must lose nothing, as often as is asked: `python -m benchmarks.faults --times 3`.

Each fault is one or more tests, which also run with all others; here they run again and again, and are counted. Prints
the table of docs/reliability.md. A test may hold many faults itself: a build is killed fifty times in one test.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).parents[1]

# What breaks, and the tests that break it (a file, and maybe words in their names).
FAULTS: dict[str, tuple[tuple[str, str], ...]] = {
    "kill -9: bouwen van de index, op bestanden": (("tests/test_index_interruptions.py", "killed"),),
    "kill -9: bouwen van de index, op PostgreSQL": (("tests/contract/test_postgres_index.py", "killed"),),
    "kill -9: wijziging van de documenten": (
        ("tests/test_corpus_changes.py", "killed or interrupted"),
        ("tests/test_corpus_undo.py", "killed"),
        ("tests/test_corpus_database.py", "killed"),
    ),
    "kill -9: toevoegen van een grote map": (("tests/test_corpus_batches.py", "interrupted or killed or kill"),),
    "kill -9: upload en worker, onder belasting": (
        ("tests/http/test_uploads.py", "killed"),
        ("tests/http/test_many_machines.py", "killing"),
    ),
    "kill -9: antwoord in Slack": (("tests/slack/test_bot_robustness.py", "killed"),),
    "kill -9: feedback, sleutels, taken": (("tests/test_records_together.py", "kill"),),
    "kill -9: inrichten van de database": (("tests/test_postgres_connection.py", "killed"),),
    "kill -9: terugzetten van een reservekopie": (("tests/test_backup.py", "killed"),),
    "kill -9: model klaarmaken": (("tests/test_prepared_folder.py", "killed"),),
    "volle schijf": (
        ("tests/test_index_interruptions.py", "full_disk or write_that_fails"),
        ("tests/test_bad_input.py", "full_disk"),
        ("tests/test_records_database.py", "full_disk"),
    ),
    "database herstart of valt weg": (
        ("tests/test_postgres_connection.py", "restart or comes_back or stays_away or cut"),
        ("tests/http/test_database_restarts.py", ""),
        ("tests/contract/test_postgres_index.py", "stopping"),
    ),
    "taalmodel traag, stuk of stil": (
        ("tests/test_chat_models.py", "time_out or drips or failure or failures"),
        ("tests/http/test_written_answers.py", ""),
    ),
    "klok verspringt": (("tests/test_clock_jumps.py", ""),),
    "bytes veranderd": (
        ("tests/test_snapshot.py", "flipped or truncated or ruined or damaged"),
        ("tests/test_backup.py", "flipped or truncated"),
        ("tests/test_backup_database.py", "damaged"),
        ("tests/contract/test_postgres_index.py", "damage"),
        ("tests/test_corpus_database.py", "damaged"),
        ("tests/test_records_database.py", "damaged"),
    ),
    "twee bouwers tegelijk": (
        ("tests/test_snapshot.py", "second_builder"),
        ("tests/contract", "second_builder or builders_at_once"),
        ("tests/test_corpus_changes.py", "two_changes"),
        ("tests/test_corpus_database.py", "two_machines"),
    ),
    "document dat te veel geheugen of tijd vraagt": (
        ("tests/test_corpus_changes.py", "too_much or bomb"),
        ("tests/test_security_limited_load.py", ""),
    ),
}


def main() -> None:
    """Runs every fault; ends with 1 if anything was lost."""
    options = _options()
    print("| storing | tests | keer uitgevoerd | mislukt |\n|---|---|---|---|", flush=True)
    lost = 0
    started = time.perf_counter()
    for fault, places in FAULTS.items():
        if options.only and options.only not in fault:
            continue
        counts = [_run(places) for _ in range(options.times)]
        tests, done, failed = counts[0][0], sum(each[0] for each in counts), sum(each[1] for each in counts)
        lost += failed
        print(f"| {fault} | {tests} | {done} | {failed} |", flush=True)
    print(f"\n{time.perf_counter() - started:.0f} s; load {', '.join(f'{one:.1f}' for one in os.getloadavg())}")
    if lost:
        sys.exit(1)


def _run(places: tuple[tuple[str, str], ...]) -> tuple[int, int]:
    """How many tests were run, and how many of them failed."""
    done = failed = 0
    for path, words in places:
        with tempfile.TemporaryDirectory() as folder:
            report = Path(folder) / "report.xml"
            command = [sys.executable, "-m", "pytest", "-q", f"--junitxml={report}", "-p", "no:cacheprovider", path]
            command += ["-k", words] if words else []
            ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
            if not report.exists() or ended.returncode not in (0, 1):
                sys.exit(f"{path} ({words or 'all'}) did not run:\n{ended.stdout[-2_000:]}{ended.stderr[-2_000:]}")
            suite = ElementTree.parse(report).getroot().find("testsuite")
            assert suite is not None
            done += int(suite.get("tests", 0)) - int(suite.get("skipped", 0))
            failed += int(suite.get("failures", 0)) + int(suite.get("errors", 0))
            if ended.returncode:
                print(ended.stdout[-3_000:], file=sys.stderr)
    return done, failed


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=1, help="how often each test is run")
    parser.add_argument("--only", help="words in the name of a fault")
    return parser.parse_args()


if __name__ == "__main__":
    main()
