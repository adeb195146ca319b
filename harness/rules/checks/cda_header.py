"""The header of a document, where XPath 1.0 does not reach: times, OIDs, keys, INS traits.

One fault, one finding: form before value, value before agreement. Times whose precision or zone
does not allow to tell which comes first are not compared.
Source: Structuration minimale des documents de santé 1.16 (data types, recordTarget); CDA header
fact sheet, sections 1, 3.1 and 7.2.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from harness.rules import national, nir
from harness.rules.elements_of import HEADER, index, nodes, select, wanted
from harness.rules.named import named
from harness.rules.rule import Problem, Subject
from harness.rules.table import quoted
from harness.text import Text, plain, say
from harness.wire.cda import NAMESPACES, XmlNode
from harness.wire.location import Location

_ROLE: Final = "/cda:ClinicalDocument/cda:recordTarget/cda:patientRole"
_EVENT: Final = "/cda:ClinicalDocument/cda:documentationOf/cda:serviceEvent"


def _tags(*names: str) -> tuple[str, ...]:
    """Names such as `cda:time` as lxml writes them; they will be asked for."""
    parts = (name.split(":") for name in names)
    return wanted(*(f"{{{NAMESPACES[prefix]}}}{local}" for prefix, local in parts))


_TIMES: Final = _tags(
    *("cda:effectiveTime", "cda:time", "cda:birthTime", "cda:low", "cda:high", "cda:center"),
    "sdtc:deceasedTime",
)
_WITH_ROOT: Final = _tags("cda:id", "cda:setId", "cda:templateId", "ps3-20:accessionNumber")
_IDS: Final = _tags("cda:id")
_INTERVALS: Final = (
    "/cda:ClinicalDocument/cda:componentOf/cda:encompassingEncounter/cda:effectiveTime"
    " | /cda:ClinicalDocument/cda:participant/cda:time"
    " | //cda:encounterParticipant/cda:time"
)
_FORM: Final = re.compile(r"\d{4,8}|(\d{9,14}|\d{14}\.\d+)([+-]\d{1,4})?", re.ASCII)
_PARTS: Final = re.compile(r"(\d+)(\.\d+)?([+-]\d+)?", re.ASCII)
_OID: Final = re.compile(r"[0-2](\.(0|[1-9]\d*))*", re.ASCII)
_UUID: Final = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", re.ASCII)
_COG: Final = re.compile(r"(\d\d|2[AB])\d{3}", re.ASCII)
_LENGTHS: Final = (4, 6, 8, 10, 12, 14)  # digits of a time
_TOLERANCE: Final = timedelta(minutes=5)  # between the clocks of who signs and who writes
_ANY_ZONE: Final = timedelta(hours=14)
_HL7: Final = NAMESPACES["cda"]
_XSI_TYPE: Final = f"{{{NAMESPACES['xsi']}}}type"


def _found(subject: Subject, xpath: str) -> tuple[XmlNode, ...]:
    return subject.once(("nodes", xpath), lambda asked: tuple(nodes(asked, xpath)))


def _attributes(subject: Subject, tags: tuple[str, ...], name: str) -> list[tuple[str, Any]]:
    """An attribute of the header's elements of these names: its value, and the element."""
    return subject.once((tags, name), lambda asked: _find(asked, tags, name))


def _find(subject: Subject, tags: tuple[str, ...], name: str) -> list[tuple[str, Any]]:
    header = index(subject).header
    found = [part for part in header.tops if part.tag in tags]
    for tag in tags:
        found += header.named(tag)
    return [(value, element) for element in found if (value := element.get(name)) is not None]


@dataclass(frozen=True, slots=True)
class _Time:
    """A time of the header: digits, fraction and zone, empty when it has not the form of one."""

    value: str
    element: Any
    digits: str
    fraction: str
    zone: str

    @property
    def at(self) -> Location:
        return XmlNode(self.value, self.element, "value").at


def _times(subject: Subject) -> tuple[_Time, ...]:
    return subject.once("cda-times", lambda asked: tuple(_find_times(asked)))


def _find_times(subject: Subject) -> Iterator[_Time]:
    for value, element in _attributes(subject, _TIMES, "value"):
        yield _Time(value, element, *_split(value))


# -- times ----------------------------------------------------------------------------------


def _split(value: str) -> tuple[str, str, str]:
    """Digits, fraction and zone of a time that has the form of one; empty when it has not."""
    parts = _PARTS.fullmatch(value) if _FORM.fullmatch(value) else None
    return (parts[1], parts[2] or "", parts[3] or "") if parts else ("", "", "")


def _moment(digits: str) -> datetime | None:
    """The time of a calendar that the digits are, without its zone."""
    parts = [int(digits[start : start + 2]) for start in range(4, len(digits), 2)]
    month, day, hour, minute, second = [*parts, *(1, 1, 0, 0, 0)[len(parts) :]]
    try:
        return datetime(int(digits[:4]), month, day, hour, minute, second)  # noqa: DTZ001
    except ValueError:
        return None


@named("cda-time-form")
def time_form(subject: Subject) -> Iterator[Problem]:
    for time in _times(subject):
        if not time.digits:
            yield Problem(time.at, say("cda.time_form"), quoted(time.value))


@named("cda-time-exists")
def time_exists(subject: Subject) -> Iterator[Problem]:
    for time in _times(subject):
        digits, zone = time.digits, time.zone
        known = len(digits) in _LENGTHS and _moment(digits)
        wrong_zone = len(zone) == 5 and (zone[1:3] > "14" or zone[3:] > "59")
        if digits and (not known or wrong_zone):
            yield Problem(time.at, say("cda.time_exists"), quoted(time.value))


@named("cda-time-zone")
def time_zone(subject: Subject) -> Iterator[Problem]:
    for time in _times(subject):
        if len(time.digits) >= 9 and len(time.zone) != 5:
            yield Problem(time.at, say("cda.time_zone"), quoted(time.value))


@named("cda-time-fraction")
def time_fraction(subject: Subject) -> Iterator[Problem]:
    for time in _times(subject):
        if time.fraction:
            yield Problem(time.at, say("cda.time_fraction"), quoted(time.value))


def is_after(first: str, second: str, tolerance: timedelta = timedelta()) -> bool:
    """True when the first time is certainly later than the second one."""
    (a, _, zone_a), (b, _, zone_b) = _split(first), _split(second)
    size = min(len(a), len(b))
    if size < 4 or size % 2:
        return False
    one, other = _moment(a[:size]), _moment(b[:size])
    if one is None or other is None:
        return False
    if size >= 10:
        if bool(zone_a) != bool(zone_b):
            tolerance = max(tolerance, _ANY_ZONE)
        tolerance += _offset(zone_a) - _offset(zone_b)
    return one - other > tolerance  # a sum could leave the calendar


def _offset(zone: str) -> timedelta:
    if len(zone) != 5:
        return timedelta()
    hours = timedelta(hours=int(zone[1:3]), minutes=int(zone[3:]))
    return -hours if zone[0] == "-" else hours


def _bounds(node: XmlNode) -> dict[str, str]:
    return {
        child.tag.rpartition("}")[2]: child.get("value", "")
        for child in node.element
        if isinstance(child.tag, str)
    }


@named("cda-interval")
def interval(subject: Subject) -> Iterator[Problem]:
    for node in _found(subject, _INTERVALS):
        bounds, element = _bounds(node), node.element
        low, high = bounds.get("low", ""), bounds.get("high", "")
        mixed = bool(bounds) and (element.get("value") or element.get("nullFlavor"))
        lonely = "center" in bounds and len(bounds) > 1
        wide = {"low", "high", "width"} <= set(bounds)
        if mixed or lonely or wide or _infinite(node):
            words = ", ".join(f"`{name}`" for name in (*element.keys(), *bounds))
            yield Problem(node.at, say("cda.interval"), plain(words))
        elif low and (low == high or is_after(low, high)):
            yield Problem(node.at, say("cda.low_before_high"), plain(f"`{low}`, `{high}`"))


def _infinite(node: XmlNode) -> bool:
    """`low` without end, or `high` without beginning."""
    wrong = {"low": "PINF", "high": "NINF"}
    return any(
        child.get("nullFlavor") == wrong.get(str(child.tag).rpartition("}")[2], "-")
        for child in node.element
    )


@named("cda-act-interval")
def act_interval(subject: Subject) -> Iterator[Problem]:
    for node in _found(subject, f"{_EVENT}/cda:effectiveTime"):
        bounds = _bounds(node)
        low, high = bounds.get("low", ""), bounds.get("high", "")
        if is_after(low, high):
            yield Problem(node.at, say("cda.low_before_high"), plain(f"`{low}`, `{high}`"))


# -- types, identifiers, codes --------------------------------------------------------------

_TYPES: Final = {
    "id": "II", "setId": "II", "addr": "AD", "telecom": "TEL", "title": "ST", "birthTime": "TS",
    "code": "CE", "functionCode": "CE", "confidentialityCode": "CE", "languageCode": "CS",
    "standardIndustryClassCode": "CE", "administrativeGenderCode": "CE", "versionNumber": "INT",
}  # fmt: skip
_MOMENTS: Final = ("author", "legalAuthenticator", "authenticator", "dataEnterer")


def _type_of(node: XmlNode) -> str:
    """The data type that an element of the header has; empty where it does not matter here."""
    name = str(node.element.tag).rpartition("}")[2]
    parent = node.element.getparent()
    owner = str(parent.tag).rpartition("}")[2] if parent is not None else ""
    if name == "name":
        return "ON" if owner.endswith("Organization") else ""
    if name in ("time", "effectiveTime"):
        return "TS" if owner in (*_MOMENTS, "ClinicalDocument") else "IVL_TS"
    return _TYPES.get(name, "")


@named("cda-declared-type")
def declared_type(subject: Subject) -> Iterator[Problem]:
    for node in _found(subject, f"{HEADER}[@xsi:type] | {HEADER}//*[@xsi:type]"):
        wanted, declared = _type_of(node), node.element.get(_XSI_TYPE, "")
        prefix, _, local = declared.rpartition(":")
        own = node.element.nsmap.get(prefix or None) == _HL7
        if wanted and not (own and local == wanted):
            yield Problem(node.at, plain(f"`{wanted}` (`{_HL7}`)"), quoted(declared))


@named("cda-identifier-root")
def identifier_root(subject: Subject) -> Iterator[Problem]:
    for root, element in _attributes(subject, _WITH_ROOT, "root"):
        if not (_OID.fullmatch(root) or _UUID.fullmatch(root)):
            yield Problem(XmlNode(root, element, "root").at, say("cda.root"), quoted(root))


@named("cda-code-system")
def code_system(subject: Subject) -> Iterator[Problem]:
    for element in select(subject, f"{HEADER}[@codeSystem] | {HEADER}//*[@codeSystem]"):
        system = element.get("codeSystem")
        if not _OID.fullmatch(system):
            at = XmlNode(system, element, "codeSystem").at
            yield Problem(at, say("types.oid"), quoted(system))


def _numbers(subject: Subject, root: str) -> Iterator[XmlNode]:
    """Identifiers of that authority that have a value and are not longer than one may be."""
    for value, element in _attributes(subject, _IDS, "extension"):
        if element.get("root") == root and value.strip() and len(value) <= 64:
            yield XmlNode(value, element, "extension")


@named("cda-person-number")
def person_number(subject: Subject) -> Iterator[Problem]:
    for node in _numbers(subject, national.PERSONS):
        if national.read_person("IDNPS", node.value) is None:
            yield Problem(node.at, say("national.person"), quoted(node.value))


@named("cda-person-key")
def person_key(subject: Subject) -> Iterator[Problem]:
    for node in _numbers(subject, national.PERSONS):
        found = national.read_person("IDNPS", node.value)
        if found and not found.has_key:
            yield Problem(node.at, say(f"national.key.{found.kind}"), quoted(found.number))


@named("cda-structure-number")
def structure_number(subject: Subject) -> Iterator[Problem]:
    for node in _numbers(subject, national.STRUCTURES):
        if national.read_structure("IDNST", node.value) is None:
            yield Problem(node.at, say("national.structure"), quoted(node.value))


# -- the INS --------------------------------------------------------------------------------


def _ins(subject: Subject) -> Iterator[tuple[XmlNode, nir.Number, Callable[[str], Text]]]:
    """Numbers under an OID of the INS, each with how it may be shown: a real one is hidden."""
    for node in _found(subject, f"{_ROLE}/cda:id/@extension"):
        root = node.element.get("root", "")
        if root in nir.OIDS:
            shown = _hidden if root in nir.REAL_OIDS else quoted
            yield node, nir.Number(node.value), shown


def _hidden(text: str) -> Text:
    return quoted("•" * len(text))


@named("cda-ins-shape")
def ins_shape(subject: Subject) -> Iterator[Problem]:
    for node, number, shown in _ins(subject):
        if not (number.has_length and number.has_shape and number.has_sex_digit):
            expected = say("ins.shape") if number.has_length else say("ins.fifteen")
            yield Problem(node.at, expected, shown(number.text))


@named("cda-ins-key")
def ins_key(subject: Subject) -> Iterator[Problem]:
    for node, number, shown in _ins(subject):
        if number.has_length and number.has_shape and not number.has_key:
            wanted = say("ins.key", key=number.expected_key, body=shown(number.text[:13]))
            yield Problem(node.at, wanted, say("ins.key_read", key=number.text[13:]))


@named("cda-ins-agrees")
def ins_agrees(subject: Subject) -> Iterator[Problem]:
    """Sex, year, month and place, where the trait has the right form."""
    for _, number, _ in _ins(subject):
        if number.has_length and number.has_shape and number.has_key:
            yield from _disagreements(subject, number)


def _disagreements(subject: Subject, number: nir.Number) -> Iterator[Problem]:
    patient = f"{_ROLE}/cda:patient"
    for node in _found(subject, f"{patient}/cda:administrativeGenderCode/@code"):
        if node.value in ("M", "F") and node.value != number.sex:
            yield _says(number.sex, node)
    for node in _found(subject, f"{patient}/cda:birthTime/@value"):
        digits = _split(node.value)[0]
        if len(digits) >= 4 and digits[2:4] != number.year:
            yield _says(number.year, node)
        elif len(digits) >= 6 and number.knows_month and digits[4:6] != number.month:
            yield _says(number.month, node)
    for node in _found(subject, f"{patient}/cda:birthplace/cda:place/cda:addr/cda:county"):
        place = node.value.strip()
        if _COG.fullmatch(place) and place != number.place and not _moved(number.place, place):
            yield _says(number.place, node)


def _says(wanted: str, node: XmlNode) -> Problem:
    return Problem(node.at, say("ins.number_says", value=wanted), quoted(node.value))


def _moved(number: str, place: str) -> bool:
    """Departments and countries that history has moved: Corsica, Seine, Algeria, two abroad."""
    abroad = number[:2] == place[:2] == "99"
    return abroad or number[:2] in ("20", "75", "78", "91", "92", "93", "94", "95", "96")


# -- authors and responsible ----------------------------------------------------------------

_AUTHOR_TIMES: Final = "/cda:ClinicalDocument/cda:author/cda:time/@value"
_SIGNED: Final = "/cda:ClinicalDocument/cda:legalAuthenticator/cda:time/@value"
_CREATED: Final = "/cda:ClinicalDocument/cda:effectiveTime/@value"
_ADDENDUM: Final = (
    "/cda:ClinicalDocument/cda:component//cda:section"
    "[cda:templateId/@root='1.2.250.1.213.1.1.2.210']/cda:author/cda:time/@value"
)


def _first(subject: Subject, xpath: str) -> str:
    return next((node.value for node in _found(subject, xpath)), "")


@named("cda-author-before-responsible")
def author_first(subject: Subject) -> Iterator[Problem]:
    signed = _first(subject, _SIGNED)
    for node in _found(subject, "/cda:ClinicalDocument/cda:author[1]/cda:time/@value"):
        if signed and is_after(node.value, signed):
            yield Problem(node.at, say("cda.not_after", time=signed), quoted(node.value))


@named("cda-signed-before-created")
def signed_first(subject: Subject) -> Iterator[Problem]:
    yield from _after_creation(subject, f"{_AUTHOR_TIMES} | {_SIGNED}")


@named("cda-addendum-before-created")
def addendum_first(subject: Subject) -> Iterator[Problem]:
    yield from _after_creation(subject, _ADDENDUM)


def _after_creation(subject: Subject, xpath: str) -> Iterator[Problem]:
    created = _first(subject, _CREATED)
    for node in _found(subject, xpath):
        if created and is_after(node.value, created, _TOLERANCE):
            yield Problem(node.at, say("cda.not_after", time=created), quoted(node.value))
