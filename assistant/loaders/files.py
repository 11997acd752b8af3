"""A path in, the bytes of a readable document out; a file that is not what its extension says is refused."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal

from assistant.errors import DocumentError
from assistant.loaders.archives import kind_of_archive
from assistant.loaders.encodings import decode_bytes

Kind = Literal["pdf", "docx", "odt", "pptx", "xlsx", "zip", "ole", "locked", "rtf", "html", "binary", "text"]

_EXPECTED: dict[str, tuple[Kind, ...]] = {
    ".docx": ("docx",),
    ".eml": ("text", "html"),
    ".htm": ("html", "text"),
    ".html": ("html", "text"),
    ".markdown": ("text",),
    ".md": ("text",),
    ".odt": ("odt",),
    ".pdf": ("pdf",),
    ".pptx": ("pptx",),
    ".txt": ("text",),
    ".xlsx": ("xlsx",),
}
_NAMES: dict[Kind, str] = {
    "pdf": "een PDF-bestand",
    "docx": "een Word-bestand (.docx)",
    "odt": "een OpenDocument-tekst (.odt)",
    "pptx": "een presentatie (.pptx)",
    "xlsx": "een werkblad (.xlsx)",
    "zip": "een zip-bestand",
    "ole": "een oud Office-bestand",
    "locked": "een bestand met een wachtwoord",
    "rtf": "een RTF-bestand",
    "html": "een HTML-pagina",
    "binary": "geen leesbare tekst (binaire inhoud)",
    "text": "gewone tekst",
}
_RIGHT_SUFFIX: dict[Kind, str] = {
    **{"pdf": ".pdf", "docx": ".docx", "odt": ".odt", "pptx": ".pptx", "xlsx": ".xlsx", "html": ".html"},
    "text": ".txt",
}
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")  # the part of an Office file that a password locks
_ARCHIVES: dict[str, Kind] = {
    **{"docx": "docx", "odt": "odt", "pptx": "pptx", "xlsx": "xlsx"},
    **{"locked": "locked", "zip": "zip"},
}
_OFFICE = (".docx", ".odt", ".pptx", ".xlsx")
_HTML_START = re.compile(r"\s*(?:<\?xml[^>]*>\s*|<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body)\b", re.I | re.S)
_TAG = re.compile(rb"<[a-z!/][^>]*>", re.I)


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
        return _ARCHIVES[kind_of_archive(data)]
    if data.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return "locked" if _ENCRYPTED in data else "ole"
    if data.startswith(b"{\\rtf"):
        return "rtf"
    text = decode(data)
    if text is None:
        return "binary"
    return "html" if _HTML_START.match(text) else "text"


def decode(data: bytes) -> str | None:
    """The text of `data` without byte order mark and with \\n as line end; None when it is not text."""
    text = decode_bytes(data)
    if text is None or _is_binary(text):
        return None
    return text.replace("\r\n", "\n").replace("\r", "\n")


def decoded_text(path: Path, data: bytes) -> str:
    """The text of a plain text file; refused when it is not text."""
    text = decode(data)
    if text is None:
        raise DocumentError(_mismatch(path, "binary"))
    return text


def _is_binary(text: str) -> bool:
    controls = sum(character < " " and character not in "\t\n\r\f\v" for character in text)
    return "\0" in text or controls > len(text) // 100


def _mismatch(path: Path, kind: Kind) -> str:
    right = _RIGHT_SUFFIX.get(kind)
    if kind == "locked":
        return (
            f"{path.name} is beveiligd met een wachtwoord. Bewaar een versie zonder wachtwoord en vervang het bestand."
        )
    if kind == "zip" and path.suffix.lower() in _OFFICE:
        what = _NAMES[_EXPECTED[path.suffix.lower()][0]]
        return f"{path.name} is beschadigd of geen {what[4:]}. Bewaar het opnieuw in Word of LibreOffice."
    step = (
        f"Hernoem het naar {path.stem}{right}." if right else f"Bewaar het document opnieuw als {path.suffix.lower()}."
    )
    if kind == "binary":
        return f"{path.name} bevat {_NAMES[kind]}. {step}"
    return f"{path.name} is geen {path.suffix.lower()}-bestand maar {_NAMES[kind]}. {step}"
