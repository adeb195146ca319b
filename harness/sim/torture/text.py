"""Bytes as the torture cases write them and as the reports show them: readable, and exact.

    <VT> <FS> <CR> <LF> <NUL> <ACK> <NAK> <ESC> <TAB>   that control character
    <x9F>                                               that byte
    {m1}                                                the block named m1, without framing
    [m1]                                                the same between <VT> and <FS><CR>

Anything else stands for itself, in UTF-8.
"""

import re
from collections.abc import Mapping
from typing import Final

from harness.wire.mllp import frame

CONTROLS: Final[Mapping[str, int]] = {
    "NUL": 0x00,
    "ACK": 0x06,
    "TAB": 0x09,
    "LF": 0x0A,
    "VT": 0x0B,
    "CR": 0x0D,
    "NAK": 0x15,
    "ESC": 0x1B,
    "FS": 0x1C,
}
_TOKEN: Final = re.compile(
    r"<(?P<control>[A-Z]{2,3})>|<x(?P<byte>[0-9A-F]{2})>"
    r"|\{(?P<bare>[a-z][a-z0-9]*)\}|\[(?P<framed>[a-z][a-z0-9]*)\]"
)
_NAMES: Final = {code: name for name, code in CONTROLS.items()}


def read(text: str, blocks: Mapping[str, bytes]) -> bytes:
    """The bytes that a text stands for. Raises KeyError for a block that there is not."""
    found, position = bytearray(), 0
    for token in _TOKEN.finditer(text):
        found += text[position : token.start()].encode()
        found += _meant(token, blocks)
        position = token.end()
    return bytes(found + text[position:].encode())


def _meant(token: re.Match[str], blocks: Mapping[str, bytes]) -> bytes:
    if token["control"]:
        code = CONTROLS.get(token["control"])
        return token[0].encode() if code is None else bytes([code])
    if token["byte"]:
        return bytes.fromhex(token["byte"])
    return frame(blocks[token["framed"]]) if token["framed"] else blocks[token["bare"]]


def named(text: str) -> set[str]:
    """The blocks that a text names."""
    return {token["bare"] or token["framed"] for token in _TOKEN.finditer(text)} - {None}


def shown(data: bytes) -> str:
    """Bytes in the same notation, so that nothing of them acts and nothing is lost."""
    parts = []
    for character in data.decode("utf-8", "surrogateescape"):
        code = ord(character)
        if 0xDC80 <= code <= 0xDCFF:
            parts.append(f"<x{code - 0xDC00:02X}>")
        elif code in _NAMES:
            parts.append(f"<{_NAMES[code]}>")
        elif code < 0x20 or code == 0x7F:
            parts.append(f"<x{code:02X}>")
        else:
            parts.append(character)
    return "".join(parts)
