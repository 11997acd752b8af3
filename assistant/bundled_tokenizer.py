"""The default model's tokenizer: from its vocabulary to the standard tokenizer.json of the `tokenizers` library."""

from __future__ import annotations

import base64
import struct
import unicodedata
from typing import Any

from assistant.bundled_weights import Vocabulary

MASK = "<mask>"

_HIGHEST_CODE_POINT = 0x30000  # no canonical compositions lie above
_UNIT_HAS_LEAF = 1 << 8
_UNIT_IS_LEAF = 1 << 31


def tokenizer_definition(vocabulary: Vocabulary) -> dict[str, Any]:
    """The content of tokenizer.json: normalise characters, split at white space, cut into unigram pieces."""
    begin, end = (vocabulary.pieces[i] for i in (vocabulary.begin, vocabulary.end))
    metaspace = {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": True}
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": _added_tokens(vocabulary),
        "normalizer": {
            "type": "Precompiled",
            "precompiled_charsmap": base64.b64encode(character_map(vocabulary.replacements)).decode(),
        },
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": [{"type": "WhitespaceSplit"}, metaspace]},
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [_special(begin), _sequence("A"), _special(end)],
            "pair": [_special(begin), _sequence("A"), _special(end), _special(end), _sequence("B"), _special(end)],
            "special_tokens": {
                token: {"id": token, "ids": [number], "tokens": [token]}
                for token, number in ((begin, vocabulary.begin), (end, vocabulary.end))
            },
        },
        "decoder": metaspace,
        "model": {
            "type": "Unigram",
            "unk_id": vocabulary.unknown,
            "byte_fallback": False,
            "vocab": list(zip(vocabulary.pieces, vocabulary.scores, strict=True)),
        },
    }


def _special(token: str) -> dict[str, Any]:
    return {"SpecialToken": {"id": token, "type_id": 0}}


def _sequence(name: str) -> dict[str, Any]:
    return {"Sequence": {"id": name, "type_id": 0}}


def _added_tokens(vocabulary: Vocabulary) -> list[dict[str, Any]]:
    mask = vocabulary.pieces.index(MASK)
    numbers = [*sorted((vocabulary.begin, vocabulary.end, vocabulary.padding, vocabulary.unknown)), mask]
    return [
        {
            "id": number,
            "content": vocabulary.pieces[number],
            "single_word": False,
            "lstrip": number == mask,
            "rstrip": False,
            "normalized": False,
            "special": True,
        }
        for number in numbers
    ]


def character_map(replacements: dict[int, str]) -> bytes:
    """Sentencepiece's "precompiled charsmap": a double-array trie of UTF-8 keys, then the replacements, NUL-terminated.

    Canonical compositions (e + U+0301 to é) are added: the table has single code points only, and text from PDFs
    often holds letters and accents apart.
    """
    rules = {chr(code_point): text for code_point, text in replacements.items()}
    for decomposed, composed in _compositions():
        rules.setdefault(decomposed, replacements.get(ord(composed), composed))
    texts = bytearray()
    positions: dict[str, int] = {}
    keys: dict[bytes, int] = {}
    for key, text in sorted(rules.items()):
        if text not in positions:
            positions[text] = len(texts)
            texts += text.encode() + b"\0"
        keys[key.encode()] = positions[text]
    units = double_array(keys)
    trie = struct.pack(f"<{len(units)}I", *units)
    return struct.pack("<I", len(trie)) + trie + bytes(texts)


def _compositions() -> list[tuple[str, str]]:
    pairs = []
    for composed in map(chr, range(0xA0, _HIGHEST_CODE_POINT)):
        decomposed = unicodedata.normalize("NFD", composed)
        # The trie's reader looks at most at one grapheme of fewer than six bytes.
        is_pair = len(decomposed) > 1 and len(decomposed.encode()) < 6
        if is_pair and unicodedata.normalize("NFC", decomposed) == composed:
            pairs.append((decomposed, composed))
    return pairs


def double_array(keys: dict[bytes, int]) -> list[int]:
    """The units of a Darts double array that maps each key to its value."""
    root: dict[int, Any] = {}
    for key, value in keys.items():
        node = root
        for byte in key:
            node = node.setdefault(byte, {})
        node[0] = value  # keys hold no NUL, so label 0 marks the leaf
    units = [0] * 512
    used, bases = {0}, set()
    first_free = 1
    unplaced = [(root, 0)]
    while unplaced:
        node, position = unplaced.pop()
        base = first_free
        while base in bases or any(base ^ label in used for label in node):
            base += 1
        bases.add(base)
        units.extend([0] * max(0, (base | 255) + 1 - len(units)))
        units[position] |= (base ^ position) << 10 | (_UNIT_HAS_LEAF if 0 in node else 0)
        for label, child in sorted(node.items()):
            used.add(base ^ label)
            units[base ^ label] = label if label else child | _UNIT_IS_LEAF
            if label:
                unplaced.append((child, base ^ label))
        while first_free in used:
            first_free += 1
    return units
