"""The body of an imaging document: references into the narrative, identifiers, units, UIDs.

One pass over the document each, so that a document of any size is judged in linear time.
Source: IMG-CR-IMG and IMG-DA-IMG 2024.01; imaging body fact sheet, 1.6, 1.8 and 3.1.
"""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any, Final

from lxml import etree

from harness.rules import ucum
from harness.rules.elements_of import BODY, index, select
from harness.rules.named import named
from harness.rules.rule import Problem, Subject, When
from harness.rules.table import quoted
from harness.text import Text, say

_ENTRY_IDS: Final = f"{BODY}//cda:entry//cda:id[@root and not(@extension)]"
_QUANTITIES: Final = f"{BODY}//cda:entry//*[@unit]"
_CATALOGUE: Final = (
    "//cda:act[cda:templateId/@root='1.2.250.1.213.1.1.3.155']/cda:id[@root]"
    " | //cda:act[cda:templateId/@root='1.2.250.1.213.1.1.3.156']/cda:id[@root]"
    " | //cda:observation[cda:templateId/@root='1.2.250.1.213.1.1.3.157']/cda:id[@root]"
)
_IDS: Final = etree.XPath("/descendant::*/@ID", smart_strings=False)
_WITH_ID: Final = f"{BODY}//*[@ID]"
_SHOWN: Final = "//cda:renderMultiMedia"
_INSTANCES: Final = "//cda:observation[cda:templateId/@root='1.2.250.1.213.1.1.3.157']"
_WITH_IDS: Final = etree.XPath("descendant-or-self::*/@ID", smart_strings=False)
_SECTION: Final = "{urn:hl7-org:v3}section"
_TEXT: Final = "{urn:hl7-org:v3}text"
_UID: Final = re.compile(r"(0|[1-9]\d*)(\.(0|[1-9]\d*))+", re.ASCII)


def _there_is(xpath: str) -> When:
    absent = say("when.no_context", context=xpath)
    return lambda subject: None if select(subject, xpath) else absent


def _problem(subject: Subject, element: Any, expected: Text, actual: Text) -> Iterator[Problem]:
    if subject.document:
        yield Problem(subject.document.place(element), expected, actual)


def _ids(subject: Subject) -> Counter[str]:
    """How often each ID stands in the document."""
    return subject.once("cda-ids", lambda asked: Counter(_IDS(index(asked).all.tops[0])))


# -- references into the narrative ----------------------------------------------------------


def _references(subject: Subject) -> tuple[tuple[Any, str, Any], ...]:
    """References into the narrative: the element, its value, the section that it stands in."""
    return subject.once("cda-references", lambda asked: tuple(_find_references(asked)))


def _find_references(subject: Subject) -> Iterator[tuple[Any, str, Any]]:
    """Not those to an image or to the link of the catalogue: they lead out of the document."""
    instances = set(select(subject, _INSTANCES))
    for element in select(subject, f"{BODY}//cda:reference[@value]"):
        text = element.getparent()
        outside = text.get("mediaType") == "application/dicom" and text.tag == _TEXT
        if not outside and text.getparent() not in instances:
            yield element, element.get("value"), next(element.iterancestors(_SECTION), None)


def _has_references(subject: Subject) -> Text | None:
    return None if _references(subject) else say("when.no_context", context="//cda:reference")


@named("narrative-reference-form", when=_has_references)
def reference_form(subject: Subject) -> Iterator[Problem]:
    for element, value, _ in _references(subject):
        if not value.startswith("#"):
            yield from _problem(subject, element, say("cda.reference_form"), quoted(value))


@named("narrative-reference-target", when=_has_references)
def reference_target(subject: Subject) -> Iterator[Problem]:
    """Where the section has a narrative: one that has none is told as such."""
    known = _ids(subject)
    for element, value, section in _references(subject):
        if value[1:] in known or not value.startswith("#"):
            continue
        if section is None or _narrative(section) is not None:
            yield from _problem(subject, element, say("cda.reference_target"), quoted(value))


@named("narrative-reference-section", when=_has_references)
def reference_section(subject: Subject) -> Iterator[Problem]:
    """Only of references that have a target somewhere: the others are told as such."""
    known, inside = _ids(subject), dict[Any, frozenset[str]]()
    for element, reference, section in _references(subject):
        value = reference[1:]
        if section not in inside:
            inside[section] = _narrative_ids(section)
        if value not in inside[section] and value in known:
            wanted = say("cda.reference_section")
            yield from _problem(subject, element, wanted, quoted(f"#{value}"))


def _narrative_ids(section: Any) -> frozenset[str]:
    text = _narrative(section) if section is not None else None
    return frozenset(_WITH_IDS(text)) if text is not None else frozenset()


def _narrative(section: Any) -> Any:
    """The section's text, or None."""
    return next(section.iterchildren(_TEXT), None)


def _has_ids(subject: Subject) -> Text | None:
    return None if _ids(subject) else say("when.no_context", context=_WITH_ID)


@named("narrative-ids-unique", when=_has_ids)
def ids_unique(subject: Subject) -> Iterator[Problem]:
    times, told = _ids(subject), set[str]()
    if len(times) == times.total():
        return
    for element in select(subject, _WITH_ID):
        name = element.get("ID")
        if times[name] > 1 and name in told:
            actual = say("cda.id_times", id=name, count=times[name])
            yield from _problem(subject, element, say("cda.id_once"), actual)
        told.add(name)


@named("media-target", when=_there_is(_SHOWN))
def media_target(subject: Subject) -> Iterator[Problem]:
    known = {media.get("ID") for media in select(subject, "//cda:observationMedia[@ID]")}
    for element in select(subject, _SHOWN):
        value = element.get("referencedObject", "")
        if not known & set(value.split()):
            yield from _problem(subject, element, say("cda.media_target"), quoted(value))


# -- identifiers and units ------------------------------------------------------------------


@named("entry-ids-unique", when=_there_is(_ENTRY_IDS))
def entry_ids_unique(subject: Subject) -> Iterator[Problem]:
    seen = {element.get("root") for element in select(subject, f"{BODY}//cda:section/cda:id")}
    for element in select(subject, _ENTRY_IDS):
        root = element.get("root")
        if root in seen:
            yield from _problem(subject, element, say("cda.identifier_once"), quoted(root))
        seen.add(root)


@named("ucum-units", when=_there_is(_QUANTITIES))
def ucum_units(subject: Subject) -> Iterator[Problem]:
    for element in select(subject, _QUANTITIES):
        unit = element.get("unit")
        if not ucum.is_unit(unit):
            yield from _problem(subject, element, say("cda.ucum"), quoted(unit))


@named("dicom-uids", when=_there_is(_CATALOGUE))
def dicom_uids(subject: Subject) -> Iterator[Problem]:
    for element in select(subject, _CATALOGUE):
        uid = element.get("root")
        if len(uid) > 64 or not _UID.fullmatch(uid):
            yield from _problem(subject, element, say("cda.uid"), quoted(uid))
