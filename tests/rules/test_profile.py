import re
from pathlib import Path

import pytest
from lxml import etree, isoschematron

from harness import data
from harness.errors import HarnessError
from harness.rules import profile as profiles
from harness.rules.profile import Profile
from harness.rules.rule import Subject, Verdict
from harness.sim.case import Case
from harness.sim.generate import cda_report, cda_request
from harness.text import catalogue
from harness.wire.cda import Document


def test_the_profile_is_not_empty(profile: Profile) -> None:
    assert len(profile.rules) > 150
    assert list(profile.flows) == ["A", "B", "C", "D", "E"]


def test_every_rule_can_be_cited_and_shown(profile: Profile) -> None:
    for rule in profile.rules:
        assert rule.source.document in profiles.documents(), rule.id
        assert f"group.{rule.group}" in catalogue(), rule.id
        assert rule.says.fr != rule.says.en, rule.id


def test_an_unknown_profile_says_which_there_are() -> None:
    with pytest.raises(HarnessError, match="livre-blanc-2024"):
        profiles.load("livre-blanc-2025")


def test_a_mapping_narrows_the_places_of_an_element(tmp_path: Path) -> None:
    file = tmp_path / "site.yaml"
    file.write_text("elements:\n  accession-number:\n    places: [OBR-20]\n", encoding="utf-8")
    assert profiles.load("livre-blanc-2024", file).elements["accession-number"].places == (
        "OBR-20",
    )


def test_a_mapping_with_an_unknown_element_is_refused_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "site.yaml"
    file.write_text("elements:\n  accesion:\n    places: [OBR-20]\n", encoding="utf-8")
    with pytest.raises(HarnessError) as wrong:
        profiles.load("livre-blanc-2024", file)
    assert wrong.value.line == 3


@pytest.mark.parametrize("name", ["cda-header.sch", "cda-authorship.sch"])
def test_lxml_runs_our_schematron_as_it_stands_and_agrees(
    name: str, profile: Profile, case: Case
) -> None:
    """Same failed asserts on good documents and on damaged ones."""
    file = data.path("schematron", name)
    iso = isoschematron.Schematron(etree.parse(str(file)), store_report=True)
    ids = set(re.findall(r'assert id="([^"]+)"', file.read_text(encoding="utf-8")))
    tried = failed = 0
    for document, kind in ((cda_report.report(case), "CR"), (cda_request.request(case), "DA")):
        if name == "cda-authorship.sch" and kind == "DA":
            continue
        for raw in (document, *_damaged(document)):
            iso.validate(etree.ElementTree(etree.fromstring(raw)))
            asserts = iso.validation_report.findall(".//{*}failed-assert")
            theirs = sorted(one.get("id") for one in asserts)
            outcomes = profile.judge(Subject(kind, document=Document.parse(raw)))
            ours = sorted(o.rule.id for o in outcomes if o.rule.id in ids for _ in o.findings)
            assert ours == theirs
            tried += 1
            failed += len(ours)
    assert tried > 20
    assert failed > 5


def _damaged(document: bytes) -> list[bytes]:
    """The document without each child of its root, and with the attributes of each child gone."""
    copies = []
    for number in range(len(etree.fromstring(document))):
        root = etree.fromstring(document)
        root.remove(root[number])
        copies.append(etree.tostring(root))
        root = etree.fromstring(document)
        for element in root[number].iter():
            element.attrib.clear()
        copies.append(etree.tostring(root))
    return copies


def test_our_own_documents_pass(profile: Profile, case: Case) -> None:
    for raw, kind in ((cda_report.report(case), "CR"), (cda_request.request(case), "DA")):
        outcomes = profile.judge(Subject(kind, document=Document.parse(raw)))
        assert [o.rule.id for o in outcomes if o.verdict > Verdict.PASS] == []


def test_a_retired_id_is_listed_and_never_taken_again(profile: Profile) -> None:
    assert profiles.retired()
    for name, gone in profiles.retired().items():
        assert profile.rule(name) is None
        assert not gone.instead or profile.rule(gone.instead)
