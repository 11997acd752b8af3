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

EXAMPLES = 8  # an operation and a phase; raise it by hand to search longer
SEED = 22112026


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


@pytest.mark.parametrize("role", ["gebruiker", "beheerder"])
def test_every_request_is_answered_as_documented(served: Served, records: Records, tmp_path: Path, role: str) -> None:
    key = records.keys.create("schemathesis", "beheerder" if role == "beheerder" else "gebruiker")[0]
    options = {"--max-examples": EXAMPLES, "--seed": SEED, "--checks": "all", "--generation-database": "none"}

    run = subprocess.run(
        [
            *(str(Path(sys.executable).with_name("schemathesis")), "run", f"{served.url}/v1/openapi.json"),
            *(str(part) for option in options.items() for part in option),
            *("--header", f"Authorization: Bearer {key}", "--no-color", "--generation-deterministic"),
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert run.returncode == 0, run.stdout
    with served.client(key) as client:
        assert client.get("/v1/bronnen").status_code == 200
