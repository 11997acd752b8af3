"""What changed between two versions of a text, by heading: sentences added, removed, changed and moved."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from assistant.chunking import chunk
from assistant.types import Document, Source

_ALIKE = 0.5  # two sentences that share this much are one sentence that was changed
_SAME_SECTION = 0.4  # two sections that share this much are one section with another heading
_MOST_COMPARED = 40  # sentences on a side that are compared one by one

DiffKind = Literal["added", "removed", "changed", "moved"]
Path = tuple[str, ...]  # headings


@dataclass(frozen=True)
class Difference:
    """One sentence that is not the same in both versions."""

    kind: DiffKind
    heading_path: Path  # in the new version; in the old one for a sentence that is gone
    old: str = ""
    new: str = ""
    old_path: Path = ()  # the headings in the old version, for a sentence that was there


@dataclass(frozen=True)
class _Section:
    path: Path
    sentences: tuple[str, ...]


def differences(old: tuple[Document, Source], new: tuple[Document, Source]) -> list[Difference]:
    """What is different, in the order of the new version; what is gone stands where it was."""
    before, after = _sections(*old), _sections(*new)
    pairs = _paired(before, after)
    found: list[Difference] = []
    for old_section, new_section in _in_order(before, after, pairs):
        found += _between(old_section, new_section)
    return _with_moves(found)


def _sections(document: Document, source: Source) -> list[_Section]:
    by_path: dict[Path, list[str]] = {}
    for piece in chunk(source, document):
        texts = (" ".join(source.text[each.begin : each.end].split()) for each in piece.sentences)
        by_path.setdefault(_without_title(piece.heading_path, document), []).extend(texts)
    return [_Section(path, tuple(sentences)) for path, sentences in by_path.items()]


def _without_title(path: Path, document: Document) -> Path:
    # Two versions often differ in their title, which would make every heading path another one.
    return path[1:] if len(path) > 1 or path == (document.title,) else path


def _paired(before: Sequence[_Section], after: Sequence[_Section]) -> dict[int, int]:
    """Sections that belong together, old → new: by their headings, then by their own heading, then by their text."""
    pairs: dict[int, int] = {}
    for key in (lambda each: each.path, lambda each: _plain(each.path)):
        places = {key(section): place for place, section in reversed(list(enumerate(after)))}
        for place, section in enumerate(before):
            match = places.get(key(section))
            if place not in pairs and match is not None and match not in pairs.values():
                pairs[place] = match
    for place, section in enumerate(before):
        left = [other for other in range(len(after)) if other not in pairs.values()]
        if place not in pairs and left:
            best = max(left, key=lambda other: _shared(section, after[other]))
            if _shared(section, after[best]) >= _SAME_SECTION:
                pairs[place] = best
    return pairs


def _plain(path: Path) -> str:
    """The last heading without its number and without capitals."""
    return re.sub(r"^[\d.]+\s*", "", path[-1]).casefold() if path else ""


def _shared(one: _Section, other: _Section) -> float:
    first, second = set(one.sentences), set(other.sentences)
    return len(first & second) / max(len(first | second), 1)


def _in_order(
    before: Sequence[_Section], after: Sequence[_Section], pairs: Mapping[int, int]
) -> Iterator[tuple[_Section, _Section]]:
    """Pairs of sections in the order of the new version; a section that is gone comes after the one it followed."""
    old_of = {new: old for old, new in pairs.items()}
    gone = [place for place in range(len(before)) if place not in pairs]
    for place, section in enumerate(after):
        old = old_of.get(place)
        while gone and old is not None and gone[0] < old:
            lost = before[gone.pop(0)]
            yield lost, _Section(lost.path, ())
        yield before[old] if old is not None else _Section(section.path, ()), section
    for rest in gone:
        yield before[rest], _Section(before[rest].path, ())


def _between(old: _Section, new: _Section) -> Iterator[Difference]:
    matcher = SequenceMatcher(None, old.sentences, new.sentences, autojunk=False)
    for tag, begin, end, new_begin, new_end in matcher.get_opcodes():
        if tag != "equal":
            yield from _replaced(old.sentences[begin:end], new.sentences[new_begin:new_end], new.path, old.path)


def _replaced(old: Sequence[str], new: Sequence[str], path: Path, old_path: Path) -> Iterator[Difference]:
    """Sentences that stand in each other's place: each new one beside the old one that it is most like."""
    left = list(old)
    for sentence in new:
        near = left[:_MOST_COMPARED]
        best = max(near, key=lambda each: _likeness(each, sentence), default="")
        if best and _likeness(best, sentence) >= _ALIKE:
            for gone in left[: left.index(best)]:
                yield Difference("removed", path, gone, "", old_path)
            left = left[left.index(best) + 1 :]
            yield Difference("changed", path, best, sentence, old_path)
        else:
            yield Difference("added", path, new=sentence)
    for gone in left:
        yield Difference("removed", path, gone, "", old_path)


def _likeness(one: str, other: str) -> float:
    matcher = SequenceMatcher(None, one.split(), other.split(), autojunk=False)
    return matcher.ratio() if matcher.quick_ratio() >= _ALIKE else 0.0


def _with_moves(found: Sequence[Difference]) -> list[Difference]:
    """A sentence that is gone in one section and new in another has moved."""
    gone = {each.old: each for each in found if each.kind == "removed"}
    come = {each.new for each in found if each.kind == "added"}
    moved: list[Difference] = []
    for each in found:
        if each.kind == "removed" and each.old in come:
            continue
        if each.kind == "added" and each.new in gone:
            moved.append(Difference("moved", each.heading_path, each.new, each.new, gone[each.new].old_path))
        else:
            moved.append(each)
    return moved
