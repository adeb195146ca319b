"""The link to the images in a DRIMbox: its parameters, read as a URL and not as text.

The spelling of the accession number's parameter and whether its authority stands before it differ
between the ANS guide, IHE and the demonstrator: both are taken.
Source: imaging body fact sheet, 4.1; IHE Radiology, Invoke Image Display.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from harness.rules.elements_of import nodes, select
from harness.rules.named import named
from harness.rules.rule import Problem, Subject
from harness.rules.table import quoted
from harness.text import Text, plain, say
from harness.wire.cda import XmlNode

_LINKS: Final = (
    "//cda:observation[cda:templateId/@root='1.2.250.1.213.1.1.3.157']"
    "/cda:text/cda:reference[@value]"
)
_STUDIES: Final = "//cda:act[cda:templateId/@root='1.2.250.1.213.1.1.3.155']"
_ACCESSIONS: Final = "/cda:ClinicalDocument/cda:inFulfillmentOf/cda:order/ps3-20:accessionNumber"
_ACCESSION: Final = ("accessionNumber", "Accessionnumber", "AccessionNumber", "accessionnumber")
_OF_PATIENTS: Final = ("patientid", "ins", "ipp", "patientname", "patientbirthdate")
_CDA: Final = "{urn:hl7-org:v3}"


@dataclass(frozen=True, slots=True)
class _Link:
    """A link and its parameters as written; the first value counts."""

    node: XmlNode
    value: str
    parameters: dict[str, list[str]]

    def first(self, *names: str) -> str:
        return next((self.parameters[name][0] for name in names if name in self.parameters), "")


def _links(subject: Subject) -> tuple[_Link, ...]:
    return subject.once("cda-links", lambda _: tuple(_read(subject)))


def _read(subject: Subject) -> Iterator[_Link]:
    for node in nodes(subject, _LINKS):
        value = node.element.get("value")
        yield _Link(node, value, _parameters(value))


@lru_cache(64)  # the series of an exam share their link
def _parameters(value: str) -> dict[str, list[str]]:
    return parse_qs(_query(value), keep_blank_values=True)


def _query(value: str) -> str:
    try:
        return urlsplit(value).query
    except ValueError:  # not a URL: that is told by another rule
        return value.partition("?")[2]


def _has_link(subject: Subject) -> Text | None:
    return None if _links(subject) else say("when.no_link")


def _of(link: _Link, name: str, wanted: str) -> Problem:
    found = link.first(name)
    actual = quoted(found) if found else say("value.absent")
    return Problem(link.node.at, say("cda.parameter", name=name, value=wanted), actual)


@named("link-request-type", when=_has_link)
def request_type(subject: Subject) -> Iterator[Problem]:
    for link in _links(subject):
        if link.first("requestType") != "STUDY":
            yield _of(link, "requestType", "STUDY")


@named("link-study", when=_has_link)
def study(subject: Subject) -> Iterator[Problem]:
    studies = {study: _uid(study) for study in select(subject, _STUDIES)}
    for link in _links(subject):
        around = link.node.element.iterancestors(f"{_CDA}act")
        uid = next((studies[act] for act in around if act in studies), "")
        if uid and link.first("studyUID") != uid:
            yield _of(link, "studyUID", uid)


def _uid(study: Any) -> str:
    """The Study Instance UID of a study entry; empty when there is none."""
    found = study.find(f"{_CDA}id")
    return str(found.get("root", "")) if found is not None else ""


@named("link-accession", when=_has_link)
def accession(subject: Subject) -> Iterator[Problem]:
    for link in _links(subject):
        if not link.first(*_ACCESSION):
            expected = say("cda.parameter_there", name="accessionNumber")
            yield Problem(link.node.at, expected, say("value.absent"))


@named("link-document", when=_has_link)
def document(subject: Subject) -> Iterator[Problem]:
    root = subject.document.first("/cda:ClinicalDocument/cda:id/@root") if subject.document else ""
    extension = (
        subject.document.first("/cda:ClinicalDocument/cda:id/@extension")
        if subject.document
        else ""
    )
    for link in _links(subject):
        if root and link.first("idCDA") not in _written(root, extension):
            yield _of(link, "idCDA", root)


def _written(root: str, extension: str) -> frozenset[str]:
    """How the identifier may be written: alone, or with its extension behind `_` or a dot."""
    if not extension:
        return frozenset({root})
    return frozenset({root, f"{root}_{extension}", f"{root}.{extension}"})


@named("link-no-patient", when=_has_link)
def no_patient(subject: Subject) -> Iterator[Problem]:
    for link in _links(subject):
        found = sorted(name for name in link.parameters if name.lower() in _OF_PATIENTS)
        if found:
            names = ", ".join(found)
            yield Problem(link.node.at, say("cda.no_patient", names=names), quoted(link.value))


@named("link-of-each-accession", when=_has_link)
def each_accession(subject: Subject) -> Iterator[Problem]:
    """Where some link has an accession number: a link without one is told as such."""
    told = {link.first(*_ACCESSION) for link in _links(subject)} - {""}
    for node in nodes(subject, _ACCESSIONS) if told else ():
        short = node.element.get("extension", "")
        long = f"{node.element.get('root', '')}.{short}"
        if short and not told & {short, long}:
            actual = plain(", ".join(f"`{one}`" for one in sorted(told)))
            yield Problem(node.at, say("cda.some_link", long=long, short=short), actual)
