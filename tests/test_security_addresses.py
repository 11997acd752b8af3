"""Where a download may go: every way to write an address of our own network is refused (SSRF)."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from pathlib import Path

import pytest
from web_server import WebServer, running

from assistant.downloading import Downloader
from assistant.errors import DownloadError
from assistant.public_addresses import is_public, system_addresses

OUR_OWN = """
    0.0.0.0 0.1.2.3 10.0.0.1 100.64.0.1 127.0.0.1 127.255.255.254 169.254.169.254 172.16.0.1 172.31.255.255
    192.0.0.170 192.0.2.1 192.168.0.1 192.88.99.1 198.18.0.1 198.51.100.1 203.0.113.1 224.0.0.1 240.0.0.1
    255.255.255.255 168.63.129.16
    :: ::1 ::127.0.0.1 ::ffff:127.0.0.1 ::ffff:169.254.169.254 ::ffff:0:127.0.0.1 64:ff9b::7f00:1 64:ff9b::a9fe:a9fe
    64:ff9b:1::7f00:1 2002:7f00:1:: 2002:a00:1:: 2001:0:4136:e378:8000:63bf:3fff:fdd2 2606:4700::5efe:7f00:1
    2606:4700::200:5efe:10.0.0.1 fe80::1 fec0::1 fc00::1 fd00:ec2::254 ff02::1 2001:db8::1 2001:2::1 100::1 3fff::1
""".split()
EVERYBODYS = "8.8.8.8 172.32.0.1 100.128.0.1 2606:4700::1111 64:ff9b::808:808 2002:808:808:: ::ffff:8.8.8.8".split()
# Numbers that the system reads as an address, without asking anybody for a name.
WRITTEN_OTHERWISE = [
    *("2130706433", "0x7f000001", "017700000001", "0x7f.1", "0177.0.0.1", "127.1", "127.0.1", "0", "0x0", "localhost"),
    *("[::ffff:7f00:1]", "[0:0:0:0:0:ffff:127.0.0.1]", "[::1%lo]", "2852039166", "0xa9fea9fe", "10.1"),
]


@pytest.mark.parametrize("address", OUR_OWN)
def test_an_address_that_is_not_everybodys_is_not_public(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", EVERYBODYS)
def test_an_address_of_the_internet_is_public(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("host", WRITTEN_OTHERWISE)
def test_an_address_of_our_own_is_refused_however_it_is_written(host: str, tmp_path: Path) -> None:
    with pytest.raises(DownloadError, match=r"is niet openbaar|is niet gevonden"):
        Downloader().fetch(f"http://{host}/nota.pdf", tmp_path)


@pytest.mark.parametrize(
    "url",
    [
        "http://documenten.example@127.0.0.1/nota.pdf",
        "http://127.0.0.1#@documenten.example/nota.pdf",
        "http://127.0.0.1\\@documenten.example/nota.pdf",
        "http://①②⑦.⓪.⓪.①/nota.pdf",
        "http://127。0。0。1/nota.pdf",
        "http://documenten.example\t@127.0.0.1/",
        "http://documenten.example%00.evil.example/",
        "http://[::ffff:127.0.0.1]@documenten.example/",
        "HTTP://LOCALHOST/nota.pdf",
        "jar:http://documenten.example/nota.zip!/nota.pdf",
        "//127.0.0.1/nota.pdf",
    ],
)
def test_an_address_that_two_programs_read_differently_is_refused(url: str, tmp_path: Path) -> None:
    asked: list[str] = []

    def resolve(host: str, port: int) -> list[str]:
        asked.append(host)
        return system_addresses(host, port) if host != "documenten.example" else ["127.0.0.1"]

    with pytest.raises(DownloadError):
        Downloader(resolve).fetch(url, tmp_path)

    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def site() -> Iterator[WebServer]:
    with running() as server:
        yield server


@pytest.mark.parametrize(
    "target",
    [
        "http://169.254.169.254/latest/meta-data/",
        "//169.254.169.254/latest/meta-data/",
        "http://[::ffff:169.254.169.254]/",
        "http://2852039166/",
        "http://0/",
        "http://[64:ff9b::a9fe:a9fe]/",
        "http://jan:geheim@documenten.example/",
        "gopher://127.0.0.1:6379/_FLUSHALL",
        "\\\\127.0.0.1\\nota",
    ],
)
def test_no_server_sends_us_into_our_own_network(site: WebServer, tmp_path: Path, target: str) -> None:
    site.redirect("/nota", target)
    looked_up: list[str] = []

    def resolve(host: str, port: int) -> list[str]:
        looked_up.append(host)
        return ["127.0.0.1"] if host == "documenten.example" else system_addresses(host, port)

    def only_the_site(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
        return looked_up == ["documenten.example"] or is_public(address)

    with pytest.raises(DownloadError):
        Downloader(resolve, only_the_site).fetch(site.url("/nota"), tmp_path)

    assert len(site.asked) <= 2
    assert list(tmp_path.iterdir()) == []
