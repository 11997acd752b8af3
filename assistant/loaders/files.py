"""A path in, the bytes of a readable document out; a file that is not what its extension says is refused."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path
from typing import Literal

from assistant.errors import DocumentError

Kind = Literal["pdf", "docx", "zip", "ole", "rtf", "html", "binary", "text"]

_EXPECTED: dict[str, tuple[Kind, ...]] = {
    ".docx": ("docx",),
    ".htm": ("html", "text"),
    ".html": ("html", "text"),
    ".markdown": ("text",),
    ".md": ("text",),
    ".pdf": ("pdf",),
    ".txt": ("text",),
}
_NAMES: dict[Kind, str] = {
    "pdf": "een PDF-bestand",
    "docx": "een Word-bestand (.docx)",
    "zip": "een zip-bestand",
    "ole": "een oud of met een wachtwoord beveiligd Office-bestand",
    "rtf": "een RTF-bestand",
    "html": "een HTML-pagina",
    "binary": "geen leesbare tekst (binaire inhoud)",
    "text": "gewone tekst",
}
_RIGHT_SUFFIX: dict[Kind, str] = {"pdf": ".pdf", "docx": ".docx", "html": ".html", "text": ".txt"}
_HTML_START = re.compile(r"\s*(?:<\?xml[^>]*>\s*|<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body)\b", re.I | re.S)
_TAG = re.compile(rb"<[a-z!/][^>]*>", re.I)
_UNPACKED_LIMIT = 400_000_000  # bytes; a document of words stays far below this, a zip bomb does not


def read_document(path: Path) -> bytes:
    """The bytes of the file at `path`, which are never empty."""
    try:
        if path.is_dir():
            raise DocumentError(f"{path.name} is een map en geen document. Geef de bestanden in de map apart op.")
        if path.exists() and not path.is_file():
            raise DocumentError(f"{path.name} is geen gewoon bestand. Vervang het door het document zelf.")
        data = path.read_bytes()
    except FileNotFoundError:
        raise DocumentError(
            f"{path.name} bestaat niet (meer). Zet het bestand terug of haal het uit de catalogus."
        ) from None
    except PermissionError:
        raise DocumentError(f"{path.name} mag niet worden gelezen. Geef leesrechten op het bestand.") from None
    except (OSError, ValueError):  # ValueError: a null byte in the path
        raise DocumentError(
            f"{path.name} kan niet worden gelezen. Controleer de schijf en de naam van het bestand."
        ) from None
    if not data.strip():
        raise DocumentError(f"{path.name} is leeg. Vervang het door het volledige document of haal het uit de map.")
    return data


def check_kind(path: Path, data: bytes) -> None:
    """Raise when the content does not fit the extension of `path`."""
    expected = _EXPECTED[path.suffix.lower()]
    kind = sniff(data)
    if kind == "text" and expected == ("html", "text") and not _TAG.search(data):
        raise DocumentError(_mismatch(path, "text"))
    if kind not in expected:
        raise DocumentError(_mismatch(path, kind))


def sniff(data: bytes) -> Kind:
    """What the bytes are, judged by their content alone."""
    if data.lstrip()[:5] == b"%PDF-" or (b"%PDF-" in data[:1024] and b"\0" in data):
        return "pdf"
    if data.startswith(b"PK\x03\x04"):
        return _kind_of_zip(data)
    if data.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return "ole"
    if data.startswith(b"{\\rtf"):
        return "rtf"
    text = decode(data)
    if text is None:
        return "binary"
    return "html" if _HTML_START.match(text) else "text"


def decode(data: bytes) -> str | None:
    """The text of `data` without byte order mark and with \\n as line end; None when it is not text."""
    text = _decode_bytes(data)
    if text is None or _is_binary(text):
        return None
    return text.replace("\r\n", "\n").replace("\r", "\n")


def decoded_text(path: Path, data: bytes) -> str:
    """The text of a plain text file; refused when it is not text."""
    text = decode(data)
    if text is None:
        raise DocumentError(_mismatch(path, "binary"))
    return text


def _decode_bytes(data: bytes) -> str | None:
    encodings = ("utf-8-sig", "cp1252")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings = ("utf-16", "utf-16")
    for encoding in encodings:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return None


def _is_binary(text: str) -> bool:
    controls = sum(character < " " and character not in "\t\n\r\f\v" for character in text)
    return "\0" in text or controls > len(text) // 100


def _kind_of_zip(data: bytes) -> Kind:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if "word/document.xml" not in archive.namelist():
                return "zip"
            too_large = sum(member.file_size for member in archive.infolist()) > _UNPACKED_LIMIT
            return "zip" if too_large else "docx"
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError):
        return "zip"


def _mismatch(path: Path, kind: Kind) -> str:
    right = _RIGHT_SUFFIX.get(kind)
    if kind == "zip" and path.suffix.lower() == ".docx":
        return f"{path.name} is beschadigd of geen Word-bestand. Bewaar het opnieuw als .docx in Word of LibreOffice."
    step = (
        f"Hernoem het naar {path.stem}{right}." if right else f"Bewaar het document opnieuw als {path.suffix.lower()}."
    )
    if kind == "binary":
        return f"{path.name} bevat {_NAMES[kind]}. {step}"
    return f"{path.name} is geen {path.suffix.lower()}-bestand maar {_NAMES[kind]}. {step}"
