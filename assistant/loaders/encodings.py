"""Bytes of a text in, the text out, whatever common encoding its maker used."""

from __future__ import annotations

import re

_MARKS = {
    b"\xff\xfe\x00\x00": "utf-32",
    b"\x00\x00\xfe\xff": "utf-32",
    b"\xff\xfe": "utf-16",
    b"\xfe\xff": "utf-16",
}
# How Dutch uses what lies outside ASCII: letters with a mark inside a word; signs around words.
_IN_PLACE = re.compile(
    r"(?<=[a-z])[áàäâéèëêíïîóöôúüûçñ]|[áàäâéèëêíïîóöôúüûçñÉÖÜ](?=[a-z])|(?<=[\w\s.,;:])[’”…–—]|[‘“€–—•](?=[\w\s])"
)
_SAMPLE = 1_000_000  # bytes


def decode_bytes(data: bytes) -> str | None:
    """The text without its byte order mark; None when no encoding fits."""
    for mark, encoding in _MARKS.items():
        if data.startswith(mark):
            return _decoded(data, encoding)
    if (text := _decoded(data, "utf-8-sig")) is not None and "\0" not in text:
        return text
    if wide := _wide(data):
        return _decoded(data, wide)
    western, old_mac = _decoded(data, "cp1252"), _decoded(data, "mac-roman")
    if old_mac is not None and _fits(old_mac) and not (western is not None and _fits(western)):
        return old_mac
    return western if western is not None else _decoded(data, "latin-1")


def _decoded(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        return None


def _wide(data: bytes) -> str | None:
    """UTF-16 without a mark: nearly every other byte is zero."""
    sample = data[:_SAMPLE]
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    if len(sample) >= 8 and odd > 0.4 * len(sample) / 2 and even < 0.05 * len(sample) / 2:
        return "utf-16-le"
    if len(sample) >= 8 and even > 0.4 * len(sample) / 2 and odd < 0.05 * len(sample) / 2:
        return "utf-16-be"
    return None


def _fits(text: str) -> bool:
    """Whether nearly all that lies outside ASCII stands where Dutch would put it."""
    sample = text[:_SAMPLE]
    outside = sum(character > "\x7f" for character in sample)
    return outside > 0 and len(_IN_PLACE.findall(sample)) >= 0.9 * outside
