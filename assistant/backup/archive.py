"""One file that holds a backup: a tar of plain files, with a list of contents and their hashes at its end.

A tar without the list was not finished; a part whose hash differs was damaged. Both are refused before use.
"""

from __future__ import annotations

import io
import os
import tarfile
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import IO, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from assistant.errors import BackupError
from assistant.wording import reason_words

FORMAT = 1
CONTENTS_FILE = "inhoud.json"
_BLOCK = 1 << 20
_LARGEST_LIST = 100_000_000  # bytes

Engine = Literal["files", "postgresql"]


class _Border(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Part(_Border):
    """One file of a backup."""

    path: str
    size: int
    sha256: str


class Checked(_Border):
    """A question that was asked when the backup was made, and what tells whether its answer is the same later."""

    question: str
    answer: str  # hash


class Contents(_Border):
    """What a backup says of itself."""

    format: int
    created: datetime
    program: str  # version
    engine: Engine
    organisation: str | None = None
    schema_revision: str | None = None  # of the database
    corpus: str | None = None  # the folder where the documents were
    documents: int
    questions: tuple[Checked, ...]
    parts: tuple[Part, ...] = ()


def write_archive(path: Path, parts: Iterable[tuple[str, Path]], contents: Contents) -> Contents:
    """Write a backup for its owner only, whole or not at all; returns its contents with the parts.

    Args:
        parts: the name of each part in the backup and the file that holds it; a file that went away is left out.

    Raises:
        BackupError: the file cannot be written, or exists already.
    """
    if path.exists():
        raise BackupError(f"'{path}' bestaat al. Kies een andere naam; een reservekopie wordt nooit overschreven.")
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp")
        temporary = Path(name)
        try:
            with os.fdopen(handle, "wb") as stream:
                contents = _write(stream, parts, contents)
                stream.flush()
                os.fsync(stream.fileno())
            os.link(temporary, path)  # unlike a rename, it refuses a name that has been taken meanwhile
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise BackupError(
            f"De reservekopie '{path}' is niet te schrijven: {reason_words(error)}. "
            "Kies een andere plek of maak ruimte."
        ) from error
    return contents


def read_contents(path: Path) -> Contents:
    """What a backup says of itself, without reading all of it through; raises BackupError as `extract` does."""
    with _opened(path) as archive:
        for member in archive:
            if member.name == CONTENTS_FILE:
                return _contents(_bytes(archive, member), path)
    raise BackupError(_unfinished(path))


def extract(path: Path, folders: Mapping[str, Path], told: Callable[[int], None] = lambda _: None) -> Contents:
    """Unpack a backup and check every byte of it.

    Args:
        folders: where the parts go, by the first part of their names; the folders are made.
        told: hears how many bytes were unpacked.

    Raises:
        BackupError: the file is no backup of ours, is damaged or not finished, or cannot be unpacked.
    """
    found: list[Part] = []
    contents: Contents | None = None
    try:
        with _opened(path) as archive:
            for member in archive:
                if member.name == CONTENTS_FILE:
                    contents = _contents(_bytes(archive, member), path)
                else:
                    found.append(_unpack(archive, member, folders, path))
                    told(member.size)
    except OSError as error:
        raise BackupError(
            f"De reservekopie '{path}' is niet uit te pakken: {reason_words(error)}. "
            "Maak ruimte of pas de rechten aan; er is niets veranderd."
        ) from error
    if contents is None:
        raise BackupError(_unfinished(path))
    if tuple(found) != contents.parts:
        raise BackupError(_damaged(path))
    return contents


def _write(stream: IO[bytes], parts: Iterable[tuple[str, Path]], contents: Contents) -> Contents:
    written: list[Part] = []
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name, file in parts:
            try:
                source = file.open("rb")
            except FileNotFoundError:
                continue
            with source:
                information = tarfile.TarInfo(name)
                information.size = os.fstat(source.fileno()).st_size
                information.mode = 0o600
                counting = _Hashing(source)
                archive.addfile(information, counting)
                written.append(Part(path=name, size=information.size, sha256=counting.hash.hexdigest()))
        contents = contents.model_copy(update={"parts": tuple(written)})
        content = contents.model_dump_json(indent=1).encode()
        last = tarfile.TarInfo(CONTENTS_FILE)
        last.size, last.mode = len(content), 0o600
        archive.addfile(last, io.BytesIO(content))
    return contents


class _Hashing(io.RawIOBase):
    """A stream that hashes what is read from it."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self.hash = sha256()

    def read(self, size: int = -1) -> bytes:
        block = self._stream.read(size)
        self.hash.update(block)
        return block


@contextmanager
def _opened(path: Path) -> Iterator[tarfile.TarFile]:
    try:
        archive = tarfile.open(path, "r:")  # noqa: SIM115  # closed below; not compressed, so no bombs
    except FileNotFoundError as error:
        raise BackupError(f"Er is geen reservekopie '{path}'. Controleer de naam.") from error
    except tarfile.TarError as error:
        raise BackupError(f"'{path}' is geen reservekopie van Beleidswijzer, of het bestand is beschadigd.") from error
    except OSError as error:
        raise BackupError(f"'{path}' is niet te lezen: {reason_words(error)}. Controleer de rechten.") from error
    with archive:
        try:
            yield archive
        except tarfile.TarError as error:
            raise BackupError(_unfinished(path)) from error


def _unpack(archive: tarfile.TarFile, member: tarfile.TarInfo, folders: Mapping[str, Path], path: Path) -> Part:
    name = PurePosixPath(member.name)
    folder = folders.get(name.parts[0]) if name.parts else None
    is_plain = member.isreg() and not name.is_absolute() and ".." not in name.parts and len(name.parts) > 1
    if folder is None or not is_plain:
        raise BackupError(_damaged(path))
    target = folder.joinpath(*name.parts[1:])
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    source = archive.extractfile(member)
    assert source is not None  # it is a regular file
    digest, size = sha256(), 0
    with target.open("xb") as stream:
        while block := source.read(_BLOCK):
            digest.update(block)
            size += len(block)
            stream.write(block)
        stream.flush()
        os.fsync(stream.fileno())
    return Part(path=member.name, size=size, sha256=digest.hexdigest())


def _bytes(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    source = archive.extractfile(member) if member.isreg() and member.size <= _LARGEST_LIST else None
    return source.read() if source else b""


def _contents(content: bytes, path: Path) -> Contents:
    try:
        contents = Contents.model_validate_json(content)
    except ValidationError as error:
        raise BackupError(_damaged(path)) from error
    if contents.format != FORMAT:
        raise BackupError(
            f"De reservekopie '{path}' is gemaakt met een andere versie van Beleidswijzer ({contents.program}). "
            "Zet hem terug met die versie."
        )
    return contents


def _unfinished(path: Path) -> str:
    return f"De reservekopie '{path}' is niet af of afgekapt. Gebruik een andere reservekopie; er is niets veranderd."


def _damaged(path: Path) -> str:
    return f"De reservekopie '{path}' is beschadigd. Gebruik een andere reservekopie; er is niets veranderd."
