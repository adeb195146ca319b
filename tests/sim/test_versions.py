"""Documents that live: first version, replacement, deletion; who answers for them; what carries
them. Generated ones deserve no finding.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

import pybase64
import pytest

from harness.rules.profile import Profile
from harness.rules.rule import Outcome, Subject
from harness.sim.actor import Actor, Conversation
from harness.sim.form import CHANGES, LEVELS, Form
from harness.sim.generate import cases
from harness.sim.generate.documents import next_version, succeeded
from harness.wire.cda import Document
from harness.wire.er7 import Message

CLOCK = datetime.fromisoformat("2026-01-05T10:00:00+01:00")
FLOWS = {"B": "DA", "E": "CR"}
# said on purpose by the profile: both are shown, neither is a fault of what is generated
MDM = {"LB-B-ORU", "LB-E-ORU"}
every_flow = pytest.mark.parametrize("flow", FLOWS)


class Talk:
    """One conversation in which messages are composed and judged, A and D first."""

    def __init__(self, profile: Profile, name: str = "ct-brain", seed: int = 7) -> None:
        case = cases.make_case(name, seed, CLOCK)
        self.profile = profile
        self.actors = {role: Actor(role, profile, case) for role in ("ris", "platform")}
        self.talk = Conversation(case)
        self.outcomes: list[tuple[Outcome, ...]] = []
        self.say("A")
        self.say("D")

    def say(self, flow: str, **form: object) -> Subject:
        actor = self.actors[self.profile.flow(flow).sender]
        message = actor.compose_in(self.talk, flow, CLOCK, Form(**form))  # type: ignore[arg-type]
        made = self.profile.subject(flow, message, earlier=self.talk.subjects, on_wire=True)
        subject = replace(made, recorded=True)
        self.talk.subjects += (subject,)
        self.outcomes.append(self.profile.judge(subject))
        return subject

    @property
    def broken(self) -> set[str]:
        return {o.rule.id for some in self.outcomes for o in some if o.findings}


@pytest.fixture
def talk(profile: Profile) -> Talk:
    return Talk(profile)


def header(subject: Subject) -> Mapping[str, str]:
    return facts(subject.document)


def facts(document: Document | None) -> Mapping[str, str]:
    assert document is not None
    root = "/cda:ClinicalDocument"
    parent = f"{root}/cda:relatedDocument[@typeCode='RPLC']/cda:parentDocument"
    return {
        "id": document.first(f"{root}/cda:id/@root"),
        "set": document.first(f"{root}/cda:setId/@root"),
        "version": document.first(f"{root}/cda:versionNumber/@value"),
        "time": document.first(f"{root}/cda:effectiveTime/@value"),
        "parent": document.first(f"{parent}/cda:id/@root"),
        "parent version": document.first(f"{parent}/cda:versionNumber/@value"),
        "responsible": document.first(f"{root}/cda:legalAuthenticator//cda:id/@extension"),
    }


def authors(subject: Subject) -> list[str]:
    assert subject.document
    path = "/cda:ClinicalDocument/cda:author/cda:assignedAuthor/cda:id/@extension"
    return [node.value for node in subject.document.at(path)]


def carried(message: Message) -> list[bytes]:
    """The bytes of every document of a message."""
    found = []
    for number in range(1, len(message.named("OBX")) + 1):
        if message.first(f"OBX[{number}]-2") == "ED":
            found.append(pybase64.b64decode(message.node(f"OBX[{number}]-5.5").data))
    return found


# -- versions ---------------------------------------------------------------------------------


@every_flow
def test_a_replacement_is_the_next_version_of_the_same_set(talk: Talk, flow: str) -> None:
    first, second, third = (
        header(talk.say(flow, action=action)) for action in ("initial", "replace", "replace")
    )
    assert [one["version"] for one in (first, second, third)] == ["1", "2", "3"]
    assert first["set"] == second["set"] == third["set"]
    assert len({one["id"] for one in (first, second, third)} | {first["set"]}) == 4
    assert first["parent"] == ""
    assert (second["parent"], second["parent version"]) == (first["id"], "1")
    assert (third["parent"], third["parent version"]) == (second["id"], "2")
    assert first["time"] < second["time"] < third["time"]
    assert talk.broken == set()


@every_flow
def test_a_deletion_carries_the_latest_version_to_the_byte(talk: Talk, flow: str) -> None:
    talk.say(flow)
    latest, deleted = talk.say(flow, action="replace"), talk.say(flow, action="delete")
    assert carried(latest.carried) == carried(deleted.carried)
    assert talk.broken == set()


@pytest.mark.parametrize(("flow", "kind"), FLOWS.items())
def test_every_change_changes_the_document_and_deserves_no_finding(
    profile: Profile, flow: str, kind: str
) -> None:
    for change in CHANGES[kind]:
        talk = Talk(profile)
        first = talk.say(flow)
        if change == "responsible":
            _take_over(talk)
        second = talk.say(flow, action="replace", change=change)
        assert carried(first.carried) != carried(second.carried)
        assert talk.broken == set(), change


def test_corrections_add_up(talk: Talk) -> None:
    talk.say("E")
    texts = [b"".join(carried(talk.say("E", action="replace").carried)) for _ in range(2)]
    assert [text.count(b"Correction 1") for text in texts] == [1, 1]
    assert [text.count(b"Correction 2") for text in texts] == [0, 1]


def test_a_hidden_report_stays_hidden_and_says_once_that_it_changed(talk: Talk) -> None:
    talk.say("E")
    hidden = talk.say("E", action="replace", change="visibility").carried
    later = talk.say("E", action="replace").carried
    assert [m.first("OBX[3.1=INVISIBLE_PATIENT]-5.1") for m in (hidden, later)] == ["Y", "Y"]
    assert [m.first("OBX[3.1=MODIF_CONF_CODE]-5.1") for m in (hidden, later)] == ["Y", "N"]


def test_two_reports_of_one_request_are_two_documents(talk: Talk) -> None:
    one, other = talk.say("E"), talk.say("E", name="second")
    assert header(one)["set"] != header(other)["set"]
    assert header(one)["id"] != header(other)["id"]
    path = "//cda:section/cda:id/@root"
    parts = [{n.value for n in s.document.at(path)} for s in (one, other) if s.document]
    assert parts[0].isdisjoint(parts[1])
    replaced = header(talk.say("E", name="second", action="replace"))
    assert replaced["parent"] == header(other)["id"]
    assert talk.broken == set()


def test_a_report_that_begins_with_its_second_version_is_sent_as_a_replacement(
    profile: Profile,
) -> None:
    report = Talk(profile, "mr-brain-addendum").say("E")
    assert header(report)["version"] == "2"
    assert (report.carried.first("ORC-1"), report.carried.first("OBX[1]-11")) == ("RO", "C")


@pytest.mark.parametrize("action", ["replace", "delete"])
def test_without_a_version_before_one_is_imagined(talk: Talk, action: str) -> None:
    found = header(talk.say("E", action=action))
    first = talk.talk.case.report_document
    assert found["set"] == first.set_id
    assert found["parent" if action == "replace" else "id"] == first.id


# -- who answers for it -----------------------------------------------------------------------


def _take_over(talk: Talk) -> str:
    """Message D tells of another responsible physician; his number."""
    talk.talk.case = succeeded(talk.talk.case)
    talk.say("D")
    return talk.talk.case.responsible.national_id


def test_who_was_responsible_stays_an_author(talk: Talk) -> None:
    first = authors(talk.say("E"))
    for _ in range(2):
        new = _take_over(talk)
        report = talk.say("E", action="replace", change="responsible")
        first = [*first, new]
        assert authors(report) == first
        assert header(report)["responsible"] == new
    assert len(set(first)) == 4
    assert talk.broken == set()


def test_nobody_told_somebody_new_is_drawn_and_stays(talk: Talk) -> None:
    before = authors(talk.say("E"))
    changed = talk.say("E", action="replace", change="responsible")
    later = talk.say("E", action="replace")
    assert authors(changed)[:2] == before
    assert authors(later) == authors(changed)
    assert talk.talk.case.responsible.national_id == authors(changed)[2]


def test_a_physician_who_comes_back_is_named_once_in_the_old_place(talk: Talk) -> None:
    was = talk.talk.case.responsible
    before = authors(talk.say("E"))
    between = authors(talk.say("E", action="replace", change="responsible"))
    talk.talk.case = replace(talk.talk.case, responsible=was)
    back = talk.say("E", action="replace", change="responsible")
    assert authors(back) == between
    assert header(back)["responsible"] == before[1]
    third = talk.say("E", action="replace", change="responsible")
    assert authors(third) == between
    assert header(third)["responsible"] == between[2]


def test_a_withdrawal_by_a_new_physician_names_the_former_one(talk: Talk) -> None:
    """White paper, chapter 2: the same version, with the new physician among its authors."""
    talk.say("E")
    first = talk.say("E", action="replace")
    new = _take_over(talk)
    deleted = talk.say("E", action="delete", change="responsible")
    assert authors(deleted) == [*authors(first), new]
    same = ("id", "set", "version", "parent", "time")
    assert [header(deleted)[key] for key in same] == [header(first)[key] for key in same]
    assert talk.broken == set()


# -- what carries it --------------------------------------------------------------------------


@every_flow
@pytest.mark.parametrize("message", ["ORU", "MDM"])
@pytest.mark.parametrize(
    ("action", "triple"),
    [("initial", "T02 NW F"), ("replace", "T10 RO C"), ("delete", "T04 CA D")],
)
def test_event_control_and_status_say_the_same_action(
    talk: Talk, flow: str, message: str, action: str, triple: str
) -> None:
    talk.say(flow)
    found = talk.say(flow, action=action, message=message).carried
    event, control, status = triple.split()
    wanted = event if message == "MDM" else "R01"
    assert (found.first("MSH-9.1"), found.first("MSH-9.2")) == (message, wanted)
    assert (found.first("ORC-1"), found.first("OBX[1]-11")) == (control, status)
    assert found.first("OBX[2]-11") == "F"
    assert talk.broken <= MDM


def test_an_mdm_names_the_document_and_the_one_it_replaces(talk: Talk) -> None:
    first = talk.say("E", message="MDM")
    second = talk.say("E", message="MDM", action="replace")
    deleted = talk.say("E", message="MDM", action="delete")
    for subject in (first, second, deleted):
        assert subject.carried.first("TXA-12") == header(subject)["id"]
        assert subject.carried.first("MSH-12") == "2.6"
        assert subject.carried.first("OBX[1]-5.2") == "text"
        assert subject.carried.first("OBX[2]-2") == "CWE"
    parents = [subject.carried.first("TXA-13") for subject in (first, second, deleted)]
    assert parents == ["", header(first)["id"], ""]


@pytest.mark.parametrize("name", ["ct-brain", "us-abdomen", "mg-screening", "pt-lung"])
@pytest.mark.parametrize("level", LEVELS["CR"])
def test_every_level_lives_without_a_finding(profile: Profile, name: str, level: str) -> None:
    talk = Talk(profile, name)
    for action in ("initial", "replace", "delete"):
        report = talk.say("E", level=level if action == "initial" else "", action=action)
        bodies = [b"nonXMLBody" in document for document in carried(report.carried)]
        assert bodies == {"1": [True], "3": [False], "both": [False, True]}[level]
    assert talk.broken == set()


def test_two_levels_are_two_documents_that_live_together(talk: Talk) -> None:
    pairs = []
    for action in ("initial", "replace"):
        report = talk.say("E", level="both", action=action).carried
        pairs.append([facts(Document.parse(raw)) for raw in carried(report)])
    (first, second), (first_after, second_after) = pairs
    assert first["set"] != second["set"]
    assert (first_after["parent"], second_after["parent"]) == (first["id"], second["id"])


@every_flow
def test_a_message_in_latin_9_says_so_and_its_document_stays_utf_8(talk: Talk, flow: str) -> None:
    subject = talk.say(flow, charset="8859/15")
    assert subject.carried.declared_charset == "8859/15"
    assert "Masqué".encode("iso8859-15") in subject.carried.raw
    assert b'encoding="UTF-8"' in carried(subject.carried)[0][:60].replace(b"'", b'"')
    assert talk.broken == set()


@pytest.mark.parametrize(("flow", "level"), [("B", "3"), ("E", "3"), ("E", "1")])
def test_a_document_of_five_megabytes_lives(talk: Talk, flow: str, level: str) -> None:
    size = 5_000_000
    for action in ("initial", "replace"):
        subject = talk.say(flow, action=action, level=level, size=size)
        (document,) = carried(subject.carried)
        content = facts_of_media(document)
        assert content.startswith(b"%PDF")
        assert size <= len(content) < size + 10_000
    assert talk.broken == set()


def facts_of_media(document: bytes) -> bytes:
    """What is attached, decoded: the largest base64 of the document."""
    found = Document.parse(document).at("//*[@representation='B64']")
    return pybase64.b64decode(max((node.value for node in found), key=len))


def test_the_same_conversation_gives_the_same_bytes(profile: Profile) -> None:
    steps = [{}, {"action": "replace", "change": "responsible"}, {"name": "second", "size": 99_999}]
    runs = []
    for _ in range(2):
        talk = Talk(profile)
        runs.append([talk.say("E", **form).carried.raw for form in steps])
    assert runs[0] == runs[1]


def test_only_a_new_version_needs_a_case_to_change(talk: Talk) -> None:
    case = talk.talk.case
    for action in ("initial", "replace", "delete"):
        assert next_version(case, "CR", Form(action=action), CLOCK, None)[0] is case
