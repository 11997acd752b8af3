"""Vectors of as many chunks of the policy rules as could be embedded in the time given, kept in the cache folder.

    python -m benchmarks.policy_vectors [--minutes 25]

All 70,000 chunks take a quarter of an hour on two idle cores. An interrupted run goes on where it stopped.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import re
import tempfile
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np

from assistant.embeddings import Embedder, PassageText, Vector, open_embedder
from assistant.errors import DocumentError
from assistant.ingest import standard_stages
from assistant.settings import Settings, load_settings
from assistant.types import Document
from benchmarks.policy_rules import RULES
from benchmarks.shared import or_skip

BATCH = 1024
_HEADING_MARK = re.compile(r"^(#{1,6})(?=[^#\s])", re.MULTILINE)


def main() -> None:
    """Embeds for a while."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=25)
    or_skip(RULES)
    settings, until = load_settings(), time.monotonic() + 60 * parser.parse_args().minutes
    embedder = open_embedder("bundled", settings.cache, settings.threads, print)
    while time.monotonic() < until and _embedded_more(settings, embedder):
        print(f"    {len(policy_vectors(settings))} chunks embedded", flush=True)


def policy_vectors(settings: Settings) -> Vector:
    """What has been embedded so far, in an order by chance; no rows if that is nothing."""
    parts = [np.load(path, allow_pickle=False) for path in _parts(settings)]
    vectors = np.concatenate(parts) if parts else np.empty((0, 384), np.float32)
    shuffled: Vector = vectors[np.random.default_rng(0).permutation(len(vectors))]
    return shuffled


def _embedded_more(settings: Settings, embedder: Embedder) -> bool:
    parts = _parts(settings)
    done = sum(len(np.load(path, mmap_mode="r")) for path in parts)
    texts = list(islice(_texts(), done, done + BATCH))
    if texts:
        order = sorted(range(len(texts)), key=lambda number: len(texts[number].text))  # alike in length embed quicker
        vectors = np.empty((len(texts), embedder.description.dimension), np.float32)
        for number, found in zip(order, embedder.embed_passages([texts[number] for number in order]), strict=True):
            vectors[number] = found.passage
        np.save(_folder(settings) / f"part-{len(parts):04}.npy", vectors)
    return bool(texts)


def _texts() -> Iterator[PassageText]:
    stages = standard_stages()
    with gzip.open(RULES, "rt", encoding="utf-8") as stream:
        rules = [json.loads(line) for line in stream]
    random.Random(1).shuffle(rules)
    with tempfile.TemporaryDirectory() as name:
        file = Path(name) / "rule.md"
        for rule in rules:
            file.write_text(_HEADING_MARK.sub(r"\1 ", rule["text"]), encoding="utf-8")
            document = Document(rule["id"].lower(), rule["title"], file)
            try:
                chunks = stages.chunk(stages.load(file), document)
            except DocumentError:  # some rules have no text
                continue
            for chunk in chunks:
                yield PassageText(stages.embedding_text(chunk, document).text, ())


def _parts(settings: Settings) -> list[Path]:
    return sorted(_folder(settings).glob("part-*.npy"))


def _folder(settings: Settings) -> Path:
    folder = settings.cache / "benchmarks" / "policy-vectors"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


if __name__ == "__main__":
    main()
