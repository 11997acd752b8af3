"""The records used by processes of their own; functions here run in the child."""

from __future__ import annotations

import os
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path

from index_processes import context

from assistant.records import Records, open_records
from assistant.settings import Settings, load_settings

NOW = 1_800_000_000.0


LEASE = 30.0


def settings_in(folder: Path, index_url: str = "", organisation: str = "standaard") -> Settings:
    """Settings for records in a file, or in the database at `index_url`."""
    environ = {
        "BELEIDSWIJZER_DATA": str(folder / "data"),
        "BELEIDSWIJZER_ORGANISATION": organisation,
        "INDEX_URL": index_url,
    }
    return load_settings(environ=environ, cwd=folder)


def at_once(count: int, work: Callable[[Records], list[str]], settings: Settings) -> list[list[str]]:
    """What `work` returns in each of several processes that start together."""
    pipes, children = [], []
    for _ in range(count):
        mine, its = context().Pipe()
        children.append(context().Process(target=_work, args=(its, work, settings)))
        pipes.append(mine)
        children[-1].start()
        its.close()
    for pipe in pipes:
        pipe.recv()  # ready
    for pipe in pipes:
        pipe.send("go")
    answers = [pipe.recv() for pipe in pipes]
    for child, pipe in zip(children, pipes, strict=True):
        child.join()
        pipe.close()
    return answers


def _work(pipe: Connection, work: Callable[[Records], list[str]], settings: Settings) -> None:
    pipe.send("ready")
    pipe.recv()
    with open_records(settings, clock=lambda: NOW) as records:
        pipe.send(work(records))


def take_often(records: Records) -> list[str]:
    return ["allowed" for _ in range(60) if records.limits.take("sleutel-1", 60, NOW) == 0]


def see_all(records: Records) -> list[str]:
    return [key for key in map(str, range(60)) if records.seen.first(key, 60.0)]


def take_tasks(records: Records) -> list[str]:
    taken = []
    while task := records.tasks.take(LEASE):
        taken.append(task.id)
    return taken


def create_key(records: Records) -> list[str]:
    return [records.keys.create("naam", "gebruiker")[0]]


def write_until_killed(pipe: Connection, settings: Settings) -> None:
    """Give feedback for ever; say how many were kept after each."""
    with open_records(settings) as records:
        number = 0
        while True:
            records.feedback.add(f"antwoord-{number}", "goed", "opmerking " * 100)
            number += 1
            pipe.send(number)


def open_and_write(settings: Settings) -> str:
    """Add feedback until it cannot; to be run under a limit."""
    with open_records(settings) as records:
        for _ in range(1_000):
            records.feedback.add("antwoord", "fout", os.urandom(500).hex())
    return "klaar"
