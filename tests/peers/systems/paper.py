"""What both Python systems share: paper forms to fill in, what they can do wrong, how they start.

Knows HL7 as text only; what a message means is for the library of each system.
"""

import argparse
import base64
import binascii
import itertools
import re
import secrets
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from xml.sax.saxutils import escape

FORMS = Path(__file__).parent / "templates"
LATE = 1.4  # seconds after which a late acknowledgement leaves
VT, FS_CR = b"\x0b", b"\x1c\x0d"
INS_KEY = re.compile(r"(\d{13})(\d{2})")
_numbers = itertools.count(1)
_series = secrets.randbelow(10**6)


def now(minutes: int = 0) -> str:
    return (datetime.now().astimezone() + timedelta(minutes=minutes)).strftime("%Y%m%d%H%M%S%z")


def new_id() -> str:
    return f"SYS{_series:06d}-{next(_numbers)}"


def new_uid() -> str:
    return f"2.25.{secrets.randbits(100)}"


def fill(form: str, values: Mapping[str, str]) -> str:
    """A form of a message; segments end with CR."""
    text = (FORMS / form).read_text(encoding="utf-8")
    return _filled(text, values).replace("\n", "\r")


def fill_document(file: Path, values: Mapping[str, str]) -> str:
    """A form of a document."""
    safe = {name: escape(value, {'"': "&quot;"}) for name, value in values.items()}
    return _filled(file.read_text(encoding="utf-8"), safe)


def _filled(text: str, values: Mapping[str, str]) -> str:
    return re.sub(r"\{\{(\w+)\}\}", lambda found: values[found[1]], text)


def coded(document: str) -> str:
    return base64.b64encode(document.encode()).decode()


def right_key(ins: str) -> bool:
    """The key of an INS number (Corsica apart)."""
    found = INS_KEY.fullmatch(ins)
    return bool(found) and 97 - int(found[1]) % 97 == int(found[2])


def can_be_decoded(data: str) -> bool:
    try:
        return bool(base64.b64decode(data, validate=True))
    except binascii.Error:
        return False


# -- what can be wrong -----------------------------------------------------------------------

Spoil = Callable[[str], str | bytes]


def field(segment: str, number: int, value: str) -> Spoil:
    """Another value of a field, in the first segment of that name."""

    def spoil(text: str) -> str:
        lines = text.split("\r")
        where = next(place for place, line in enumerate(lines) if line.startswith(segment))
        parts = lines[where].split("|")
        parts[number - (segment == "MSH")] = value
        lines[where] = "|".join(parts)
        return "\r".join(lines)

    return spoil


def without(segment: str) -> Spoil:
    return swapped(rf"(?<=\r){segment}\|[^\r]*\r", "")


def swapped(old: str, new: str) -> Spoil:
    def spoil(text: str) -> str:
        assert re.search(old, text), f"{old} is not there"
        return re.sub(old, new, text)

    return spoil


def _other_order(text: str) -> str:
    return re.sub(r"(?<=\r)(ORC\|\w+\||OBR\|1\|)[^|^]*", r"\1AUTRE-1", text)


def _wrong_key(text: str) -> str:
    return re.sub(
        r"(\|\d{13})(\d\d)\^", lambda f: f"{f[1]}{int(f[2]) % 97 + 1:02d}^", text, count=1
    )


def _other_patient(text: str) -> str:
    return re.sub(r"(?<=\r)(PID\|\|\|)\d{15}", r"\g<1>279035121518989", text)


MESSAGES: dict[str, tuple[str, Spoil]] = {  # the flow that is spoilt, and how
    # of a RIS
    "wrong-ins-key": ("A", _wrong_key),
    "missing-pv1": ("A", without("PV1")),
    "wrong-charset": ("A", lambda text: text.encode("iso8859-15")),
    "lf-separators": ("A", lambda text: text.replace("\r", "\n")),
    "no-birth-place": ("A", swapped(r"BDL\^\^\d{5}", "BDL")),
    "truncated-request": ("B", swapped(r"(Base64\^[\w+/]{400})[\w+/=]*", r"\1=A")),
    "other-order-in-d": ("D", _other_order),
    "other-patient-in-d": ("D", _other_patient),
    "missing-zds": ("D", without("ZDS")),
    "no-accession-number": ("D", field("OBR", 18, "")),
    # of a platform
    "order-changed": ("C", _other_order),
    "wrong-ins-key-in-c": ("C", _wrong_key),
    "missing-pid-in-c": ("C", without("PID")),
    "other-patient-in-e": ("E", _other_patient),
    "report-of-other-order": ("E", _other_order),
    "truncated-report": ("E", swapped(r"(Base64\^[\w+/]{400})[\w+/=]*", r"\1=A")),
    "report-type-unknown": ("E", field("OBR", 4, "99999-9^Inconnu^LN")),
}
DOCUMENTS: dict[str, Callable[[str], str]] = {
    "no-set-id": lambda text: re.sub(r"\s*<setId [^>]*>", "", text),
    "no-authors": lambda text: re.sub(r"(?s)\s*<author>.*?</author>", "", text),
    "one-author": lambda text: re.sub(r"(?s)(</author>)\s*<author>.*?</author>", r"\1", text),
    "other-accession": lambda text: re.sub(
        r'(<ps3-20:accessionNumber [^>]*extension=")[^"]*', r"\1ACN-AUTRE", text
    ),
    "other-study": lambda text: re.sub(
        r'(?s)(<serviceEvent>\s*<id root=")[^"]*', r"\g<1>2.25.1", text, count=1
    ),
}
ANSWERS: dict[str, Callable[[bytes], list[bytes | float | None]]] = {
    # the block of an acknowledgement -> what leaves: bytes, seconds to wait, None to close
    "ack-never": lambda block: [],
    "ack-late": lambda block: [LATE, block],
    "ack-twice": lambda block: [block, block],
    "ack-unframed": lambda block: [block.removeprefix(VT)],
    "closes-before-ack": lambda block: [None],
    "closes-after-each": lambda block: [block, None],
    "ack-of-another": lambda block: [re.sub(rb"(MSA\|\w+\|)[^|\r]*", rb"\1AUTRE-7", block)],
    "ack-without-msa": lambda block: [re.sub(rb"MSA\|[^\r\x1c]*\r?", b"", block)],
    "ack-unknown-code": lambda block: [re.sub(rb"MSA\|\w+", b"MSA|OK", block)],
    "refuses-without-err": lambda block: [re.sub(rb"MSA\|\w+", b"MSA|AE", block)],
}
DEEDS = {  # what only the course of the exchange shows
    "always-accepts": "acknowledges with AA whatever comes",
    "d-before-c": "sends D without waiting for C",
    "same-control-id": "D has the control ID of A",
    "c-twice": "sends C again though it was accepted",
    "no-start-block": "sends A without VT",
}


@dataclass
class Told:
    """What a system is told when it starts."""

    role: str
    defect: str
    request: Path | None

    def spoilt(self, flow: str, text: str) -> bytes:
        """A message as it leaves."""
        where, spoil = MESSAGES.get(self.defect, ("", str))
        found = spoil(text) if where == flow else text
        return found if isinstance(found, bytes) else found.encode()

    def document(self, text: str) -> str:
        """A report as it leaves, in base64."""
        return coded(DOCUMENTS.get(self.defect, str)(text))

    def framed(self, flow: str, text: str) -> bytes:
        start = b"" if self.defect == "no-start-block" and flow == "A" else VT
        return start + self.spoilt(flow, text) + FS_CR

    def answer(self, block: bytes) -> list[bytes | float | None]:
        """What leaves in the place of an acknowledgement."""
        return ANSWERS.get(self.defect, lambda same: [same])(block)


def told(about: str) -> Told:
    known = sorted([*MESSAGES, *DOCUMENTS, *ANSWERS, *DEEDS])
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("role", choices=["ris", "platform"])
    parser.add_argument("--request", type=Path, help="form of the request document: B is sent")
    parser.add_argument("--defect", choices=known, default="")
    found = parser.parse_args()
    return Told(found.role, found.defect, found.request)


def meet(port: int) -> tuple[str, int]:
    """Say where this system listens, and read where its peer does."""
    print(f"listening 127.0.0.1:{port}", flush=True)
    host, _, number = sys.stdin.readline().strip().rpartition(":")
    if not number:
        sys.exit(0)
    return host, int(number)


def stay() -> None:
    """Until whoever started this system closes its standard input."""
    sys.stdin.read()


# -- what a platform writes ------------------------------------------------------------------

SEXES = {"M": "Masculin", "F": "Féminin"}
Read = Callable[[str], str]  # the value at PLACE, such as PID-3.1 or PID-3[2].4.2; "" when none


def report_values(read: Read, document_id: str) -> dict[str, str]:
    """The values of the report's form, from what D says."""
    values = {name: read(place) for name, place in _PLACES.items()}
    values["given_name"] = values["given_names"].split(" ")[0]
    values["sex_label"] = SEXES[values["sex"]]
    values["signed"] = max(now(), values["exam_end"])
    values["finess"] = values["site"].removeprefix("1")
    return values | {"document": document_id, "set": new_uid()}


_PLACES = {
    "ins": "PID-3.1",
    "ins_oid": "PID-3.4.2",
    "ipp": "PID-3[2].1",
    "ipp_oid": "PID-3[2].4.2",
    "birth_name": "PID-5.1",
    "given_names": "PID-5.3",
    "birth_date": "PID-7",
    "sex": "PID-8",
    "street": "PID-11.1",
    "postal_code": "PID-11.5",
    "city": "PID-11.3",
    "birth_place": "PID-11[2].9",
    "birth_city": "PID-11[2].3",
    "order": "ORC-2.1",
    "order_oid": "ORC-2.3",
    "accession": "OBR-18",
    "accession_oid": "OBR-19",
    "exam_start": "OBR-7",
    "exam_end": "OBR-8",
    "requester": "ORC-12.1",
    "requester_family": "ORC-12.2",
    "requester_given": "ORC-12.3",
    "responsible": "PV1-7.1",
    "responsible_family": "PV1-7.2",
    "responsible_given": "PV1-7.3",
    "site": "ORC-21.10",
    "site_name": "ORC-21.1",
    "visit": "PV1-19.1",
    "visit_oid": "PV1-19.4.2",
    "visit_start": "PV1-44",
    "study": "ZDS-1.1",
}
