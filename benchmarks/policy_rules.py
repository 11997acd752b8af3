"""A corpus and an index of some 10,000 chunks of real Dutch policy rules, kept in the cache folder between runs.

In: ../shared/scale/beleidsregels.jsonl.gz. Out: `Settings` as the product takes them, and questions about the rules.
By hand: beleidswijzer --corpus FOLDER/corpus --index FOLDER/index ask "…"
"""

from __future__ import annotations

import gzip
import json
import random
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import yaml

from assistant.catalogue import read_catalogue
from assistant.embeddings import open_embedder
from assistant.ingest import Stage, build, standard_stages
from assistant.settings import Settings, load_settings
from assistant.snapshot import Snapshot
from assistant.types import Document
from benchmarks.shared import SHARED

RULES = SHARED / "scale" / "beleidsregels.jsonl.gz"
CITIZEN_QUESTIONS = SHARED / "eval" / "rijksoverheid" / "queries.jsonl"
CHUNKS = 10_000

_HEADING_MARK = re.compile(r"^(#{1,6})(?=[^#\s])", re.MULTILINE)
_NAMELESS = re.compile(r"^(?:artikel|hoofdstuk|paragraaf|bijlage|§)?\W*[\dIVXa-z]{0,5}\W*$", re.IGNORECASE)
_SHORT_TITLE = re.compile(r"\(([^()]{12,90})\)\W*$")  # how a rule is called, behind its full name
_WORDINGS = (
    "Wat staat er over {heading} in {title}?",
    "Welke voorwaarden gelden voor {heading}?",
    "Wat is het doel van {title}?",
    "Wanneer geldt {heading} volgens {title}?",
    "Wie beslist over {heading}?",
    "Hoe hoog is het bedrag bij {heading}?",
    "Mag de minister afwijken van {title}?",
    "Wat wordt bedoeld met {heading}?",
    "Wat is het verschil tussen {heading} en {other}?",
)


def policy_rules(chunks: int = CHUNKS) -> Settings:
    """The settings of an index of about `chunks` chunks; embedding 10,000 takes minutes, and only the first time."""
    settings = load_settings()
    folder = settings.cache / "benchmarks" / f"policy-rules-{chunks}"
    settings = replace(settings, corpus=folder / "corpus", index=folder / "index", embedding_model="bundled")
    if not (settings.corpus / "catalogue.yml").exists():
        _write_corpus(settings.corpus, chunks)
    embedder = open_embedder(settings.embedding_model, settings.cache, settings.threads, print)
    build(read_catalogue(settings.corpus), settings.index, embedder, standard_stages(), _show)
    return settings


def policy_questions(snapshot: Snapshot, count: int) -> list[str]:
    """Questions made of the rules' own titles and headings, and citizens' questions to the government, mixed."""
    chance = random.Random(2)
    lines = CITIZEN_QUESTIONS.read_text(encoding="utf-8").splitlines()
    citizens = [json.loads(line)["text"] for line in lines][: count // 2]
    headings = list(dict.fromkeys(_headings(snapshot, chance.sample(snapshot.store.documents(), k=150))))
    chance.shuffle(headings)
    made: dict[str, None] = {}
    while len(made) < count - len(citizens):
        (heading, title), (other, _) = chance.sample(headings, k=2)
        wording = _WORDINGS[len(made) % len(_WORDINGS)]
        made[wording.format(heading=heading, title=title, other=other)] = None
    questions = [*citizens, *made]
    chance.shuffle(questions)
    return questions


def _headings(snapshot: Snapshot, documents: list[Document]) -> Iterator[tuple[str, str]]:
    for document in documents:
        title = _called(document.title)
        if len(title) > 90:
            continue
        for chunk in snapshot.store.chunks_of(document.id):
            heading = chunk.heading_path[-1].strip(" .:;") if chunk.heading_path else ""
            if 8 <= len(heading) <= 70 and not _NAMELESS.match(heading):
                yield heading[0].lower() + heading[1:], title


def _called(title: str) -> str:
    short = _SHORT_TITLE.search(title)
    return short.group(1) if short else title


def _write_corpus(folder: Path, chunks: int) -> None:
    """Write rules in random order until they give that many chunks; the catalogue comes last."""
    folder.mkdir(parents=True, exist_ok=True)
    stages = standard_stages()
    with gzip.open(RULES, "rt", encoding="utf-8") as stream:
        rules = [json.loads(line) for line in stream]
    random.Random(1).shuffle(rules)
    entries: list[dict[str, object]] = []
    found = 0
    for rule in rules:
        file = folder / f"{rule['id']}.md"
        file.write_text(_HEADING_MARK.sub(r"\1 ", rule["text"]), encoding="utf-8")
        document = Document(rule["id"], rule["title"], file)
        found += len(stages.chunk(stages.load(file), document))
        entries.append({"id": rule["id"].lower(), "title": rule["title"], "file": file.name})
        if found >= chunks:
            break
    text = yaml.safe_dump({"documents": entries}, allow_unicode=True, sort_keys=False)
    (folder / "catalogue.yml").write_text(text, encoding="utf-8")


def _show(stage: Stage, done: int, total: int) -> None:
    if stage == "embed" and (done % 1000 < 8 or done == total):
        print(f"    embedded {done} of about {total} chunks", flush=True)
