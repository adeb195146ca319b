"""What was answered to whom: a message that comes again gets the same answer, and is told once.

A sender that did not get an acknowledgement sends the same message again, with the same MSH-10;
only MSH-7 may say another time. The same MSH-10 over other content is another message.
Source: HL7 v2.5.1, 2.15.9.10 (MSH-10).
"""

import hashlib
from collections import OrderedDict
from dataclasses import dataclass

from harness.wire.er7 import Message


@dataclass(frozen=True, slots=True)
class Given:
    """The answer to a message, None when it got none, and the number of its exchange."""

    answer: bytes | None
    number: int


class Repeats:
    """The answers given so far, the latest `most` of them, None for all.

    A message without MSH-10 is never one that comes again.
    """

    def __init__(self, most: int | None = None) -> None:
        self.most = most
        self._given: OrderedDict[bytes, Given] = OrderedDict()

    def find(self, message: Message) -> Given | None:
        """What was answered to this message before; None when it is new."""
        return self._given.get(_key(message)) if message.first("MSH-10") else None

    def keep(self, message: Message, given: Given) -> None:
        """Remember an answer."""
        if message.first("MSH-10"):
            self._given[_key(message)] = given
        if self.most is not None and len(self._given) > self.most:
            self._given.popitem(last=False)


def _key(message: Message) -> bytes:
    begin, end = message.node("MSH-7").at.span or (0, 0)
    digest = hashlib.sha256(message.raw[:begin])
    digest.update(message.raw[end:])
    return digest.digest()
