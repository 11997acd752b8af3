"""Fixtures of the tests over HTTP: a small corpus with the real model, and servers on a real socket."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import httpx
import pytest
from http_server import Served, serve
from policy_corpus import Corpus, write_all

from assistant import Assistant, Records, Settings, load_settings, open_records
from assistant.catalogue import read_catalogue
from assistant.catalogue_entry import Entry, entry_text
from assistant.openvino_embedder import BundledEmbedder
from assistant.snapshot_follower import SnapshotFollower
from integrations.http import create_app


@dataclass(frozen=True)
class Keys:
    """API keys that the locked server knows."""

    user: str
    maintainer: str


def settings_in(folder: Path, cache: Path) -> Settings:
    """Settings whose folders are all in one place."""
    places = {name: str(folder / name.lower()) for name in ("corpus", "index", "data")}
    environ = {f"BELEIDSWIJZER_{name.upper()}": place for name, place in places.items()}
    return load_settings(environ={**environ, "BELEIDSWIJZER_CACHE": str(cache)}, cwd=folder)


def corpus_in(folder: Path, embedder: BundledEmbedder, model_cache: Path) -> Settings:
    """Settings whose documents may be changed, with the corpus of policy_corpus.py and a catalogue, indexed."""
    settings = settings_in(folder, model_cache)
    settings = replace(settings, http=settings.http.model_copy(update={"requests_per_minute": 100_000}))
    corpus = Corpus(settings.corpus, settings.index)
    documents = write_all(corpus)
    entries = [
        Entry(id=each.id, title=each.title, file=each.file.name, publisher=each.publisher, published=each.published,
              themes=each.themes, status=each.status, supersedes=each.supersedes, superseded_by=each.superseded_by,
              review_by=each.review_by)
        for each in documents
    ]  # fmt: skip
    text = "# Documenten van Waterveen\ndocuments:\n" + "\n".join(map(entry_text, entries))
    (settings.corpus / "catalogue.yml").write_text(text, encoding="utf-8")
    corpus.build(embedder, *read_catalogue(settings.corpus))
    return settings


@pytest.fixture(scope="session")
def http_settings(embedder: BundledEmbedder, model_cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings with the corpus of policy_corpus.py, indexed. Shared: do not write to it."""
    settings = settings_in(tmp_path_factory.mktemp("http"), model_cache)
    corpus = Corpus(settings.corpus, settings.index)
    corpus.build(embedder, *write_all(corpus))
    return settings


@pytest.fixture(scope="session")
def http_assistant(http_settings: Settings, embedder: BundledEmbedder) -> Assistant:
    """The real assistant on that corpus."""
    return Assistant(SnapshotFollower(http_settings.index, embedder.description), embedder)


@pytest.fixture(scope="session")
def http_records(http_settings: Settings) -> Iterator[Records]:
    """Where the shared servers keep keys, feedback and so on."""
    with open_records(http_settings) as records:
        yield records


@pytest.fixture(scope="session")
def keys(http_records: Records) -> Keys:
    """A key of each role."""
    return Keys(http_records.keys.create("test", "gebruiker")[0], http_records.keys.create("baas", "beheerder")[0])


@pytest.fixture(scope="session")
def open_server(http_assistant: Assistant, http_settings: Settings, http_records: Records) -> Iterator[Served]:
    """A server that asks for no key."""
    with serve(create_app(http_assistant, http_settings, http_records, is_open=True)) as served:
        yield served


@pytest.fixture(scope="session")
def locked_server(http_assistant: Assistant, http_settings: Settings, http_records: Records) -> Iterator[Served]:
    """A server that wants a key, and lets it do as much as the tests need."""
    http = http_settings.http.model_copy(update={"requests_per_minute": 1_000_000})
    with serve(create_app(http_assistant, replace(http_settings, http=http), http_records)) as served:
        yield served


@pytest.fixture
def client(open_server: Served) -> Iterator[httpx.Client]:
    """A client of the open server."""
    with open_server.client() as client:
        yield client


@pytest.fixture
def user(locked_server: Served, keys: Keys) -> Iterator[httpx.Client]:
    """A client of the locked server with a key of a gebruiker."""
    with locked_server.client(keys.user) as client:
        yield client


@pytest.fixture
def maintainer(locked_server: Served, keys: Keys) -> Iterator[httpx.Client]:
    """A client of the locked server with a key of a beheerder."""
    with locked_server.client(keys.maintainer) as client:
        yield client
