from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from lxml import etree, isoschematron

from harness import data
from harness.errors import HarnessError
from harness.rules import profile as profiles
from harness.rules.profile import Profile
from harness.rules.rule import Rule, Subject, Verdict, evaluate
from harness.sim.case import Case
from harness.sim.generate import cda_report, cda_request
from harness.sim.selfcheck import documents
from harness.sim.selfcheck.bases import Base, bases
from harness.text import catalogue
from harness.wire.cda import Document
from harness.wire.edit import Edit, apply_to_document


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
    assert (wrong.value.line, wrong.value.column) == (2, 3)


SCHEMATRON = sorted(file.name for file in data.path("schematron").glob("*.sch"))


@pytest.mark.parametrize("name", SCHEMATRON)
def test_lxml_runs_our_schematron_as_it_stands_and_agrees(name: str, profile: Profile) -> None:
    """Same failed asserts on good documents, and on one that breaks each rule."""
    file = data.path("schematron", name)
    iso = isoschematron.Schematron(etree.parse(str(file)), store_report=True)
    rules = [rule for rule in profile.rules if rule.origin.partition(":")[0] == name]
    failed = set[str]()
    for kind, raw in _documents(rules, profile):
        iso.validate(etree.ElementTree(etree.fromstring(raw)))
        asserts = iso.validation_report.findall(".//{*}failed-assert")
        theirs = sorted(one.get("id") for one in asserts)
        subject = Subject(kind, document=Document.parse(raw))
        ours = [(rule.id, evaluate(rule, subject).findings) for rule in rules]
        assert sorted(rule for rule, found in ours for _ in found) == theirs
        failed |= set(theirs)
    assert failed == {rule.id for rule in rules}


def _documents(rules: Sequence[Rule], profile: Profile) -> Iterator[tuple[str, bytes]]:
    kinds = {kind for rule in rules for kind in rule.kinds}
    made = [base for kind in ("CR", "DA") if kind in kinds for base in bases(profile)[kind]]
    for base in made:
        yield base.subject.kind, _raw(base)
    for rule in rules:
        found = (_bad(rule, base) for base in made if base.subject.kind in rule.kinds)
        yield next(document for document in found if document)


def _raw(base: Base) -> bytes:
    return base.subject.document.raw if base.subject.document else b""


def _bad(rule: Rule, base: Base) -> tuple[str, bytes] | None:
    """The document of a base with what breaks the rule; None where it cannot be broken."""
    change = None if rule.mutants else documents.first_change(rule, base)
    for edits in rule.mutants or (((change,),) if change else ()):
        with suppress(HarnessError):
            raw = apply_to_document(_raw(base), (*rule.given, *_by_place(edits)))
            if evaluate(rule, Subject(base.subject.kind, document=Document.parse(raw))).findings:
                return base.subject.kind, raw
    return None


def _by_place(edits: Sequence[Edit]) -> Iterator[Edit]:
    """The places of the self-check's own changes carry no prefix."""
    for edit in edits:
        steps = [
            step if not step or step[0] in "@*." or ":" in step else f"cda:{step}"
            for step in edit.place.split("/")
        ]
        bare = edit.in_document and "cda:" not in edit.place
        yield replace(edit, place="/".join(steps)) if bare else edit


def test_our_own_documents_pass(profile: Profile, case: Case) -> None:
    for raw, kind in ((cda_report.report(case), "CR"), (cda_request.request(case), "DA")):
        outcomes = profile.judge(Subject(kind, document=Document.parse(raw)))
        assert [o.rule.id for o in outcomes if o.verdict > Verdict.PASS] == []


def test_a_retired_id_is_listed_and_never_taken_again(profile: Profile) -> None:
    assert profiles.retired()
    for name, gone in profiles.retired().items():
        assert profile.rule(name) is None
        assert not gone.instead or profile.rule(gone.instead)
