"""What several test files share: the real default model, prepared once a session; a PostgreSQL server."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from postgres_fixtures import empty_url, postgres_server, postgres_template, postgres_url

from assistant.bundled_model import prepare_bundled_model
from assistant.openvino_embedder import BundledEmbedder

__all__ = ["empty_url", "postgres_server", "postgres_template", "postgres_url"]


@pytest.fixture(scope="session")
def model_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A cache folder for prepared models; BELEIDSWIJZER_TEST_CACHE keeps one between sessions (it saves 25 seconds)."""
    kept = os.environ.get("BELEIDSWIJZER_TEST_CACHE")
    if kept:
        yield Path(kept)
        return
    folder = tmp_path_factory.mktemp("models")
    yield folder
    shutil.rmtree(folder)  # half a gigabyte, and pytest keeps the folders of three sessions


@pytest.fixture(scope="session")
def embedder(model_cache: Path) -> BundledEmbedder:
    """The default embedding model itself."""
    return BundledEmbedder(prepare_bundled_model(model_cache))
