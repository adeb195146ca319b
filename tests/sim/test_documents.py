"""Generated documents: every kind of case, every level, without a finding and schema-valid."""

import re
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pybase64
import pytest
from lxml import etree

from harness.rules.profile import Profile
from harness.sim.actor import Actor
from harness.sim.case import Case
from harness.sim.generate import cases, cda_report, cda_request
from harness.sim.generate.pdf import page
from harness.sim.learning.learn import learn
from harness.wire.cda import Document

CLOCK = datetime.fromisoformat("2026-01-05T10:00:00+01:00")
LEVELS = {
    "report": ("CR", cda_report.report),
    "report-level-1": ("CR", lambda case: cda_report.report(case, level=1)),
    "request": ("DA", cda_request.request),
}
ALL = [(name, seed) for name in cases.names() for seed in (1, 2)]


def made(name: str, seed: int) -> Case:
    return cases.make_case(name, seed, CLOCK)


def test_the_names_of_cases_stay() -> None:
    known = ["ct-brain", "ct-chest", "mr-brain", "dx-knee", "us-abdomen", "mg-screening"]
    assert list(cases.names())[:6] == known
    assert len(cases.names()) >= 12


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize(("name", "seed"), ALL)
def test_a_generated_document_deserves_no_finding(
    profile: Profile, name: str, seed: int, level: str
) -> None:
    kind, make = LEVELS[level]
    subject = profile.document_subject(kind, Document.parse(make(made(name, seed))))
    assert [o.rule.id for o in profile.judge(subject) if o.findings] == []


@pytest.fixture(scope="module")
def schema(corpus: Path) -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(str(corpus / "cda-xsd" / "CDA_extended.xsd")))


@pytest.mark.corpus
@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize(("name", "seed"), ALL)
def test_a_generated_document_is_valid(
    schema: etree.XMLSchema, name: str, seed: int, level: str
) -> None:
    schema.assertValid(etree.ElementTree(etree.fromstring(LEVELS[level][1](made(name, seed)))))


@pytest.mark.parametrize("name", cases.names())
def test_the_same_seed_gives_the_same_bytes(name: str) -> None:
    for _, make in LEVELS.values():
        assert make(made(name, 3)) == make(made(name, 3))
        assert make(made(name, 3)) != make(made(name, 4))


@pytest.mark.parametrize("name", list(cases.names())[:6])
def test_every_second_seed_has_the_other_wording(name: str) -> None:
    assert made(name, 1).narrative == made(name, 3).narrative
    assert made(name, 1).narrative.conclusion != made(name, 2).narrative.conclusion


@pytest.mark.parametrize(
    ("name", "xpath"),
    [
        ("ct-body", "count(//cda:documentationOf) = 2 and count(//cda:inFulfillmentOf) = 2"),
        (
            "ct-body",
            "//cda:supply and //cda:observationMedia and //cda:act/cda:code[@code='48767-8']",
        ),
        ("pt-lung", "count(//cda:procedure/cda:methodCode) = 2"),
        ("pt-lung", "//cda:substanceAdministration/cda:doseQuantity[@unit='MBq']"),
        ("mr-brain-addendum", "//cda:versionNumber[@value='2'] and //cda:relatedDocument"),
        ("mg-screening", "//cda:serviceEvent/cda:code[@code='Z13.9']"),
        ("mg-screening", "//cda:administrativeGenderCode[@code='F']"),
        ("dx-limbs", "count(//cda:procedure/cda:targetSiteCode/cda:qualifier) = 1"),
        ("ct-brain", "//cda:paragraph[contains(., '1825 jours')]"),
    ],
)
def test_a_case_has_what_it_is_there_for(name: str, xpath: str) -> None:
    root = etree.fromstring(cda_report.report(made(name, 1)))
    assert root.xpath(xpath, namespaces={"cda": "urn:hl7-org:v3"})


def test_what_is_special_about_a_case_goes_when_another_act_is_learnt(profile: Profile) -> None:
    ours, theirs = made("ct-body", 1), made("us-abdomen", 2)
    message = Actor("ris", profile, theirs).compose("D", theirs, CLOCK)
    learnt = learn(ours, message, profile.elements)
    assert learnt.exams == (learnt.exam,)
    assert learnt.details.complication == ""
    assert learnt.details.device is None
    same = learn(ours, Actor("ris", profile, ours).compose("D", ours, CLOCK), profile.elements)
    assert len(ours.exams) == 2
    assert same.exams == (same.exam,)
    assert same.details.complication == ours.details.complication


def test_a_report_of_level_1_tells_link_and_retention_in_its_pdf() -> None:
    case = made("us-abdomen", 1)
    root = etree.fromstring(cda_report.report(case, level=1))
    text = root.find(".//{urn:hl7-org:v3}nonXMLBody/{urn:hl7-org:v3}text")
    content = pybase64.b64decode(text.text)
    assert content.startswith(b"%PDF-1.4")
    assert cda_report.link(case).encode() in content
    assert b"1825 jours" in content


def test_a_page_is_a_pdf_whose_table_of_objects_is_right() -> None:
    content = page(["Été (à 5 €)", "\\ 日本"])
    start = int(re.search(rb"startxref\n(\d+)\n", content)[1])
    assert content[start:].startswith(b"xref\n0 6\n")
    offsets = [int(one) for one in re.findall(rb"(\d{10}) 00000 n ", content)]
    for number, offset in enumerate(offsets, 1):
        assert content[offset:].startswith(b"%d 0 obj" % number)
    assert rb"(\311t\351" not in content
    assert "Été ".encode("cp1252") + rb"\(" in content


@pytest.mark.parametrize(("level", "body"), [("1", "nonXMLBody"), ("3", "structuredBody")])
def test_the_command_writes_either_level(tmp_path: Path, level: str, body: str) -> None:
    program = Path(sys.executable).with_name("telerad")
    words = ["generate", "cr", "--level", level, "--case", "dx-limbs", "--out", str(tmp_path)]
    subprocess.run([program, *words], check=True, capture_output=True)
    (file,) = tmp_path.iterdir()
    assert body in file.read_text(encoding="utf-8")
