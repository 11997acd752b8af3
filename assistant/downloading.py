"""Documents from the web. In: an address of a stranger. Out: a file that is no larger, slower or stranger than allowed.

Each address is looked up once and checked, and the connection goes to the address that was checked: what a name points
to a moment later makes no difference. The same holds for each address that a server refers to.
"""

from __future__ import annotations

import hashlib
import re
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email.message import Message
from http.client import HTTPConnection, HTTPException, HTTPResponse
from pathlib import Path
from threading import Timer
from urllib.parse import SplitResult, unquote, urljoin, urlsplit

from assistant.errors import DownloadError, GoneError
from assistant.public_addresses import Address, Resolve, checked_addresses, is_public, system_addresses

_TYPES = {
    "application/pdf": ".pdf",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ".docx",
    "application/xhtml+xml": ".html",
    "text/html": ".html",
    "text/markdown": ".md",
    "text/plain": ".txt",
}
_UNTYPED = {"application/octet-stream", "application/force-download", "binary/octet-stream", ""}
_REDIRECTS = {301, 302, 303, 307, 308}
_GONE = {404, 410}
_BLOCK = 65_536
_ADDRESSES_TRIED = 3


@dataclass(frozen=True)
class DownloadLimits:
    """What one download may cost."""

    bytes: int = 100_000_000
    redirects: int = 3
    connect_seconds: float = 10.0
    silence_seconds: float = 20.0  # between two pieces
    total_seconds: float = 180.0


@dataclass(frozen=True)
class Seen:
    """What a server said of a document last time, so that it is sent only when it has changed."""

    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True)
class Download:
    """A document as it came."""

    url: str  # after redirects
    file: Path
    sha256: str
    bytes: int
    seen: Seen


class Downloader:
    """Fetches documents over http and https from public addresses."""

    def __init__(
        self,
        resolve: Resolve = system_addresses,
        allowed: Callable[[Address], bool] = is_public,
        limits: DownloadLimits | None = None,
        trust: ssl.SSLContext | None = None,
    ) -> None:
        self._resolve = resolve
        self._allowed = allowed
        self._limits = limits or DownloadLimits()
        self._trust = trust

    def fetch(self, url: str, folder: Path, seen: Seen | None = None, name: str | None = None) -> Download | None:
        """Put the document at `url` in `folder`; None if it has not changed since it was `seen`.

        Args:
            name: of the file, without its suffix; after the address by default.

        Raises:
            GoneError: the server says that the document is no longer there.
            DownloadError: the address is refused, or the server does not send a document within the limits.
        """
        deadline = time.monotonic() + self._limits.total_seconds
        for _ in range(self._limits.redirects + 1):
            parts = checked_url(url)
            with self._answer(parts, seen or Seen(), deadline) as answer:
                if answer.status == 304 and seen:
                    return None
                if answer.status == 200:
                    return self._saved(answer, url, folder, name, deadline)
                url = _next_url(answer, url)
        raise DownloadError(
            f"{parts.hostname} verwijst te vaak door. Open het webadres in een browser en voeg het bestand zelf toe."
        )

    @contextmanager
    def _answer(self, parts: SplitResult, seen: Seen, deadline: float) -> Iterator[HTTPResponse]:
        """The server's answer to one request; what goes wrong on the line becomes a DownloadError."""
        host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
        addresses = checked_addresses(host, port, self._resolve, self._allowed)
        connection = HTTPConnection(host, port, timeout=self._limits.silence_seconds)
        # A server that sends a byte now and then never lets a read time out; so the line is cut at the deadline.
        cut = Timer(max(deadline - time.monotonic(), 0.0), lambda: _cut(connection))
        cut.daemon = True
        cut.start()
        try:
            connection.sock = self._connected(addresses, port)
            connection.default_port = port if parts.port is None else 0  # so that Host has a port only where it must
            if parts.scheme == "https":
                self._secure(connection, host)
            target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            connection.request("GET", target, headers=_headers(seen))
            yield connection.getresponse()
        except (OSError, HTTPException, ValueError) as error:
            if time.monotonic() >= deadline:
                raise DownloadError(_too_slow(host)) from error
            raise DownloadError(_failed(host, error)) from error
        finally:
            cut.cancel()
            connection.close()

    def _connected(self, addresses: list[Address], port: int) -> socket.socket:
        for address in addresses[:_ADDRESSES_TRIED]:
            try:
                connected = socket.create_connection((str(address), port), self._limits.connect_seconds)
            except OSError as error:
                failure = error
            else:
                connected.settimeout(self._limits.silence_seconds)
                return connected
        raise failure

    def _secure(self, connection: HTTPConnection, host: str) -> None:
        trust = self._trust or ssl.create_default_context()
        plain = connection.sock
        assert plain is not None  # it was connected just now
        secured = trust.wrap_socket(plain, server_hostname=host, do_handshake_on_connect=False)
        connection.sock = secured
        secured.do_handshake()

    def _saved(self, answer: HTTPResponse, url: str, folder: Path, name: str | None, deadline: float) -> Download:
        parts = urlsplit(url)
        if answer.headers.get("Content-Encoding", "identity").lower() != "identity":
            raise DownloadError(f"{parts.hostname} stuurt het document verpakt. Sla het zelf op en voeg het toe.")
        if (answer.length or 0) > self._limits.bytes:
            raise DownloadError(self._too_large(parts))
        suffix = _suffix(answer.headers, parts)
        file = folder / f"{name or _stem(parts)}{suffix}"
        digest, size = hashlib.sha256(), 0
        with file.open("xb") as stream:
            try:
                while block := answer.read1(_BLOCK):
                    size += len(block)
                    if size > self._limits.bytes:
                        raise DownloadError(self._too_large(parts))
                    digest.update(block)
                    stream.write(block)
                if answer.length or time.monotonic() >= deadline:
                    raise HTTPException("cut off")
            except BaseException:
                file.unlink()
                raise
        seen = Seen(answer.headers.get("ETag"), answer.headers.get("Last-Modified"))
        return Download(url, file, digest.hexdigest(), size, seen)

    def _too_large(self, parts: SplitResult) -> str:
        return (
            f"Het document bij {parts.hostname} is groter dan {self._limits.bytes // 1_000_000} MB. "
            "Sla het zelf op, splits het en voeg de delen toe."
        )


def checked_url(url: str) -> SplitResult:
    """The parts of an address that may be fetched; DownloadError for any other."""
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises for a number that is no port
    except ValueError as error:
        raise DownloadError(f"{url!r} is geen webadres. Geef een adres dat met https:// begint.") from error
    if parts.scheme not in ("http", "https") or not parts.hostname or not re.fullmatch(r"[!-~]+", url):
        raise DownloadError(f"{url!r} is geen webadres dat kan worden opgehaald. Geef een adres met https://.")
    if "@" in parts.netloc:
        raise DownloadError("Een webadres met een naam of wachtwoord erin wordt niet opgehaald. Haal dat deel weg.")
    return parts


def _headers(seen: Seen) -> dict[str, str]:
    headers = {
        "User-Agent": "Beleidswijzer",
        "Accept": ", ".join([*_TYPES, "*/*;q=0.1"]),
        "Accept-Encoding": "identity",
    }
    if seen.etag:
        headers["If-None-Match"] = seen.etag
    if seen.last_modified:
        headers["If-Modified-Since"] = seen.last_modified
    return headers


def _next_url(answer: HTTPResponse, url: str) -> str:
    """Where a server refers to; DownloadError for an answer that is neither a document nor a reference."""
    host = urlsplit(url).hostname
    if answer.status in _GONE:
        raise GoneError(f"Bij {host} staat het document niet meer op dit adres ({answer.status}). Zoek het nieuwe.")
    place = answer.headers.get("Location")
    if answer.status not in _REDIRECTS or not place:
        raise DownloadError(f"{host} geeft het document niet (antwoord {answer.status}). Probeer het later opnieuw.")
    following = urljoin(url, place)
    if url.startswith("https:") and following.startswith("http:"):
        raise DownloadError(f"{host} verwijst door naar een onbeveiligd adres. Voeg het bestand zelf toe.")
    return following


def _suffix(headers: Message, parts: SplitResult) -> str:
    kind = headers.get_content_type() if headers.get("Content-Type") else ""
    if kind in _TYPES and not (kind == "text/plain" and _path_suffix(parts) == ".md"):
        return _TYPES[kind]
    named = Path(headers.get_filename() or "").suffix.lower() or _path_suffix(parts)
    if kind in _UNTYPED | {"text/plain"} and named in {*_TYPES.values()}:
        return named
    raise DownloadError(
        f"{parts.hostname} stuurt een soort document dat niet wordt gelezen ({kind or 'onbekend'}). "
        "Kies een PDF, Word-document, webpagina of tekst."
    )


def _path_suffix(parts: SplitResult) -> str:
    return Path(unquote(parts.path)).suffix.lower()


def _stem(parts: SplitResult) -> str:
    """A plain name after the last part of the address."""
    last = unquote(parts.path).rstrip("/").rpartition("/")[2]
    plain = re.sub(r"[^\w.-]+", "-", Path(last).stem if last else str(parts.hostname)).strip(".-")
    return plain[:100] or "document"


def _cut(connection: HTTPConnection) -> None:
    if connection.sock is not None:
        with suppress(OSError):  # it was closed at the same moment
            connection.sock.shutdown(socket.SHUT_RDWR)


def _too_slow(host: str) -> str:
    return f"{host} doet er te lang over. Probeer het later opnieuw, of sla het document zelf op en voeg het toe."


def _failed(host: str, error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return _too_slow(host)
    if isinstance(error, ssl.SSLError):
        return f"De beveiligde verbinding met {host} lukt niet: het certificaat klopt niet. Controleer het webadres."
    return f"Het document kan niet bij {host} worden opgehaald. Controleer het webadres en probeer het later opnieuw."
