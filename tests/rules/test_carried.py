"""What a message may carry in the place of a document: recognised and told, never opened or run.

Robustness sheet 3.6, B02 and B04.
"""

import base64
import gzip
import io
import zipfile
from collections.abc import Callable
from datetime import datetime

import pytest

from harness.rules.profile import Profile
from harness.rules.rule import Outcome, Verdict
from harness.sim.actor import Actor
from harness.sim.case import Case
from harness.wire import edit
from harness.wire.edit import Edit
from harness.wire.er7 import Message

Carried = Callable[[bytes], bytes]


def zipped(document: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("../../IHE_XDM/DOC0001.XML", document)
        archive.writestr("zeros", bytes(50_000_000))
    return out.getvalue()


INSTEAD: dict[str, Carried] = {
    "XML in XML": lambda document: b"<a>" + document[document.find(b"?>") + 2 :] + b"</a>",
    "base64 twice": base64.b64encode,
    "gzip": gzip.compress,
    "a bomb of gzip": lambda document: gzip.compress(bytes(50_000_000)),
    "ZIP": zipped,
    "PDF": lambda document: b"%PDF-1.7\n1 0 obj<</JS(app.alert(1))>>",
    "DICOM": lambda document: bytes(128) + b"DICM" + bytes(100),
    "a program": lambda document: b"MZ" + bytes(200),
    "an HL7 message": lambda document: b"MSH|^~\\&|A\r",
    "nothing": lambda document: b"",
    "blanks": lambda document: b" \r\n ",
    "half of it": lambda document: document[: len(document) // 2],
}


@pytest.fixture
def message(profile: Profile, case: Case, clock: datetime) -> Message:
    return Actor("platform", profile, case).compose("E", case, clock)


def broken(profile: Profile, message: Message) -> list[Outcome]:
    outcomes = profile.judge(profile.subject("E", message))
    assert [outcome.trace for outcome in outcomes if outcome.verdict is Verdict.ERROR] == []
    return [outcome for outcome in outcomes if outcome.verdict is Verdict.FAIL]


@pytest.mark.parametrize("name", INSTEAD)
def test_what_is_no_document_fails_and_breaks_no_rule_down(
    profile: Profile, message: Message, name: str
) -> None:
    assert broken(profile, message) == []
    assert broken(profile, edit.in_document(message, INSTEAD[name]))


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("OBX[2=ED]-5.4", "A"),
        ("OBX[2=ED]-5.4", "Hex"),
        ("OBX[2=ED]-5.4", "BASE64"),
        ("OBX[2=ED]-5.4", ""),
        ("OBX[2=ED]-2", "RP"),
        ("OBX[2=ED]-2", "ST"),
        ("OBX[2=ED]-5", "words"),
        ("OBX[2=ED]-5.5", "\\.br\\"),
        ("OBX[2=ED]-5.5", "  "),
        ("OBX[2=ED]-5.5", "===="),
    ],
)
def test_an_encoding_that_is_not_so_is_told(
    profile: Profile, message: Message, place: str, value: str
) -> None:
    assert broken(profile, edit.apply(message, [Edit("set", place, value)]))
