"""The body of an imaging document: references into the narrative, identifiers, units, UIDs.

One pass over the document each, so that a document of any size is judged in linear time.
Source: IMG-CR-IMG and IMG-DA-IMG 2024.01; imaging body fact sheet, 1.6, 1.8 and 3.1.
"""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any, Final

from harness.rules import ucum
from harness.rules.named import named
from harness.rules.rule import Problem, Subject, When
from harness.rules.table import quoted
from harness.text import Text, say

_BODY: Final = "/cda:ClinicalDocument/cda:component/cda:structuredBody"
_REFERENCES: Final = (
    f"{_BODY}//cda:reference[@value][not(parent::cda:text[@mediaType='application/dicom'])]"
    "[not(../../cda:templateId/@root='1.2.250.1.213.1.1.3.157')]"
)
_ENTRY_IDS: Final = f"{_BODY}//cda:entry//cda:id[@root and not(@extension)]"
_QUANTITIES: Final = f"{_BODY}//cda:entry//*[@unit]"
_CATALOGUE: Final = (
    "//*[cda:templateId/@root='1.2.250.1.213.1.1.3.155' or "
    "cda:templateId/@root='1.2.250.1.213.1.1.3.156' or "
    "cda:templateId/@root='1.2.250.1.213.1.1.3.157']/cda:id[@root]"
)
_WITH_ID: Final = f"{_BODY}//*[@ID]"
_SHOWN: Final = "//cda:renderMultiMedia"
_SECTION: Final = "{urn:hl7-org:v3}section"
_TEXT: Final = "{urn:hl7-org:v3}text"
_UID: Final = re.compile(r"(0|[1-9]\d*)(\.(0|[1-9]\d*))+", re.ASCII)


def _there_is(xpath: str) -> When:
    absent = say("when.no_context", context=xpath)
    return lambda subject: None if _all(subject, xpath) else absent


def _all(subject: Subject, xpath: str) -> list[Any]:
    """What an XPath selects, found once for a subject."""
    document = subject.document
    return subject.once(("xpath", xpath), lambda _: document.select(xpath) if document else [])


def _problem(subject: Subject, element: Any, expected: Text, actual: Text) -> Iterator[Problem]:
    if subject.document:
        yield Problem(subject.document.place(element), expected, actual)


def _ids(subject: Subject) -> Counter[str]:
    """How often each ID stands in the document."""
    return subject.once("cda-ids", lambda _: Counter(map(str, _all(subject, "//@ID"))))


# -- references into the narrative ----------------------------------------------------------


@named("narrative-reference-form", when=_there_is(_REFERENCES))
def reference_form(subject: Subject) -> Iterator[Problem]:
    for element in _all(subject, _REFERENCES):
        value = element.get("value")
        if not value.startswith("#"):
            yield from _problem(subject, element, say("cda.reference_form"), quoted(value))


@named("narrative-reference-target", when=_there_is(_REFERENCES))
def reference_target(subject: Subject) -> Iterator[Problem]:
    """Where the section has a narrative: one that has none is told as such."""
    known, has_text = _ids(subject), dict[Any, bool]()
    for element in _all(subject, _REFERENCES):
        value, section = element.get("value"), _section_of(element)
        if section not in has_text:
            has_text[section] = section is None or section.find(_TEXT) is not None
        if value.startswith("#") and value[1:] not in known and has_text[section]:
            yield from _problem(subject, element, say("cda.reference_target"), quoted(value))


@named("narrative-reference-section", when=_there_is(_REFERENCES))
def reference_section(subject: Subject) -> Iterator[Problem]:
    """Only of references that have a target somewhere: the others are told as such."""
    known, inside = _ids(subject), dict[Any, frozenset[str]]()
    for element in _all(subject, _REFERENCES):
        value = element.get("value")[1:]
        section = _section_of(element)
        if section not in inside:
            inside[section] = _narrative_ids(section)
        if value in known and value not in inside[section]:
            wanted = say("cda.reference_section")
            yield from _problem(subject, element, wanted, quoted(f"#{value}"))


def _section_of(element: Any) -> Any:
    while element is not None and element.tag != _SECTION:
        element = element.getparent()
    return element


def _narrative_ids(section: Any) -> frozenset[str]:
    text = section.find(_TEXT) if section is not None else None
    if text is None:
        return frozenset()
    return frozenset(part.get("ID") for part in text.iter() if part.get("ID"))


@named("narrative-ids-unique", when=_there_is(_WITH_ID))
def ids_unique(subject: Subject) -> Iterator[Problem]:
    times, told = _ids(subject), set[str]()
    for element in _all(subject, _WITH_ID):
        name = element.get("ID")
        if times[name] > 1 and name in told:
            actual = say("cda.id_times", id=name, count=times[name])
            yield from _problem(subject, element, say("cda.id_once"), actual)
        told.add(name)


@named("media-target", when=_there_is(_SHOWN))
def media_target(subject: Subject) -> Iterator[Problem]:
    known = {str(name) for name in _all(subject, "//cda:observationMedia/@ID")}
    for element in _all(subject, _SHOWN):
        value = element.get("referencedObject", "")
        if not known & set(value.split()):
            yield from _problem(subject, element, say("cda.media_target"), quoted(value))


# -- identifiers and units ------------------------------------------------------------------


@named("entry-ids-unique", when=_there_is(_ENTRY_IDS))
def entry_ids_unique(subject: Subject) -> Iterator[Problem]:
    seen = {element.get("root") for element in _all(subject, f"{_BODY}//cda:section/cda:id")}
    for element in _all(subject, _ENTRY_IDS):
        root = element.get("root")
        if root in seen:
            yield from _problem(subject, element, say("cda.identifier_once"), quoted(root))
        seen.add(root)


@named("ucum-units", when=_there_is(_QUANTITIES))
def ucum_units(subject: Subject) -> Iterator[Problem]:
    for element in _all(subject, _QUANTITIES):
        unit = element.get("unit")
        if not ucum.is_unit(unit):
            yield from _problem(subject, element, say("cda.ucum"), quoted(unit))


@named("dicom-uids", when=_there_is(_CATALOGUE))
def dicom_uids(subject: Subject) -> Iterator[Problem]:
    for element in _all(subject, _CATALOGUE):
        uid = element.get("root")
        if len(uid) > 64 or not _UID.fullmatch(uid):
            yield from _problem(subject, element, say("cda.uid"), quoted(uid))
