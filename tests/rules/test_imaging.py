"""The body of imaging documents: each edit of a good document gives exactly these findings."""

import re
from collections import Counter
from datetime import datetime
from functools import cache
from pathlib import Path

import pytest
from lxml import etree, isoschematron

from harness import data
from harness.rules import ucum, valuesets
from harness.rules.profile import Profile
from harness.rules.rule import Level
from harness.sim.generate import cases, cda_report, cda_request
from harness.wire.cda import Document
from harness.wire.edit import BYTES, Edit, apply_to_document

CLOCK = datetime.fromisoformat("2026-01-05T10:00:00+01:00")
GROUPS = {"cda-body", "cda-codes", "drimbox"}
FILES = [
    "cda-img.sch",
    "cda-cr-img.sch",
    "cda-cr-img-sections.sch",
    "cda-cr-img-entries.sch",
    "cda-drimbox.sch",
    "cda-da-img.sch",
]
F = "1.2.250.1.213.1.1."
BODY = "/cda:ClinicalDocument/cda:component/cda:structuredBody"


@cache
def document(kind: str, name: str) -> bytes:
    case = cases.make_case(name, 1, CLOCK)
    if kind == "CR1":
        return cda_report.report(case, level=1)
    return cda_report.report(case) if kind == "CR" else cda_request.request(case)


def found(profile: Profile, kind: str, raw: bytes) -> Counter[str]:
    """How often each rule about bodies, codes and the link is broken."""
    subject = profile.document_subject(kind[:2], Document.parse(raw))
    outcomes = [o for o in profile.judge(subject) if o.rule.group in GROUPS]
    return Counter({o.rule.id: len(o.findings) for o in outcomes if o.findings})


def templated(element: str, template: str) -> str:
    return f"//cda:{element}[cda:templateId/@root='{F}{template}']"


SECTION = {
    name: templated("section", f"2.{number}")
    for name, number in {
        "clinical": 205, "request": 211, "history": 213, "act": 206, "exposure": 215,
        "complications": 214, "catalogue": 217, "findings": 208, "comparison": 207,
        "conclusion": 209, "addendum": 210, "devices": 1, "prior": 150, "added": 37,
        "patient": 107, "plan": 158.3,
    }.items()
}  # fmt: skip
TECHNIQUE = templated("procedure", "3.153")
AUTHORISED = templated("procedure", "3.165")
QUANTITY = templated("observation", "3.154")
PRODUCT = templated("substanceAdministration", "3.151")
TRACER = templated("substanceAdministration", "3.173")
STUDY, SERIES = templated("act", "3.155"), templated("act", "3.156")
INSTANCE = templated("observation", "3.157")
REQUESTED = templated("observation", "3.27.3")
MEDICAL = "//cda:observation[cda:code/@code='11348-0']"
SURGICAL = "//cda:observation[cda:code/@code='47519-4']"
CONTRA = "//cda:observation[cda:code/@code='64100-1']"

# kind, case, edits, rules (a rule twice: two findings of it)
ROWS = [
    # sections that report and request share
    ("CR", "mr-brain", f"remove {SECTION['clinical']}/cda:templateId[1]", "CDA-IMG-INF-001"),
    ("CR", "mr-brain", f"set {SECTION['clinical']}/cda:code/@code = 1-8", "CDA-IMG-INF-002"),
    ("DA", "mr-brain", f"remove {SECTION['clinical']}/cda:id", "CDA-IMG-INF-003"),
    ("DA", "mr-brain", f"remove {SECTION['clinical']}/cda:title", "CDA-IMG-INF-004"),
    ("CR", "mr-brain", f"remove {SECTION['clinical']}/cda:text", "CDA-IMG-INF-005"),
    ("CR", "mr-brain", f"remove {SECTION['clinical']}/cda:component[1]", "CDA-IMG-INF-006"),
    ("CR", "mr-brain", f"remove {SECTION['clinical']}/cda:component[2]", "CDA-IMG-INF-007"),
    ("DA", "mr-brain", f"remove {SECTION['request']}/cda:text/*", "CDA-IMG-DEM-006"),
    ("DA", "mr-brain", f"set {SECTION['history']}/cda:code/@codeSystem = 1.2", "CDA-IMG-HIST-002"),
    ("CR", "mr-brain", f"remove {SECTION['history']}/cda:text", "CDA-IMG-HIST-005"),
    ("CR", "mr-brain", f"remove {MEDICAL}/parent::*", "CDA-CR-HIST-001"),
    ("CR", "mr-brain", f"remove {SURGICAL}/parent::*", "CDA-CR-HIST-002"),
    ("CR", "mr-brain", f"remove {CONTRA}/parent::*", "CDA-CR-HIST-003"),
    ("DA", "mr-brain", f"remove {MEDICAL}/parent::*", "CDA-DA-HIST-001"),
    ("DA", "mr-brain", f"remove {CONTRA}/parent::*", ""),
    ("CR", "mr-brain", f"remove {MEDICAL}/cda:targetSiteCode", "CDA-IMG-OBS-007"),
    ("CR", "mr-brain", f"repeat {MEDICAL}/cda:value", "CDA-IMG-OBS-006"),
    ("CR", "mr-brain", f"set {MEDICAL}/cda:statusCode/@code = active", "CDA-IMG-OBS-008"),
    ("CR", "mr-brain", f"set {CONTRA}/cda:value/@code = MED-9999", "CDA-IMG-OBS-010"),
    ("CR", "mr-brain", f"set {CONTRA}/cda:value/@codeSystem = 1.2.3", "CDA-IMG-OBS-010"),
    ("DA", "ct-body", f"set {SECTION['prior']}/cda:code/@code = 1-8", "CDA-IMG-PRI-002"),
    ("CR", "ct-body", "remove //cda:renderMultiMedia", "CDA-IMG-ANX-007"),
    ("CR", "ct-body", "remove //cda:observationMedia/cda:value/@mediaType", "CDA-IMG-ANX-006"),
    ("CR", "ct-body", "remove //cda:act/cda:text/cda:reference/@value", "CDA-IMG-COM-003"),
    # body of the report
    ("CR", "ct-body", f"repeat {BODY}/cda:component[cda:section/cda:code/@code='59776-5']",
     "CDA-CR-BODY-002"),
    ("CR", "mr-brain", f"remove {SECTION['conclusion']}/parent::*", "CDA-CR-BODY-001"),
    ("CR", "mr-brain", f"remove {SECTION['findings']}/parent::*", "CDA-CR-SECT-013"),
    ("CR", "mr-brain", f"remove {SECTION['clinical']}/parent::*", "CDA-CR-SECT-005"),
    ("CR", "mr-brain", f"remove {SECTION['findings']}/cda:text", "CDA-CR-RES-005"),
    ("CR", "mr-brain", f"remove {SECTION['findings']}/cda:text/*", "CDA-CR-RES-006"),
    ("CR", "mr-brain", f"remove {SECTION['conclusion']}/cda:title", "CDA-CR-CONC-004"),
    ("CR", "mr-brain", f"set {SECTION['comparison']}/cda:code/@code = 1-8", "CDA-CR-CMP-002"),
    ("CR", "mr-brain-addendum", f"remove {SECTION['addendum']}/cda:author", "CDA-CR-BODY-003"),
    ("CR", "mr-brain-addendum", f"remove {SECTION['addendum']}/cda:author/cda:time",
     "CDA-CR-ADD-007"),
    ("CR", "mr-brain-addendum", "remove /cda:ClinicalDocument/cda:relatedDocument",
     "CDA-CR-ADD-008"),
    ("CR", "ct-body", f"remove {SECTION['devices']}/cda:entry", "CDA-CR-DM-004"),
    ("CR", "ct-body", f"set {SECTION['complications']}/cda:code/@code = 1-8", "CDA-CR-COMP-002"),
    # imaging act
    ("CR", "mr-brain", f"remove {TECHNIQUE}/parent::*", "CDA-CR-ACTE-006"),
    ("CR", "ct-chest", f"remove {SECTION['exposure']}/parent::*", "CDA-CR-ACTE-011"),
    ("CR", "us-abdomen", f"set {TECHNIQUE}/cda:methodCode/@code = MR", "CDA-CR-TECH-014"),
    ("CR", "us-abdomen", f"remove {TECHNIQUE}/cda:methodCode", "CDA-CR-TECH-006"),
    ("CR", "us-abdomen", f"set {TECHNIQUE}/cda:code/@code = 24590-2", "CDA-CR-TECH-013"),
    ("CR", "us-abdomen", f"set {TECHNIQUE}/cda:code/@code = 99999-9",
     "CDA-CR-TECH-013 CDA-CR-TECH-020"),
    ("CR", "us-abdomen", f"set {TECHNIQUE}/cda:targetSiteCode/@code = 1", "CDA-CR-TECH-022"),
    ("CR", "mg-screening", "remove //cda:procedure/cda:targetSiteCode/cda:qualifier/cda:name",
     "CDA-CR-TECH-023"),
    ("CR", "mg-screening",
     "set //cda:procedure/cda:targetSiteCode/cda:qualifier/cda:value/@code = 24028007",
     "CDA-CR-TECH-027"),
    ("CR", "mg-screening",
     "set //cda:procedure/cda:targetSiteCode/cda:qualifier/cda:value/@code = 1", "CDA-CR-TECH-026"),
    ("CR", "ct-chest", f"set {PRODUCT}/@moodCode = INT", "CDA-CR-PROD-002"),
    ("CR", "ct-chest", f"remove {PRODUCT}/cda:statusCode", "CDA-CR-PROD-004"),
    ("CR", "ct-chest", f"set {PRODUCT}//cda:translation[1]/@code = V09IX04", "CDA-CR-PROD-013"),
    ("CR", "ct-chest", f"remove {PRODUCT}/cda:doseQuantity/cda:low/@unit", "CDA-CR-PROD-012"),
    ("CR", "ct-chest", f"set {PRODUCT}/cda:doseQuantity/cda:low/@unit = cc", "CDA-IMG-UCUM-001"),
    # dose
    ("CR", "ct-chest", f"remove {AUTHORISED}//cda:name", "CDA-CR-EXPO-024"),
    ("CR", "ct-chest", f"set {AUTHORISED}/cda:participant/*/cda:id/@root = 2.16.840.1.113883.4.6",
     "CDA-CR-EXPO-025"),
    ("CR", "ct-chest", f"remove {QUANTITY}/parent::*", "CDA-CR-EXPO-009"),
    ("CR", "ct-chest", "remove //cda:entry[cda:observation/cda:code/@code='364320009']",
     "CDA-CR-EXPO-007"),
    ("CR", "ct-chest", "set //cda:observation[cda:code/@code='364320009']/cda:value/@code = 1",
     "CDA-IMG-OBS-011"),
    ("CR", "ct-chest", f"set {QUANTITY}[cda:code/@code='113830']/cda:value/@unit = Gy",
     "CDA-CR-QTE-011"),
    ("CR", "ct-chest", f"set {QUANTITY}[cda:code/@code='113813']/cda:value/@value = -1",
     "CDA-CR-QTE-006"),
    ("CR", "ct-chest", f"set {QUANTITY}[cda:code/@code='113813']/cda:code/@code = 113811",
     "CDA-CR-QTE-030"),
    ("CR", "dx-knee", f"set {QUANTITY}/cda:code/@code = 113722; set {QUANTITY}/cda:value/@unit = "
     "cGy.cm2", "CDA-CR-QTE-007"),
    ("CR", "pt-lung", f"set {QUANTITY}[cda:code/@code='113507']/cda:value/@unit = MBq",
     "CDA-CR-QTE-007"),
    ("CR", "pt-lung", f"remove {TRACER}/parent::*", "CDA-CR-EXPO-011"),
    ("CR", "pt-lung", f"set {TRACER}/cda:doseQuantity/@unit = mL", "CDA-CR-RPH-006"),
    ("CR", "pt-lung", f"remove {TRACER}/cda:consumable/@typeCode", "CDA-CR-RPH-004"),
    # catalogue and link
    ("CR", "mr-brain", f"set {STUDY}/cda:id/@extension = 1", "CDA-CR-CAT-016"),
    ("CR", "mr-brain", f"set {SERIES}/cda:id/@root = 1.2.03", "CDA-IMG-UID-001"),
    ("CR", "mr-brain", f"set {SERIES}/cda:code/cda:qualifier/cda:value/@code = CT",
     "CDA-CR-CAT-025"),
    ("CR", "mr-brain", f"remove {INSTANCE}/cda:text/@mediaType", "CDA-CR-CAT-034"),
    ("CR", "mr-brain", f"remove {INSTANCE}/cda:text/cda:reference", "CDA-CR-CAT-035"),
    ("CR", "mr-brain", f"set {INSTANCE}/cda:code/@code = 1.2.840.10008.5.1.4.1.1.128",
     "CDA-CR-CAT-036"),
    ("CR", "mr-brain", "set //cda:linkHtml/@href = https://ailleurs.example/", "CDA-DRIM-URL-009"),
    ("CR", "mr-brain", "set /cda:ClinicalDocument/cda:id/@root = 2.25.9", "CDA-DRIM-URL-007"),
    ("CR", "ct-body", "set /cda:ClinicalDocument/cda:inFulfillmentOf/cda:order"
     "/ps3-20:accessionNumber/@extension = A1", "CDA-CR-ORD-008 CDA-DRIM-URL-010 CDA-DRIM-URL-010"),
    # narrative
    ("CR", "mr-brain", f"set {MEDICAL}/cda:text/cda:reference/@value = antecedents-m",
     "CDA-IMG-NARR-001"),
    ("CR", "mr-brain", f"set {MEDICAL}/cda:text/cda:reference/@value = #x", "CDA-IMG-NARR-002"),
    ("CR", "mr-brain", f"set {MEDICAL}/cda:text/cda:reference/@value = #acte-01",
     "CDA-IMG-NARR-003"),
    ("CR", "mr-brain", "repeat //cda:content[@ID='acte-01']", "CDA-IMG-NARR-004"),
    ("CR", "mr-brain", f"set {SURGICAL}/cda:id/@root = 2.25.4; set {MEDICAL}/cda:id/@root = 2.25.4",
     "CDA-IMG-ID-001"),
    # level 1
    ("CR1", "mr-brain", "set //cda:nonXMLBody/cda:text/@mediaType = text/plain", "CDA-CR-N1-002"),
    ("CR1", "mr-brain", "remove //cda:nonXMLBody/cda:text/@representation", "CDA-CR-N1-003"),
    ("CR1", "mr-brain", "set //cda:nonXMLBody/cda:text = UEsDBBQ=", "CDA-CR-N1-004"),
    # request
    ("DA", "mr-brain", f"remove {SECTION['plan']}/cda:entry", "CDA-DA-PLAN-004"),
    ("DA", "mr-brain", f"remove {SECTION['patient']}/parent::*", "CDA-DA-BODY-001"),
    ("DA", "mr-brain", f"remove {SECTION['patient']}/cda:entry", "CDA-DA-EDU-001"),
    ("DA", "mr-brain", f"remove {SECTION['patient']}/cda:entry/cda:observation/cda:value",
     "CDA-DA-EDU-002"),
    ("DA", "mr-brain", f"set {REQUESTED}/@moodCode = RQO", "CDA-DA-ACTE-002"),
    ("DA", "mr-brain", f"set {REQUESTED}/cda:code/@code = NM", "CDA-DA-ACTE-011"),
    ("DA", "mr-brain", f"set {REQUESTED}/cda:code/@code = OT", "CDA-DA-ACTE-013"),
    ("DA", "mr-brain", f"set {REQUESTED}/cda:code/@code = XX", "CDA-DA-ACTE-030"),
    ("DA", "mr-brain", f"remove {REQUESTED}/cda:targetSiteCode", "CDA-DA-ACTE-005"),
    ("DA", "mr-brain", f"set {REQUESTED}/cda:targetSiteCode/@code = 999", "CDA-DA-ACTE-032"),
    ("DA", "dx-knee", f"repeat {REQUESTED}/cda:targetSiteCode", "CDA-DA-ACTE-018"),
    ("DA", "dx-knee", f"remove {REQUESTED}/cda:targetSiteCode/cda:qualifier/cda:name",
     "CDA-DA-ACTE-033"),
    ("DA", "ct-body", f"remove {REQUESTED}[1]/cda:priorityCode/cda:originalText",
     "CDA-DA-ACTE-007 CDA-DA-ACTE-007"),
    ("DA", "ct-body",
     "remove //cda:entryRelationship[cda:observation/cda:code/@code='GEN-297']",
     "CDA-DA-ACTE-014 CDA-DA-ACTE-014"),
    ("DA", "ct-body", "remove //cda:serviceEvent/cda:code/cda:originalText", "CDA-DA-DOC-011"),
    ("DA", "ct-body", "set //cda:observation[cda:code/@code='ORG-192']/cda:value/@code = 1",
     "CDA-DA-HIST-010"),
    ("DA", "pt-lung", "set //cda:observation[cda:code/@code='MED-1133']/cda:value/@code = MED-1143",
     "CDA-DA-FCT-002"),
    ("DA", "nm-bone", "set //cda:observation[cda:code/@code='MED-1133']/cda:value/@code = MED-1134",
     "CDA-DA-FCT-005"),
    ("DA", "pt-lung", f"set {REQUESTED}/cda:code/cda:qualifier/cda:value/@code = MED-1133",
     "CDA-DA-ACTE-031"),
    ("DA", "nm-bone", "remove //cda:observation[cda:code/@code='MED-1133']/cda:value",
     "CDA-DA-FCT-004"),
]  # fmt: skip


def edits(text: str) -> list[Edit]:
    parts = [part.strip().partition(" ") for part in text.split(";")]
    pairs = [(verb, *rest.rpartition(" = ")) for verb, _, rest in parts if verb == "set"]
    made = [Edit(verb, place.strip(), value.strip()) for verb, place, _, value in pairs]
    return made or [Edit(verb, rest.strip()) for verb, _, rest in parts]


@pytest.mark.parametrize(("kind", "name", "text", "rules"), ROWS)
def test_an_edit_breaks_exactly_these_rules(
    profile: Profile, kind: str, name: str, text: str, rules: str
) -> None:
    raw = apply_to_document(document(kind, name), edits(text))
    assert found(profile, kind, raw) == Counter(rules.split())


@pytest.mark.parametrize(
    ("change", "rules"),
    [
        ("link-http", {"CDA-DRIM-URL-001"}),
        ("link-with-blank", {"CDA-DRIM-URL-002"}),
        ("link-wado", {"CDA-DRIM-URL-003"}),
        ("link-of-patient", {"CDA-DRIM-URL-004"}),
        ("link-without-accession", {"CDA-DRIM-URL-006"}),
        ("link-with-patient", {"CDA-DRIM-URL-008"}),
    ],
)
def test_a_wrong_link_is_told_by_one_rule(profile: Profile, change: str, rules: set[str]) -> None:
    raw = BYTES[change](document("CR", "us-abdomen"))
    assert set(found(profile, "CR", raw)) == rules


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"accessionNumber=", b"Accessionnumber="),  # the ANS guide's spelling
        (b"accessionNumber=1.2.250.1.213.99.1.27.", b"accessionNumber="),  # without its authority
        (b"requestType=STUDY&amp;", b"x=1&amp;requestType=STUDY&amp;"),
    ],
)
def test_links_that_the_sources_write_otherwise_are_right(
    profile: Profile, before: bytes, after: bytes
) -> None:
    raw = document("CR", "us-abdomen")
    assert before in raw
    assert not found(profile, "CR", raw.replace(before, after))


@pytest.mark.parametrize("name", FILES)
def test_lxml_runs_our_schematron_as_it_stands_and_agrees(name: str, profile: Profile) -> None:
    """Same failed asserts on good documents and on damaged ones."""
    file = data.path("schematron", name)
    iso = isoschematron.Schematron(etree.parse(str(file)), store_report=True)
    ids = set(re.findall(r'assert id="([^"]+)"', file.read_text(encoding="utf-8")))
    kinds = {"CR": ("CR", "pt-lung"), "DA": ("DA", "ct-body")}
    if name == "cda-da-img.sch":
        del kinds["CR"]
    elif name != "cda-img.sch":
        del kinds["DA"]
    failed = 0
    for kind, case in kinds.values():
        good = document(kind, case)
        links = [BYTES[change](good) for change in BYTES if change.startswith("link-")]
        for raw in (good, *links, *damaged(good)):
            iso.validate(etree.ElementTree(etree.fromstring(raw)))
            asserts = iso.validation_report.findall(".//{*}failed-assert")
            theirs = sorted(one.get("id") for one in asserts)
            ours = found(profile, kind, raw)
            assert sorted(id for id in ours.elements() if id in ids) == theirs
            failed += len(theirs)
    assert failed >= (3 if "drimbox" in name else 5)


def damaged(raw: bytes) -> list[bytes]:
    """Copies, each with one child of every element that has a template taken out, or its attributes
    gone.
    """
    copies = []
    for number in range(6):
        for strip in (False, True):
            root = etree.fromstring(raw)
            for model in root.findall(".//{*}templateId")[::2]:
                owner = model.getparent()
                if owner is not None and owner is not root and number < len(owner):
                    owner[number].attrib.clear() if strip else owner.remove(owner[number])
            copies.append(etree.tostring(root))
    return copies


def test_every_rule_of_the_body_is_told_in_two_languages(profile: Profile) -> None:
    rules = [rule for rule in profile.rules if rule.group in GROUPS]
    assert len(rules) > 300
    assert sum(rule.level is Level.MUST for rule in rules) > 200
    for rule in rules:
        assert re.match(r"CDA-(CR|DA|IMG|DRIM|VS)-", rule.id)
        assert rule.says.fr
        assert rule.says.fr != rule.says.en


def test_each_value_set_named_is_there() -> None:
    text = data.path("schemas", "packs", "cda-codes", "codes.yaml").read_text(encoding="utf-8")
    named = set(re.findall(r"^  set: (\S+)$", text, re.MULTILINE))
    assert len(named) >= 15
    assert named <= set(valuesets.names())


@pytest.mark.parametrize(
    "unit",
    [
        "mGy",
        "mGy.cm",
        "Gy.m2",
        "cGy.cm2",
        "uGy.m2",
        "MBq",
        "mSv",
        "s",
        "min",
        "{images}",
        "1",
        "mL",
        "mg/mL",
        "10*6/L",
        "mm[Hg]",
        "/min",
        "kg.m-2",
        "mL/(kg.h)",
        "%",
        "Cel",
        "[iU]/L",
    ],
)
def test_units_of_ucum(unit: str) -> None:
    assert ucum.is_unit(unit)


@pytest.mark.parametrize(
    "unit",
    [
        "",
        "cc",
        "mGy*cm",
        "ZZ9",
        "mgy",
        "Gy.",
        ".Gy",
        "Gy..m",
        "mL/(kg",
        "mL)",
        "µSv",
        "Gy cm",
        "m" * 99,
    ],
)
def test_what_is_no_unit_of_ucum(unit: str) -> None:
    assert not ucum.is_unit(unit)


BASELINE = {
    "IMG_CR_IMG_2024.01.xml": {
        "CDA-IMG-NARR-002": 3,  # #acte-0x-exposition-rayonnements is nowhere
        "CDA-IMG-ID-001": 4,  # identifiers copied from one act to the next
        "CDA-CR-TECH-013": 1,  # the third act: 24979-7 here, 24978-9 in the header
        "CDA-CR-EXPO-025": 3,  # the US root of professionals
        "CDA-DRIM-URL-009": 3,
        **{f"CDA-DRIM-URL-00{number}": 3 for number in range(1, 8)},  # a WADO link with blanks
    },
    "IMG-DA-IMG_2024.01_Radiographie_IRM_Genou.xml": {
        "CDA-IMG-NARR-001": 1,  # risque-examen without #
        "CDA-IMG-ID-001": 1,
    },
    "IMG-DA-IMG_2024.01_Scanner_Crane_ThoraxAbdomenPelvis.xml": {
        "CDA-IMG-NARR-001": 1,
        "CDA-IMG-ID-001": 2,
    },
}


@pytest.mark.corpus
@pytest.mark.parametrize("name", BASELINE)
def test_the_official_examples_give_what_the_fact_sheet_says(
    name: str, corpus: Path, profile: Profile
) -> None:
    (file,) = corpus.rglob(name)
    kind = "DA" if "-DA-" in name else "CR"
    assert found(profile, kind, file.read_bytes()) == Counter(BASELINE[name])
