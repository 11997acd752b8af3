"""The API held to its own OpenAPI document by schemathesis: requests of every kind, right and wrong, and sequences."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from http_fixtures import settings_in
from http_server import Served, serve
from policy_corpus import Corpus, write_all

from assistant import Assistant, Records, open_records
from assistant.openvino_embedder import BundledEmbedder
from assistant.snapshot_follower import SnapshotFollower
from integrations.http import create_app

EXAMPLES = 4  # an operation and a phase; raise it by hand to search longer


@pytest.fixture
def records(tmp_path: Path, model_cache: Path) -> Iterator[Records]:
    with open_records(settings_in(tmp_path, model_cache)) as opened:
        yield opened


@pytest.fixture
def served(embedder: BundledEmbedder, model_cache: Path, tmp_path: Path, records: Records) -> Iterator[Served]:
    """A server of its own, as maintainers may delete what is on it."""
    settings = settings_in(tmp_path, model_cache)
    http = settings.http.model_copy(update={"requests_per_minute": 1_000_000})
    corpus = Corpus(settings.corpus, settings.index)
    corpus.build(embedder, *write_all(corpus))
    assistant = Assistant(SnapshotFollower(settings.index, embedder.description), embedder)
    with serve(create_app(assistant, replace(settings, http=http), records)) as running:
        yield running


def test_every_request_is_answered_as_documented(served: Served, records: Records, tmp_path: Path) -> None:
    key, _ = records.keys.create("gebruiker", "gebruiker")

    run = schemathesis(served, key, tmp_path, "--exclude-tag", "Beheer")

    assert run.returncode == 0, run.stdout
    with served.client(key) as client:
        assert client.get("/v1/bronnen").status_code == 200


def test_every_request_of_a_maintainer_is_answered_as_documented(
    served: Served, records: Records, tmp_path: Path
) -> None:
    key, _ = records.keys.create("beheerder", "beheerder")

    # A schema cannot say what a PDF is, so that a right request may have a wrong file. And no sequences: what POST
    # /bronnen gives is a task, whose id schemathesis takes for that of a document.
    chosen = ("--include-tag", "Beheer", "--exclude-checks", "positive_data_acceptance")
    run = schemathesis(served, key, tmp_path, *chosen, "--phases", "examples,coverage,fuzzing")

    assert run.returncode == 0, run.stdout


def schemathesis(served: Served, key: str, folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """A run with every check, right and wrong requests, the same ones each time."""
    program = str(Path(sys.executable).with_name("schemathesis"))
    fixed = ("--checks", "all", "--max-examples", str(EXAMPLES), "--generation-deterministic", "--no-color")
    access = ("--header", f"Authorization: Bearer {key}")
    return subprocess.run(
        [program, "run", f"{served.url}/v1/openapi.json", *fixed, *access, *options],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
