"""What a received document teaches: which one it is, who answers for it. Nothing is raised."""

from dataclasses import replace
from datetime import datetime, timedelta

import pybase64
import pytest

from harness.rules.profile import Profile
from harness.sim.actor import Actor, Conversation
from harness.sim.case import Case
from harness.sim.form import Form
from harness.sim.generate import cases
from harness.sim.learning.documents import learn_document, order_of, versions_of
from harness.wire.edit import Edit, apply
from harness.wire.er7 import Message

CLOCK = datetime.fromisoformat("2026-01-05T10:00:00+01:00")
D = "/cda:ClinicalDocument"


@pytest.fixture
def theirs() -> Case:
    return cases.make_case("mr-brain", 41, CLOCK + timedelta(minutes=7))


@pytest.fixture
def ours() -> Case:
    return cases.make_case("ct-brain", 5, CLOCK)


def said(profile: Profile, case: Case, flow: str, *forms: Form) -> Message:
    """The last of these messages of one conversation."""
    talk = Conversation(case)
    actor = Actor(profile.flow(flow).sender, profile, case)
    return [actor.compose_in(talk, flow, CLOCK, form) for form in forms or (Form(),)][-1]


@pytest.mark.parametrize("level", ["1", "3", "both"])
def test_a_report_teaches_which_version_it_is_and_its_people(
    profile: Profile, theirs: Case, ours: Case, level: str
) -> None:
    forms = Form(level=level), Form(action="replace", change="responsible")
    message = said(profile, theirs, "E", *forms)
    found = learn_document(ours, "CR", message)
    assert found is not None
    case, version = found
    assert version.identity.set_id == theirs.report_document.set_id
    assert (version.identity.version, version.action, version.level) == (2, "replace", level)
    assert version.identity.replaces == theirs.report_document.id
    assert len(version.documents) == (2 if level == "both" else 1)
    assert case.radiologist.national_id == theirs.radiologist.national_id
    names = [signature.who.national_id for signature in version.signatures]
    assert names[0] == theirs.responsible.national_id
    assert case.responsible.national_id == names[1] != names[0]
    assert case.responsible.organization.national_id == theirs.site.national_id


def test_authors_keep_their_order_whoever_signs(profile: Profile, theirs: Case, ours: Case) -> None:
    """The first physician came back: he signs, and stays before the one who came after him."""
    talk, actor = Conversation(theirs), Actor("platform", profile, theirs)
    actor.compose_in(talk, "E", CLOCK)
    actor.compose_in(talk, "E", CLOCK, Form(action="replace", change="responsible"))
    second = talk.case.responsible
    talk.case = replace(talk.case, responsible=theirs.responsible)
    found = learn_document(
        ours, "CR", actor.compose_in(talk, "E", CLOCK, Form(action="replace", change="text"))
    )
    assert found is not None
    names = [signature.who.national_id for signature in found[1].signatures]
    assert names == [theirs.responsible.national_id, second.national_id]
    assert found[0].responsible.national_id == names[0]


def test_a_request_teaches_its_author(profile: Profile, theirs: Case, ours: Case) -> None:
    found = learn_document(ours, "DA", said(profile, theirs, "B"))
    assert found is not None
    assert found[0].requester.family == theirs.requester.family
    assert found[0].responsible == ours.responsible
    assert found[1].identity == replace(theirs.request_document, created=found[1].identity.created)


@pytest.mark.parametrize("action", ["replace", "delete"])
@pytest.mark.parametrize("message", ["ORU", "MDM"])
def test_what_follows_names_the_document_that_was_received(
    profile: Profile, theirs: Case, ours: Case, action: str, message: str
) -> None:
    """A simulated side takes over from a real one: judged with what came before, all is right."""
    talk, platform = Conversation(ours), Actor("platform", profile, ours)
    before = [Actor("ris", profile, theirs).compose(flow, theirs, CLOCK) for flow in ("A", "D")]
    for flow, one in (*zip("AD", before, strict=True), ("E", said(profile, theirs, "E"))):
        talk.subjects += (profile.subject(flow, one, earlier=talk.subjects),)
        platform.learn(talk, flow, one)
    answer = platform.compose_in(talk, "E", CLOCK, Form(action=action, message=message))
    subject = replace(profile.subject("E", answer, earlier=talk.subjects), recorded=True)
    broken = {o.rule.id for o in profile.judge(subject) if o.findings}
    assert broken <= {"LB-E-ORU"}
    assert subject.document is not None
    path = "relatedDocument/cda:parentDocument/cda:id" if action == "replace" else "id"
    assert subject.document.first(f"{D}/cda:{path}/@root") == theirs.report_document.id
    if action == "delete":
        received = said(profile, theirs, "E").node("OBX[1]-5.5").data
        assert answer.node("OBX[1]-5.5").data == received


def test_an_id_with_an_extension_is_kept_as_it_is(
    profile: Profile, theirs: Case, ours: Case
) -> None:
    message = said(profile, theirs, "E")
    edits = (
        Edit("set", f"{D}/cda:id/@extension", "58132"),
        Edit("set", f"{D}/cda:setId/@extension", "58100"),
    )
    found = learn_document(ours, "CR", apply(message, edits))
    assert found is not None
    case, version = found
    talk = Conversation(case, documents={("E", "first"): version})
    platform = Actor("platform", profile, case)
    after = platform.compose_in(talk, "E", CLOCK, Form(action="replace", message="MDM"))
    root = theirs.report_document.id
    assert after.node("TXA-13").value == f"58132^^{root}^ISO"
    document = profile.subject("E", after).document
    assert document is not None
    parent = f"{D}/cda:relatedDocument/cda:parentDocument/cda:id"
    assert [document.first(f"{parent}/@{name}") for name in ("root", "extension")] == [
        root,
        "58132",
    ]
    assert document.first(f"{D}/cda:setId/@extension") == "58100"


@pytest.mark.parametrize(
    "content",
    ["", "PD94bWw*", "JVBERi0xLjcKJSVFT0YK", pybase64.b64encode_as_string(b"<a/>")],
    ids=["none", "no base64", "a PDF", "no CDA"],
)
def test_what_is_no_document_teaches_nothing(
    profile: Profile, theirs: Case, ours: Case, content: str
) -> None:
    message = said(profile, theirs, "E").with_value("OBX[1]-5.5", content)
    assert learn_document(ours, "CR", message) is None
    assert versions_of(message) == ()
    assert order_of(message) == ""


@pytest.mark.parametrize(
    "place",
    ["id", "setId", "versionNumber", "effectiveTime", "author", "legalAuthenticator", "custodian"],
)
def test_what_a_document_does_not_say_stays_as_it_was(
    profile: Profile, theirs: Case, ours: Case, place: str
) -> None:
    message = apply(said(profile, theirs, "E"), (Edit("remove", f"{D}/cda:{place}"),))
    found = learn_document(ours, "CR", message)
    assert found is not None
    case, version = found
    known = {
        "id": version.identity.id == ours.report_document.id,
        "setId": version.identity.set_id == ours.report_document.set_id,
        "versionNumber": version.identity.version == 1,
        "effectiveTime": version.identity.created == ours.report_document.created,
        "author": case.radiologist == ours.radiologist,
        "legalAuthenticator": case.responsible == ours.responsible,
    }
    assert {name for name, kept in known.items() if kept} - {"versionNumber"} == (
        {place} & set(known) - {"versionNumber"}
    )
    platform = Actor("platform", profile, case)
    talk = Conversation(case, documents={("E", "first"): version})
    assert platform.compose_in(talk, "E", CLOCK, Form(action="replace")).first("ORC-1") == "RO"


def test_a_document_tells_its_order_and_the_versions_it_belongs_to(
    profile: Profile, theirs: Case
) -> None:
    report = said(profile, theirs, "E", Form(), Form(action="replace"))
    request = said(profile, theirs, "B")
    assert order_of(report) == order_of(request) == theirs.order.placer_number.value
    assert versions_of(report)[0] == theirs.report_document.set_id
    assert versions_of(report)[2] == theirs.report_document.id
    assert versions_of(request) == (theirs.request_document.set_id, theirs.request_document.id)
