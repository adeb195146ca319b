"""Our XML schema of CDA: what it says of a fault, and that it says the same as the official one."""

import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import xmlschema
from lxml import etree
from mutants import mutants

from harness.errors import HarnessError
from harness.rules import profile as profiles
from harness.rules import xsd, xsd_detail
from harness.rules.profile import Profile
from harness.rules.rule import Problem, Verdict
from harness.rules.transmitted import document_of
from harness.sim.generate import cases, cda_report, cda_request
from harness.wire.cda import NAMESPACES, Document
from harness.wire.er7 import Message

CLOCK = datetime.fromisoformat("2026-01-05T10:00:00+01:00")
DOCUMENTS = {"CR": cda_report.report, "DA": cda_request.request}
XSI = "{http://www.w3.org/2001/XMLSchema-instance}"


def report() -> bytes:
    return cda_report.report(cases.make_case("ct-brain", 7, CLOCK))


def generated() -> Iterator[tuple[str, bytes]]:
    for name in cases.names():
        for kind, make in DOCUMENTS.items():
            yield f"{kind} {name}", make(cases.make_case(name, 7, CLOCK))


def judged(raw: bytes) -> list[Problem]:
    return list(xsd.judge(Document.parse(raw), xsd.own()))


# -- the schema itself ----------------------------------------------------------------------


def test_it_loads_in_both_validators() -> None:
    assert xsd.load(xsd.own())
    strict = xmlschema.XMLSchema10(str(xsd.own()), allow="local")
    assert strict.all_errors == []


def test_no_file_includes_itself_through_others() -> None:
    folder = xsd.own().parent
    includes = {
        file.name: re.findall(r'<xs:include schemaLocation="([^"]+)"', file.read_text("utf-8"))
        for file in folder.glob("*.xsd")
    }
    left = set(includes)
    while left:
        ready = {name for name in left if not left & set(includes[name])}
        assert ready, f"circular: {sorted(left)}"
        left -= ready


def test_every_file_is_reached_and_says_what_it_is() -> None:
    folder = xsd.own().parent
    assert {file.name for file in xsd.files(xsd.own())} == {f.name for f in folder.glob("*.xsd")}
    for file in folder.glob("*.xsd"):
        assert re.match(r"<\?xml [^>]+>\n<!--\n  \w", file.read_text("utf-8")), file.name


def test_what_we_generate_is_valid() -> None:
    for name, raw in generated():
        assert judged(raw) == [], name


def test_a_valid_document_does_not_import_xmlschema() -> None:
    code = (
        "import sys; from harness.rules import xsd; from harness.wire.cda import Document\n"
        "raw = sys.stdin.buffer.read()\n"
        "assert not list(xsd.judge(Document.parse(raw), xsd.own()))\n"
        "assert 'xmlschema' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], input=report(), check=True)


# -- one fault ------------------------------------------------------------------------------

HEADER = "/cda:ClinicalDocument"
VALUE = "(//cda:observation/cda:value)[1]"


def changed(raw: bytes, *changes: tuple[str, str, str]) -> bytes:
    """Each change: what to do, where (the first node of an XPath), and with what."""
    root = etree.fromstring(raw)
    for verb, xpath, what in changes:
        node = root.xpath(xpath, namespaces=dict(NAMESPACES))[0]
        CHANGES[verb](node, what)
    return etree.tostring(root)


def _set(node: Any, what: str) -> None:
    name, _, value = what.partition("=")
    node.set(name.replace("xsi:", XSI), value)


CHANGES: Mapping[str, Any] = {
    "remove": lambda node, what: node.getparent().remove(node),
    "repeat": lambda node, what: node.addnext(
        etree.fromstring(etree.tostring(node, with_tail=False))
    ),
    "put": lambda node, what: node.insert(0, etree.fromstring(what)),
    "before": lambda node, what: node.addprevious(
        node.getparent().find(what.replace("cda:", "{urn:hl7-org:v3}"))
    ),
    "text": lambda node, what: setattr(node, "text", what),
    "set": _set,
    "unset": lambda node, what: node.attrib.pop(what.replace("xsi:", XSI)),
}

# what is done, where it is told, what is expected, what is found (both in French and English)
FAULTS = [
    (
        ("remove", f"{HEADER}/cda:custodian", ""),
        "/ClinicalDocument",
        (
            "l'élément `custodian` 1..1 dans `ClinicalDocument`, avant `informationRecipient`",
            "element `custodian` 1..1 in `ClinicalDocument`, before `informationRecipient`",
        ),
        ("absent", "absent"),
    ),
    (
        ("remove", f"{HEADER}/cda:component", ""),
        "/ClinicalDocument",
        (
            "l'élément `component` 1..1 dans `ClinicalDocument`",
            "element `component` 1..1 in `ClinicalDocument`",
        ),
        ("absent", "absent"),
    ),
    (
        ("repeat", f"{HEADER}/cda:title", ""),
        "/ClinicalDocument/title[2]",
        (
            "l'élément `effectiveTime` 1..1 dans `ClinicalDocument`",
            "element `effectiveTime` 1..1 in `ClinicalDocument`",
        ),
        ("élément `title` inattendu", "unexpected element `title`"),
    ),
    (
        ("put", f"{HEADER}/cda:recordTarget", '<note xmlns="urn:x"/>'),
        "/ClinicalDocument/recordTarget/note",
        (
            "dans `recordTarget`, à cette place, l'un de : `realmCode` 0..*, `typeId` 0..1,"
            " `templateId` 0..*, `patientRole` 1..1",
            "in `recordTarget`, at this place, one of: `realmCode` 0..*, `typeId` 0..1,"
            " `templateId` 0..*, `patientRole` 1..1",
        ),
        ("élément `{urn:x}note` inattendu", "unexpected element `{urn:x}note`"),
    ),
    (
        ("before", "//cda:order/cda:id", "{urn:dicom-org:ps3-20}accessionNumber"),
        "/ClinicalDocument/inFulfillmentOf/order/ps3-20:accessionNumber",
        (
            "dans `order`, à cette place, l'un de : `realmCode` 0..*, `typeId` 0..1,"
            " `templateId` 0..*, `id` 1..*",
            "in `order`, at this place, one of: `realmCode` 0..*, `typeId` 0..1,"
            " `templateId` 0..*, `id` 1..*",
        ),
        (
            "élément `ps3-20:accessionNumber` inattendu",
            "unexpected element `ps3-20:accessionNumber`",
        ),
    ),
    (
        ("set", f"{HEADER}/cda:effectiveTime", "value=2026-01-05"),
        "/ClinicalDocument/effectiveTime/@value",
        (
            "une date AAAAMMJJ, ou une date et heure AAAAMMJJHHMMSS+ZZZZ, sans tiret ni"
            " deux-points",
            "a date YYYYMMDD, or a date and time YYYYMMDDHHMMSS+ZZZZ, without hyphens or colons",
        ),
        ("`2026-01-05`", "`2026-01-05`"),
    ),
    (
        ("set", f"{HEADER}/cda:id", "root=1..2"),
        "/ClinicalDocument/id/@root",
        (
            "un OID (1.2.250.1…), un UUID ou un identifiant réservé par HL7",
            "an OID (1.2.250.1…), a UUID or an identifier reserved by HL7",
        ),
        ("`1..2`", "`1..2`"),
    ),
    (
        ("set", f"{HEADER}/cda:code", "displayName="),
        "/ClinicalDocument/code/@displayName",
        ("une valeur non vide", "a value that is not empty"),
        ("``", "``"),
    ),
    (
        ("set", f"{HEADER}/cda:typeId", "root=1.2"),
        "/ClinicalDocument/typeId/@root",
        ("`2.16.840.1.113883.1.3`", "`2.16.840.1.113883.1.3`"),
        ("`1.2`", "`1.2`"),
    ),
    (
        ("set", "//cda:patient/cda:birthTime", "nullFlavor=NULL"),
        "/ClinicalDocument/recordTarget/patientRole/patient/birthTime/@nullFlavor",
        (
            "une valeur parmi `ASKU`, `DER`, `INV`, `MSK`, `NA`, `NASK`, `NAV`, `NI`, `NINF`,"
            " `OTH`, `PINF`, `QS`, `TRC`, `UNC`, `UNK`",
            "one of `ASKU`, `DER`, `INV`, `MSK`, `NA`, `NASK`, `NAV`, `NI`, `NINF`,"
            " `OTH`, `PINF`, `QS`, `TRC`, `UNC`, `UNK`",
        ),
        ("`NULL`", "`NULL`"),
    ),
    (
        ("set", "//cda:patientRole/cda:telecom", "use=HP WORK"),
        "/ClinicalDocument/recordTarget/patientRole/telecom/@use",
        (
            "une valeur parmi `AS`, `BAD`, `CONF`, `DIR`, `EC`, `H`, `HP`, `HV`, `MC`, `PG`,"
            " `PUB`, `TMP`, `WP`",
            "one of `AS`, `BAD`, `CONF`, `DIR`, `EC`, `H`, `HP`, `HV`, `MC`, `PG`,"
            " `PUB`, `TMP`, `WP`",
        ),
        ("`HP WORK`", "`HP WORK`"),
    ),
    (
        ("set", f"{HEADER}/cda:languageCode", "langue=fr"),
        "/ClinicalDocument/languageCode/@langue",
        ("pas d'attribut `langue` sur `languageCode`", "no attribute `langue` on `languageCode`"),
        ("`fr`", "`fr`"),
    ),
    (
        ("unset", f"{HEADER}/cda:participant", "typeCode"),
        "/ClinicalDocument/participant",
        ("l'attribut `typeCode` sur `participant`", "attribute `typeCode` on `participant`"),
        ("absent", "absent"),
    ),
    (
        ("text", f"{HEADER}/cda:recordTarget", "Mme X"),
        "/ClinicalDocument/recordTarget",
        (
            "pas de texte dans `recordTarget`, seulement des éléments",
            "no text in `recordTarget`, elements only",
        ),
        ("`Mme X`", "`Mme X`"),
    ),
    (
        ("text", f"{HEADER}/cda:id", "12"),
        "/ClinicalDocument/id",
        (
            "`id` vide : ni texte ni élément, seulement des attributs",
            "`id` empty: neither text nor element, attributes only",
        ),
        ("`12`", "`12`"),
    ),
    (
        ("set", f"{HEADER}/cda:title", "xsi:type=CD"),
        "/ClinicalDocument/title/@xsi:type",
        (
            "un xsi:type qui existe et que `title` accepte",
            "an xsi:type that exists and that `title` accepts",
        ),
        ("`CD`", "`CD`"),
    ),
    (
        ("set", f"{HEADER}/cda:code", "xsi:nil=true"),
        "/ClinicalDocument/code/@xsi:nil",
        (
            "pas de xsi:nil sur `code` (une absence se dit avec nullFlavor)",
            "no xsi:nil on `code` (nullFlavor says that a value is absent)",
        ),
        ("`true`", "`true`"),
    ),
]


@pytest.mark.parametrize(("change", "place", "expected", "actual"), FAULTS)
def test_one_fault_is_one_finding_in_both_languages(
    change: tuple[str, str, str],
    place: str,
    expected: tuple[str, str],
    actual: tuple[str, str],
) -> None:
    (problem,) = judged(changed(report(), change))
    assert problem.at.xpath == place
    assert problem.at.line
    assert (problem.expected.fr, problem.expected.en) == expected
    assert (problem.actual.fr, problem.actual.en) == actual


def test_a_value_without_its_type_says_which_attribute_is_missing() -> None:
    (problem,) = judged(changed(report(), ("unset", VALUE, "xsi:type")))
    assert problem.expected.en == "a precise data type for `value` (attribute xsi:type)"
    assert problem.actual.fr == "pas d'attribut xsi:type"


def test_an_unknown_type_is_told_once() -> None:
    (problem,) = judged(changed(report(), ("set", VALUE, "xsi:type=PQR_NEW")))
    assert problem.at.xpath
    assert problem.at.xpath.endswith("/value/@xsi:type")
    assert problem.actual.en == "`PQR_NEW`"


def test_the_same_id_twice() -> None:
    (problem,) = judged(
        changed(
            report(),
            ("set", "(//cda:text/*)[1]", "ID=same"),
            ("set", "(//cda:text/*)[2]", "ID=same"),
        )
    )
    assert problem.expected.en.startswith("an ID that no other element has")


def test_xmlschema_adds_its_reason() -> None:
    (problem,) = judged(changed(report(), ("remove", f"{HEADER}/cda:custodian", "")))
    assert problem.advice
    assert problem.advice.fr == (
        "Diagnostic du paquet xmlschema : Unexpected child with tag 'informationRecipient' at"
        " position 20. Tag 'custodian' expected."
    )


def test_without_xmlschema_the_words_of_libxml2_stand(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(file: Path) -> None:
        raise RecursionError("the package is at a loss")

    monkeypatch.setattr(xsd_detail, "_schema", broken)
    (problem,) = judged(changed(report(), ("remove", f"{HEADER}/cda:custodian", "")))
    assert problem.expected.en == (
        "element `custodian` in `ClinicalDocument`, before `informationRecipient`"
    )
    assert problem.advice is None


# -- several faults -------------------------------------------------------------------------


def test_what_follows_an_unexpected_element_is_judged_as_well() -> None:
    """libxml2 stops at the first fault of a parent's order; we do not."""
    raw = changed(
        report(),
        ("repeat", f"{HEADER}/cda:title", ""),
        ("remove", f"{HEADER}/cda:custodian", ""),
        ("set", f"{HEADER}/cda:effectiveTime", "value=now"),
        ("set", "//cda:serviceEvent", "mood=EVN"),
        ("put", "(//cda:observation)[1]", "<cda:note xmlns:cda='urn:hl7-org:v3'/>"),
    )
    told = [(p.at.xpath or "").removeprefix("/ClinicalDocument") for p in judged(raw)]
    assert told[:4] == [
        "/title[2]",
        "/effectiveTime/@value",
        "",
        "/documentationOf/serviceEvent/@mood",
    ]
    assert len(told) == 5
    assert told[4].endswith("/observation/note")


def test_two_missing_in_a_row_are_two_findings() -> None:
    raw = changed(
        report(),
        ("remove", f"{HEADER}/cda:author[1]", ""),
        ("remove", f"{HEADER}/cda:author[1]", ""),
        ("remove", f"{HEADER}/cda:custodian", ""),
    )
    assert [p.expected.en for p in judged(raw)] == [
        "element `author` 1..* in `ClinicalDocument`, before `informationRecipient`",
        "element `custodian` 1..1 in `ClinicalDocument`, before `informationRecipient`",
    ]


def test_a_moved_element_is_told_where_it_stands_and_where_it_is_missing() -> None:
    raw = changed(report(), ("before", f"{HEADER}/cda:code", "cda:effectiveTime"))
    assert [(p.at.xpath, p.actual.en) for p in judged(raw)] == [
        ("/ClinicalDocument/effectiveTime", "unexpected element `effectiveTime`"),
        ("/ClinicalDocument", "absent"),
    ]


def test_no_more_than_the_limit_and_a_note() -> None:
    root = etree.fromstring(report())
    everywhere = list(root.iter("{urn:hl7-org:v3}id", "{urn:hl7-org:v3}templateId"))
    for element in everywhere:
        element.set("invented", "x")
    problems = judged(etree.tostring(root))
    assert len(everywhere) > xsd.LIMIT
    assert len(problems) == xsd.LIMIT + 1
    assert problems[-1].actual.en.startswith(f"{len(everywhere) - xsd.LIMIT} more schema errors")


def test_judging_leaves_the_document_as_it_was() -> None:
    raw = changed(report(), ("repeat", f"{HEADER}/cda:title", ""))
    document = Document.parse(raw)
    first = list(xsd.judge(document, xsd.own()))
    assert etree.tostring(document.root) == etree.tostring(etree.fromstring(raw))
    assert list(xsd.judge(document, xsd.own())) == first


@pytest.mark.parametrize("number", range(0, 4000, 40))
def test_whatever_is_refused_has_a_finding_with_a_place(number: int) -> None:
    for name, raw in mutants(report(), range(number, number + 2)):
        document = Document.parse(raw)
        valid = xsd.load(xsd.own()).validate(etree.fromstring(raw))
        problems = list(xsd.judge(document, xsd.own()))
        assert bool(problems) is not valid, name
        for problem in problems:
            assert problem.at.xpath, name
            assert problem.expected.fr, name


# -- the rule -------------------------------------------------------------------------------


def outcome(profile: Profile, raw: bytes) -> Any:
    subject = profile.document_subject("CR", Document.parse(raw))
    return next(found for found in profile.judge(subject) if found.rule.id == "CDA-XSD")


def test_the_rule(profile: Profile) -> None:
    assert outcome(profile, report()).verdict is Verdict.PASS
    assert outcome(profile, changed(report(), FAULTS[0][0])).verdict is Verdict.FAIL


@pytest.mark.parametrize("raw", [b"<html/>", b"no xml", b"<ClinicalDocument xmlns='urn:x'/>"])
def test_what_is_no_cda_is_for_other_rules(profile: Profile, raw: bytes) -> None:
    assert outcome(profile, raw).verdict is Verdict.NOT_APPLICABLE


PERMISSIVE = """<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"
    targetNamespace="urn:hl7-org:v3"><xs:element name="ClinicalDocument"><xs:complexType>
    <xs:sequence><xs:any maxOccurs="unbounded" processContents="skip"/></xs:sequence>
    <xs:anyAttribute processContents="skip"/></xs:complexType></xs:element></xs:schema>"""


def test_another_schema_takes_its_place(profile: Profile, tmp_path: Path) -> None:
    file = tmp_path / "any.xsd"
    file.write_text(PERMISSIVE)
    other = profiles.load(profile.id, None, file)
    assert outcome(other, changed(report(), FAULTS[0][0])).verdict is Verdict.PASS
    assert other.hash != profile.hash
    assert profiles.load(profile.id, None, xsd.own()).hash == profile.hash


def test_a_schema_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(HarnessError, match=r"none\.xsd.*cannot be read: No such file"):
        profiles.load("livre-blanc-2024", None, tmp_path / "none.xsd")


@pytest.mark.parametrize("text", ["<html/>", "no xml", PERMISSIVE.replace("xs:element", "xs:x")])
def test_a_file_that_is_no_schema(tmp_path: Path, text: str) -> None:
    file = tmp_path / "other.xsd"
    file.write_text(text)
    with pytest.raises(HarnessError, match=r"other\.xsd.*not an XML schema"):
        profiles.load("livre-blanc-2024", None, file)


# -- the official schema --------------------------------------------------------------------

# What ours refuses and the official one lets through in libxml2 only: parts that the official
# schema forbids in a restricted type with maxOccurs="0". libxml2 takes that for an optional part;
# the W3C recommendation, and xmlschema reading the official files, refuse them as ours does.
FORBIDDEN = {
    "reference": "a string (ST) is text alone, unlike the encapsulated data (ED) that it restricts",
    "thumbnail": "neither a string nor a thumbnail has one",
    "qualifier": "a code with equivalents (CE) has none, unlike the concept (CD) it restricts",
    "translation": "a coded value (CV) has none, unlike the CE that it restricts",
}


@pytest.fixture(scope="session")
def official_file(corpus: Path) -> Path:
    return corpus / "cda-xsd" / "CDA_extended.xsd"


@pytest.fixture(scope="session")
def official(official_file: Path) -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(str(official_file)))


def official_documents(corpus: Path) -> Iterator[tuple[str, bytes]]:
    for file in sorted(corpus.glob("ans-cda-img/*.xml")):
        yield file.name, file.read_bytes()
    for file in sorted(corpus.glob("ans-transmission-cda/*")):
        if file.suffix == ".xml":
            yield file.name, file.read_bytes()
        elif file.suffix in (".er7", ".hl7"):
            document = document_of(Message(file.read_bytes()))
            if document and document.is_cda:
                yield file.name, document.raw


def explained(errors: list[Any]) -> bool:
    """Nothing else is wrong than a part of `FORBIDDEN`."""
    found = [re.match(r"Element '\{[^}]+\}(\w+)': This element is not", e.message) for e in errors]
    return all(match and match[1] in FORBIDDEN for match in found)


@pytest.mark.corpus
def test_same_verdict_on_every_document(official: etree.XMLSchema, corpus: Path) -> None:
    documents = [*official_documents(corpus), *generated()]
    assert len(documents) >= 25
    ours = xsd.load(xsd.own())
    for name, raw in documents:
        assert official.validate(etree.fromstring(raw)), name
        assert ours.validate(etree.fromstring(raw)), name


@pytest.mark.corpus
@pytest.mark.slow
def test_same_verdict_on_mutants(
    official: etree.XMLSchema, official_file: Path, corpus: Path
) -> None:
    ours, seen, differing = xsd.load(xsd.own()), {True: 0, False: 0}, []
    for place, (document, raw) in enumerate([*official_documents(corpus), *generated()]):
        for name, mutant in mutants(raw, range(1000 * place, 1000 * place + 100)):
            verdict = official.validate(etree.fromstring(mutant))
            mine = ours.validate(etree.fromstring(mutant))
            seen[verdict] += 1
            if verdict is not mine:
                assert not mine, f"{document}, {name}: {official.error_log}"
                assert explained(ours.error_log), f"{document}, {name}: {ours.error_log}"
                differing.append(mutant)
    assert sum(seen.values()) >= 2000
    assert min(seen.values()) >= 500
    if differing:
        refuses = xmlschema.XMLSchema10(str(official_file), validation="lax", allow="local")
        assert not any(refuses.is_valid(etree.fromstring(mutant)) for mutant in differing)


@pytest.mark.corpus
@pytest.mark.slow
def test_what_only_libxml2_lets_through(official: etree.XMLSchema, official_file: Path) -> None:
    """The differences above, each provoked: ours sides with the recommendation."""
    refuses = xmlschema.XMLSchema10(str(official_file), validation="lax", allow="local")
    part = "<{0} xmlns='urn:hl7-org:v3'/>"
    for name, where in (
        ("reference", f"{HEADER}/cda:title"),
        ("thumbnail", f"{HEADER}/cda:title"),
        ("qualifier", f"{HEADER}/cda:confidentialityCode"),
    ):
        raw = changed(report(), ("put", where, part.format(name)))
        assert official.validate(etree.fromstring(raw)), name
        assert not refuses.is_valid(etree.fromstring(raw)), name
        (problem,) = judged(raw)
        assert problem.actual.en == f"unexpected element `{name}`"
