"""Documents are fetched from public addresses only, within limits; everything else is refused."""

from __future__ import annotations

import ipaddress
import socket
import threading
from collections.abc import Iterator
from hashlib import sha256
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from web_server import PAGE, WebServer, drip, running, send

from assistant.downloading import Downloader, DownloadLimits, Seen
from assistant.errors import DownloadError
from assistant.public_addresses import is_public


@pytest.fixture
def site() -> Iterator[WebServer]:
    with running() as server:
        yield server


def to_loopback(host: str, port: int) -> list[str]:
    return ["127.0.0.1"]


def downloader(**limits: float) -> Downloader:
    """One that may go to the test server under any name, and nowhere else."""
    return Downloader(to_loopback, lambda address: address.is_loopback, DownloadLimits(**limits))  # type: ignore[arg-type]  # whole numbers where they must be


def test_a_document_is_saved_with_its_hash_and_what_the_server_said(site: WebServer, tmp_path: Path) -> None:
    site.document("/beleid/Nota%20wijkteams.html?v=2", ETag='"abc"', Last_Modified="Sat, 03 Jul 2021 10:00:00 GMT")

    found = downloader().fetch(site.url("/beleid/Nota%20wijkteams.html?v=2#page=3"), tmp_path)

    assert found is not None
    assert (found.file.name, found.file.read_text()) == ("Nota-wijkteams.html", PAGE)
    assert (found.sha256, found.bytes) == (sha256(PAGE.encode()).hexdigest(), len(PAGE))
    assert found.seen == Seen('"abc"', "Sat, 03 Jul 2021 10:00:00 GMT")
    assert site.asked[0][1]["Host"] == f"documenten.example:{site.port}"


def test_a_document_that_has_not_changed_is_not_sent_again(site: WebServer, tmp_path: Path) -> None:
    site.answers["/nota"] = lambda handler: send(handler, 304, b"", {})

    assert downloader().fetch(site.url("/nota"), tmp_path, Seen('"abc"', "Sat, 03 Jul 2021 10:00:00 GMT")) is None

    headers = site.asked[0][1]
    assert (headers["If-None-Match"], headers["If-Modified-Since"]) == ('"abc"', "Sat, 03 Jul 2021 10:00:00 GMT")
    assert list(tmp_path.iterdir()) == []


def test_three_redirects_are_followed(site: WebServer, tmp_path: Path) -> None:
    site.redirect("/1", "/2", 301)
    site.redirect("/2", site.url("/3", "elders.example"))
    site.redirect("/3", "nota.html", 307)
    site.document("/nota.html")

    found = downloader().fetch(site.url("/1"), tmp_path)

    assert found is not None
    assert found.url == site.url("/nota.html", "elders.example")


def test_a_redirect_loop_is_given_up(site: WebServer, tmp_path: Path) -> None:
    site.redirect("/1", "/1")

    with pytest.raises(DownloadError, match=r"^documenten\.example verwijst te vaak door\."):
        downloader().fetch(site.url("/1"), tmp_path)

    assert len(site.asked) == 4


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/nota.pdf",
        "http://127.1/nota.pdf",
        "http://2130706433/",
        "http://0x7f.0.0.1/",
        "http://localhost/",
        "http://10.0.0.5/",
        "http://172.16.1.1/",
        "http://192.168.1.1/",
        "http://169.254.169.254/latest/meta-data/",
        "http://100.64.0.1/",
        "http://0.0.0.0/",
        "http://224.0.0.1/",
        "http://[::1]/",
        "http://[::]/",
        "http://[fe80::1]/",
        "http://[fc00::1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://[::ffff:10.0.0.1]/",
        "http://[64:ff9b::7f00:1]/",
        "http://[2002:7f00:1::]/",
        "http://[::127.0.0.1]/",
    ],
)
def test_an_address_that_is_not_public_is_refused(url: str, tmp_path: Path) -> None:
    with pytest.raises(DownloadError, match="is niet openbaar: alleen adressen op het openbare internet"):
        Downloader().fetch(url, tmp_path)


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("file:///etc/passwd", "is geen webadres dat kan worden opgehaald"),
        ("ftp://example.nl/nota.pdf", "is geen webadres dat kan worden opgehaald"),
        ("gopher://example.nl/", "is geen webadres dat kan worden opgehaald"),
        ("https:///nota.pdf", "is geen webadres dat kan worden opgehaald"),
        ("https://example.nl/a b", "is geen webadres dat kan worden opgehaald"),
        ("https://example.nl/\r\nX-Kop: 1", "is geen webadres dat kan worden opgehaald"),
        ("https://example.nl:99999/", "is geen webadres"),
        ("https://[::1/", "is geen webadres"),
        ("https://jan:geheim@example.nl/", "Een webadres met een naam of wachtwoord erin"),
    ],
)
def test_an_address_of_another_kind_is_refused(url: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(DownloadError, match=message):
        Downloader().fetch(url, tmp_path)


@pytest.mark.parametrize("addresses", [["10.1.2.3"], ["93.184.216.34", "127.0.0.1"], ["::1"], ["fe80::1%eth0"], []])
def test_a_name_that_points_to_a_private_address_is_refused(addresses: list[str], tmp_path: Path) -> None:
    with pytest.raises(DownloadError, match=r"De server documenten\.example is niet openbaar"):
        Downloader(lambda host, port: addresses).fetch("https://documenten.example/nota.pdf", tmp_path)


@pytest.mark.parametrize("target", ["http://10.0.0.1/", "http://binnen.example/", "http://[::1]/"])
def test_a_redirect_to_a_private_address_is_refused(site: WebServer, tmp_path: Path, target: str) -> None:
    site.redirect("/nota", target)
    names = {"documenten.example": "127.0.0.1", "binnen.example": "192.168.0.1"}
    fetcher = Downloader(
        lambda host, port: [names.get(host, host)],
        lambda address: address == ipaddress.ip_address("127.0.0.1") or is_public(address),
    )

    with pytest.raises(DownloadError, match="is niet openbaar"):
        fetcher.fetch(site.url("/nota"), tmp_path)


def test_a_redirect_to_a_file_is_refused(site: WebServer, tmp_path: Path) -> None:
    site.redirect("/nota", "file:///etc/passwd")

    with pytest.raises(DownloadError, match="is geen webadres dat kan worden opgehaald"):
        downloader().fetch(site.url("/nota"), tmp_path)


def test_the_name_is_looked_up_once_so_that_it_cannot_change(site: WebServer, tmp_path: Path) -> None:
    site.document("/nota.html")
    looked_up = []

    def resolve(host: str, port: int) -> list[str]:
        looked_up.append(host)
        return ["127.0.0.1"] if len(looked_up) == 1 else ["10.0.0.1"]

    Downloader(resolve, lambda address: address.is_loopback).fetch(site.url("/nota.html"), tmp_path)

    assert looked_up == ["documenten.example"]


@pytest.mark.parametrize("announced", [True, False])
def test_a_document_that_is_too_large_is_refused(site: WebServer, tmp_path: Path, announced: bool) -> None:
    site.answers["/nota"] = lambda handler: endless(handler, announced)

    with pytest.raises(DownloadError, match=r"Het document bij documenten\.example is groter dan 1 MB\."):
        downloader(bytes=1_000_000).fetch(site.url("/nota"), tmp_path)

    assert list(tmp_path.iterdir()) == []


def endless(handler: BaseHTTPRequestHandler, announced: bool) -> None:
    """More than is allowed, with its length in front or in pieces without one."""
    handler.protocol_version = "HTTP/1.1"
    length = ("Content-Length", "2000000") if announced else ("Transfer-Encoding", "chunked")
    handler.send_response(200)
    for name, value in (("Content-Type", "text/plain"), length):
        handler.send_header(name, value)
    handler.end_headers()
    block = b"a" * 10_000
    for _ in range(1_000):
        handler.wfile.write(block if announced else b"2710\r\n" + block + b"\r\n")


def test_a_server_that_never_ends_is_cut_off(site: WebServer, tmp_path: Path) -> None:
    site.answers["/nota"] = drip

    with pytest.raises(DownloadError, match=r"^documenten\.example doet er te lang over\."):
        downloader(total_seconds=0.6).fetch(site.url("/nota"), tmp_path)

    assert list(tmp_path.iterdir()) == []


def test_a_server_that_says_nothing_is_given_up(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://documenten.example:{silent.getsockname()[1]}/"

        with pytest.raises(DownloadError, match="doet er te lang over"):
            downloader(silence_seconds=0.3).fetch(url, tmp_path)


@pytest.mark.parametrize(
    ("kind", "path", "name"),
    [
        ("application/pdf", "/download", "download.pdf"),
        ("application/octet-stream", "/nota.docx", "nota.docx"),
        ("text/plain; charset=utf-8", "/nota.md", "nota.md"),
        ("text/html; charset=utf-8", "/", "documenten.example.html"),
        ("text/html", "/..%2f..%2fetc", "etc.html"),
    ],
)
def test_the_kind_of_document_decides_the_name(
    site: WebServer, tmp_path: Path, kind: str, path: str, name: str
) -> None:
    site.document(path, "inhoud", kind)

    found = downloader().fetch(site.url(path), tmp_path)

    assert found is not None
    assert found.file == tmp_path / name


@pytest.mark.parametrize("kind", ["image/png", "application/zip", "application/octet-stream", "video/mp4"])
def test_another_kind_of_document_is_refused(site: WebServer, tmp_path: Path, kind: str) -> None:
    site.document("/nota", "inhoud", kind)

    with pytest.raises(DownloadError, match=rf"stuurt een soort document dat niet wordt gelezen \({kind}\)"):
        downloader().fetch(site.url("/nota"), tmp_path)


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (404, r"Bij documenten\.example staat het document niet meer op dit adres \(404\)"),
        (503, r"documenten\.example geeft het document niet \(antwoord 503\)"),
        (302, r"documenten\.example geeft het document niet \(antwoord 302\)"),
        (304, r"documenten\.example geeft het document niet \(antwoord 304\)"),
    ],
)
def test_another_answer_is_one_sentence(site: WebServer, tmp_path: Path, status: int, message: str) -> None:
    site.answers["/nota"] = lambda handler: send(handler, status, b"", {})

    with pytest.raises(DownloadError, match=message):
        downloader().fetch(site.url("/nota"), tmp_path)


def test_a_document_that_stops_halfway_is_not_kept(site: WebServer, tmp_path: Path) -> None:
    site.document("/nota", "half", "text/plain", Content_Length="100")

    with pytest.raises(DownloadError, match=r"kan niet bij documenten\.example worden opgehaald"):
        downloader().fetch(site.url("/nota"), tmp_path)

    assert list(tmp_path.iterdir()) == []


def test_a_packed_document_is_refused(site: WebServer, tmp_path: Path) -> None:
    site.document("/nota", b"\x1f\x8b", "text/plain", Content_Encoding="gzip")

    with pytest.raises(DownloadError, match="stuurt het document verpakt"):
        downloader().fetch(site.url("/nota"), tmp_path)


def test_an_answer_that_is_no_http_is_refused(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"https://documenten.example:{server.getsockname()[1]}/"
        server.settimeout(5)

        def answer() -> None:
            line, _ = server.accept()
            line.recv(1000)
            line.sendall(b"SSH-2.0-OpenSSH\r\n")
            line.close()

        thread = threading.Thread(target=answer)
        thread.start()

        with pytest.raises(DownloadError, match="De beveiligde verbinding met documenten"):
            downloader().fetch(url, tmp_path)
        thread.join()
