"""Which places on the network a download may go to: public ones only, judged by address and not by name."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable

from assistant.errors import DownloadError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[[str, int], list[str]]  # host and port → addresses

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")  # an IPv4 address in its last four bytes
_ISATAP = (b"\x00\x00\x5e\xfe", b"\x02\x00\x5e\xfe")  # so does what has this in the middle
# What counts as public in the tables of Python 3.11, and is not for us.
_NOT_FOR_US = (
    ipaddress.IPv4Network("168.63.129.16/32"),  # Azure's own services, as its machines see them
    ipaddress.IPv4Network("192.88.99.0/24"),  # relays that are no longer there (RFC 7526)
    ipaddress.IPv6Network("3fff::/20"),  # examples (RFC 9637)
)


def system_addresses(host: str, port: int) -> list[str]:
    """The addresses of a host, as the system finds them."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(each[4][0]) for each in found))


def is_public(address: Address) -> bool:
    """Whether anybody on the internet could reach this address, by whatever way it is written."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if address in _NAT64 or address.packed[8:12] in _ISATAP:
            inner = ipaddress.IPv4Address(address.packed[-4:])
        if inner is not None:
            return is_public(inner)
        if address.teredo is not None or address.is_site_local:
            return False
    if any(address in network for network in _NOT_FOR_US):
        return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


def checked_addresses(host: str, port: int, resolve: Resolve, allowed: Callable[[Address], bool]) -> list[Address]:
    """The addresses of a host, all of them allowed; DownloadError otherwise."""
    try:
        addresses = [ipaddress.ip_address(each.partition("%")[0]) for each in resolve(host, port)]
    except (OSError, UnicodeError, ValueError) as error:
        raise DownloadError(f"De server {host} is niet gevonden. Controleer het webadres en de verbinding.") from error
    if not addresses or not all(map(allowed, addresses)):
        raise DownloadError(
            f"De server {host} is niet openbaar: alleen adressen op het openbare internet worden opgehaald. "
            "Sla het document zelf op en voeg het bestand toe."
        )
    return addresses
