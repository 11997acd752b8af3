"""The bytes of a document that is a zip file in, its members out; one that unpacks to far too much is refused."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from assistant.errors import DocumentError

_MEMBERS = 5_000
_UNPACKED = 300_000_000  # bytes; a document of words stays far below this
_SMALL = 30_000_000  # bytes; so little unpacks without harm, however tightly it was packed
_RATIO = 200  # XML shrinks to a tenth or so; a bomb to a thousandth
_LARGEST_PART = 150_000_000  # bytes of one part that is parsed


def open_archive(path: Path, data: bytes) -> zipfile.ZipFile:
    """The archive.

    Raises:
        DocumentError: it is damaged, or unpacks to far more than a document of words.
    """
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError):
        raise damaged(path) from None
    members = archive.infolist()
    # zipfile never unpacks more of a member than its stated size, so that a false size does no harm.
    unpacked = sum(member.file_size for member in members)
    if len(members) > _MEMBERS or unpacked > _UNPACKED or unpacked > max(_SMALL, _RATIO * len(data)):
        raise DocumentError(
            f"{path.name} pakt uit tot veel meer dan een gewoon document en wordt niet gelezen. "
            "Bewaar het opnieuw met Word of LibreOffice, zonder grote bijlagen."
        )
    return archive


def read_xml(archive: zipfile.ZipFile, name: str) -> Any:
    """The root of an XML part, None when there is no such part; entities are never resolved."""
    from lxml import etree

    try:
        member = archive.getinfo(name)
    except KeyError:
        return None
    if member.file_size > _LARGEST_PART:
        raise ValueError(f"part {name} is too large")
    return etree.fromstring(archive.read(member), etree.XMLParser(resolve_entities=False, no_network=True))


@contextmanager
def refusing_damage(path: Path) -> Iterator[None]:
    """Whatever goes wrong inside is told as damage of the file; our own refusals and a full memory go through."""
    try:
        yield
    except (DocumentError, MemoryError):
        raise
    except RecursionError:
        raise DocumentError(f"{path.name} is te diep genest. Bewaar de tekst opnieuw in een gewoon document.") from None
    except Exception:  # libraries let errors of zipfile, zlib, lxml and their own parts through
        raise damaged(path) from None


def damaged(path: Path) -> DocumentError:
    """The refusal of a file that cannot be opened."""
    return DocumentError(
        f"{path.name} is beschadigd en kan niet als {path.suffix.lower()}-bestand worden gelezen. "
        "Bewaar het opnieuw in Word, LibreOffice of het programma waarmee het is gemaakt."
    )


def kind_of_archive(data: bytes) -> str:
    """ "docx", "xlsx", "pptx", "odt", "locked" (with a password), or "zip" for any other archive."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return next((kind for kind, fits in _KINDS.items() if fits(archive)), "zip")
    except (zipfile.BadZipFile, zlib.error, ValueError, NotImplementedError, OSError, RuntimeError):
        return "zip"


def _has(name: str) -> Callable[[zipfile.ZipFile], bool]:
    return lambda archive: name in archive.namelist()


def _is_odt(archive: zipfile.ZipFile) -> bool:
    return _start_of(archive, "mimetype") == b"application/vnd.oasis.opendocument.text" and _has("content.xml")(archive)


def _is_locked(archive: zipfile.ZipFile) -> bool:
    return _has("mimetype")(archive) and b"encryption-data" in _start_of(archive, "META-INF/manifest.xml", 200_000)


def _start_of(archive: zipfile.ZipFile, name: str, length: int = 100) -> bytes:
    try:
        with archive.open(name) as member:
            return member.read(length).strip()
    except KeyError:
        return b""


_KINDS: dict[str, Callable[[zipfile.ZipFile], bool]] = {
    "docx": _has("word/document.xml"),
    "xlsx": _has("xl/workbook.xml"),
    "pptx": _has("ppt/presentation.xml"),
    "locked": _is_locked,
    "odt": _is_odt,
}
