"""A folder of a thousand documents added in one go: how quickly, in how much memory, and what kill -9 does to it.

Run: python -m benchmarks.batch [--documents 1000] [--kills 3]
In: ../shared/scale/beleidsregels.jsonl.gz, written as Markdown, HTML and text. The command itself runs in a process of
its own, once undisturbed and once killed at random moments and started again; both must end with the same documents,
the same passages and the same answers. Reference: the model alone on a part of the same passages, before and after.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

from markdown_it import MarkdownIt

from assistant.answering import Assistant
from assistant.catalogue import read_catalogue
from assistant.chunking import chunk, embedding_text
from assistant.embeddings import Embedder, PassageText, open_embedder
from assistant.settings import load_settings
from assistant.snapshot import Snapshot, open_current
from assistant.snapshot_follower import SnapshotFollower
from assistant.types import Answer, Document
from benchmarks.policy_rules import CITIZEN_QUESTIONS, RULES
from benchmarks.shared import or_skip

_QUESTIONS = 40
_PACE_SECONDS = 0.5  # between two looks at the memory of the process
_REFERENCE = 600  # passages, before and after
_HEADING_MARK = re.compile(r"^(#{1,6})(?=[^#\s])", re.MULTILINE)
_SUFFIXES = (".md", ".html", ".txt")
_FIRST = "# Eerste nota\n\nDeze nota staat er al. De gemeente Waterveen heeft zes wijkteams.\n"
_CATALOGUE = "documents:\n  - id: eerste\n    title: Eerste nota\n    file: eerste.md\n    status: in_force\n"


@dataclass(frozen=True)
class Place:
    """An installation of its own."""

    folder: Path

    @property
    def environment(self) -> dict[str, str]:
        places = {name: str(self.folder / name.lower()) for name in ("CORPUS", "INDEX", "DATA")}
        return {**os.environ, **{f"BELEIDSWIJZER_{name}": place for name, place in places.items()}}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--documents", type=int, default=1000)
    parser.add_argument("--kills", type=int, default=3)
    parser.add_argument("--characters", type=int, help="of each document, from its beginning; all of them by default")
    parser.add_argument("--seed", type=int, default=0, help="of the moments of the kills; 0: another each time")
    parser.add_argument("--folder", type=Path, help="keep everything here")
    wanted = parser.parse_args()
    or_skip(RULES, CITIZEN_QUESTIONS)
    folder = wanted.folder or Path(tempfile.mkdtemp(prefix="beleidswijzer-batch-"))
    try:
        _measure(folder, wanted, random.Random(wanted.seed or time.time_ns()))
    finally:
        if not wanted.folder:
            shutil.rmtree(folder)


def _measure(folder: Path, wanted: argparse.Namespace, chance: random.Random) -> None:
    inbox, count, kills = folder / "inbox", wanted.documents, wanted.kills
    characters = _write_inbox(inbox, count, wanted.characters)
    print(f"{count} documents, {characters / 1e6:.1f} million characters", flush=True)
    settings = load_settings()
    embedder = open_embedder(settings.embedding_model, settings.cache, settings.threads, print)
    undisturbed, disturbed = _place(folder / "undisturbed"), _place(folder / "disturbed")
    sample = _sample(inbox, chance)
    before = _embedding_rate(embedder, sample)
    run = _Run(undisturbed, inbox)
    seconds = run.to_the_end()
    after = _embedding_rate(embedder, sample)
    snapshot = open_current(undisturbed.folder / "index")
    chunks, bare = snapshot.store.size, (before + after) / 2
    print(f"undisturbed: {seconds:.0f} s; {60 * count / seconds:.0f} documents a minute, {chunks} passages,")
    print(f"    {chunks / seconds:.1f} passages/s; reference, the model alone: {before:.1f} before, {after:.1f} after")
    print(f"    share of the reference: {chunks / seconds / bare:.2f}")
    for documents, (main_process, all_processes) in run.memory_at((count // 4, count // 2, count)):
        print(
            f"    most memory up to {documents} documents: {main_process:.0f} MB; with its readers {all_processes:.0f}"
        )
    _disturb(disturbed, inbox, seconds, kills, chance)
    differences = list(_differences(undisturbed, disturbed, embedder))
    for difference in differences:
        print(f"DIFFERENT: {difference}")
    if differences:
        sys.exit(1)
    asked = len(_questions(snapshot))
    print(f"killed {kills} times and taken up again: same documents, passages and answers ({asked} questions)")


def _write_inbox(folder: Path, count: int, most: int | None) -> int:
    """Rules in random order, a third of them each as Markdown, HTML and text; returns how many characters."""
    folder.mkdir(parents=True, exist_ok=True)
    with gzip.open(RULES, "rt", encoding="utf-8") as stream:
        rules = [json.loads(line) for line in stream]
    random.Random(1).shuffle(rules)
    written = 0
    for number, rule in enumerate(rules[:count]):
        text = _HEADING_MARK.sub(r"\1 ", rule["text"][:most])
        suffix = _SUFFIXES[number % len(_SUFFIXES)]
        if suffix == ".html":
            text = f"<!doctype html><html lang='nl'><body><main>{MarkdownIt().render(text)}</main></body></html>"
        (folder / f"{rule['id']}{suffix}").write_text(text, encoding="utf-8")
        written += len(text)
    return written


def _place(folder: Path) -> Place:
    if folder.exists():
        shutil.rmtree(folder)
    (folder / "corpus").mkdir(parents=True)
    (folder / "corpus" / "catalogue.yml").write_text(_CATALOGUE, encoding="utf-8")
    (folder / "corpus" / "eerste.md").write_text(_FIRST, encoding="utf-8")
    return Place(folder)


class _Run:
    """One run of the command, looked at from outside."""

    def __init__(self, place: Place, inbox: Path) -> None:
        self._place = place
        command = [str(Path(sys.executable).with_name("beleidswijzer")), "corpus", "add", str(inbox), "--ja"]
        self._log = (place.folder / "log.txt").open("a", encoding="utf-8")
        self._process = subprocess.Popen(command, env=place.environment, stdout=self._log, stderr=self._log)
        self._seen: list[tuple[int, float, float]] = []  # documents, MB of the process, MB of all of them

    def to_the_end(self) -> float:
        """How many seconds it took."""
        begun = time.perf_counter()
        while self._process.poll() is None:
            self._look()
            time.sleep(_PACE_SECONDS)
        seconds = time.perf_counter() - begun
        self._look()
        if self._process.returncode not in (0, 1):
            sys.exit(f"the command ended with {self._process.returncode}: {self._place.folder / 'log.txt'}")
        return seconds

    def kill_after(self, seconds: float) -> bool:
        """Whether it was still going on then."""
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
            return True
        return False

    def documents(self) -> int:
        """How many the catalogue has."""
        text = (self._place.folder / "corpus" / "catalogue.yml").read_text(encoding="utf-8")
        return text.count("\n  - id:")

    def memory_at(self, counts: Sequence[int]) -> Iterator[tuple[int, tuple[float, float]]]:
        """The most memory that was seen up to so many documents: the process, and it with its readers."""
        for count in counts:
            seen = [(alone, together) for documents, alone, together in self._seen if documents <= count + 1]
            yield count, (max(alone for alone, _ in seen), max(together for _, together in seen))

    def _look(self) -> None:
        sizes = [_memory(number) for number in (self._process.pid, *_descendants(self._process.pid))]
        self._seen.append((self.documents(), sizes[0], sum(sizes)))


def _memory(number: int) -> float:
    """What a process holds at this moment, in MB; what it shares with others is divided among them."""
    with suppress(OSError):
        for line in Path(f"/proc/{number}/smaps_rollup").read_text(encoding="ascii").splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) / 1024
    return 0.0


def _descendants(number: int) -> Iterator[int]:
    with suppress(OSError):
        for child in Path(f"/proc/{number}/task/{number}/children").read_text(encoding="ascii").split():
            yield int(child)
            yield from _descendants(int(child))
        for task in Path(f"/proc/{number}/task").iterdir():
            if task.name != str(number):
                for child in (task / "children").read_text(encoding="ascii").split():
                    yield int(child)
                    yield from _descendants(int(child))


def _disturb(place: Place, inbox: Path, seconds: float, kills: int, chance: random.Random) -> None:
    for number in range(1, kills + 1):
        run = _Run(place, inbox)
        moment = chance.uniform(0.05, 0.9 / kills) * seconds
        was_busy = run.kill_after(moment)
        what = "killed" if was_busy else "was done already"
        print(f"    run {number}: {what} after {moment:.1f} s, with {run.documents()} documents")
    rest = _Run(place, inbox).to_the_end()
    print(f"    last run: {rest:.0f} s")


def _differences(one: Place, other: Place, embedder: Embedder) -> Iterator[str]:
    """In what the two installations are not the same."""
    kinds: list[tuple[str, Callable[[Place], object]]] = [
        ("catalogue", lambda place: [replace(each, file=Path(each.file.name)) for each in _documents(place)]),
        ("files", lambda place: {each.name: sha256(each.read_bytes()).digest() for each in _files(place)}),
        ("passages", lambda place: list(_passages(open_current(place.folder / "index")))),
        ("answers", lambda place: _answers(place, embedder)),
    ]
    for name, look in kinds:
        first, second = look(one), look(other)
        if first != second:
            yield name


def _documents(place: Place) -> Sequence[Document]:
    return read_catalogue(place.folder / "corpus")


def _files(place: Place) -> list[Path]:
    return [each for each in sorted((place.folder / "corpus").iterdir()) if each.name != "catalogue.yml"]


def _passages(snapshot: Snapshot) -> Iterator[object]:
    for document in sorted(snapshot.store.documents(), key=lambda each: each.id):
        yield from snapshot.store.chunks_of(document.id)


def _answers(place: Place, embedder: Embedder) -> list[tuple[object, ...]]:
    index = place.folder / "index"
    questions = _questions(open_current(index))
    assistant = Assistant(SnapshotFollower(index, embedder.description), embedder)
    return [_said(assistant.ask(question), place) for question in questions]


def _questions(snapshot: Snapshot) -> list[str]:
    """About the headings of documents here and there, and of citizens who ask the government something."""
    documents = sorted(snapshot.store.documents(), key=lambda each: each.id)
    some = documents[:: max(1, len(documents) // (_QUESTIONS // 2))]
    paths = [snapshot.store.chunks_of(each.id)[-1].heading_path for each in some]
    lines = CITIZEN_QUESTIONS.read_text(encoding="utf-8").splitlines()
    citizens = [json.loads(line)["text"] for line in lines[: _QUESTIONS // 2]]
    return [*(f"Wat staat er over {path[-1]}?" for path in paths if path), *citizens]


def _said(answer: Answer, place: Place) -> tuple[object, ...]:
    """What was answered, with the folder left out of links."""
    cited = [(each.document.id, each.begin, each.end, each.quote) for each in answer.citations]
    return answer.question, answer.text.replace(str(place.folder), ""), cited, answer.completeness


def _sample(inbox: Path, chance: random.Random) -> list[PassageText]:
    """Passages as the model gets them, of documents in random order."""
    from assistant.loaders import load

    found: list[PassageText] = []
    files = sorted(inbox.iterdir())
    for file in chance.sample(files, k=len(files)):
        document = Document(file.stem.lower(), file.stem, file)
        found += [embedding_text(each, document) for each in chunk(load(file), document)]
        if len(found) >= _REFERENCE:
            break
    return found[:_REFERENCE]


def _embedding_rate(embedder: Embedder, passages: Sequence[PassageText]) -> float:
    """Passages a second of the model alone."""
    embedder.embed_passages(passages[:32])
    begun = time.perf_counter()
    embedder.embed_passages(passages)
    return len(passages) / (time.perf_counter() - begun)


if __name__ == "__main__":
    main()
