"""Plays in which documents live or several conversations go on, a real system on one side."""

from dataclasses import replace

import pytest
from memory import Wire, broken, sent

from harness.rules.profile import Profile
from harness.rules.rule import Verdict
from harness.rules.transmitted import document_of
from harness.show.runs.session import concordance_of
from harness.sim.actor import Actor, Conversation
from harness.sim.case import Case
from harness.sim.events import Answered, Deliver, Received, Reply
from harness.sim.form import Form
from harness.sim.generate import cases, messages
from harness.sim.generate.documents import succeeded
from harness.sim.play import Play, Setting, cases_of
from harness.sim.scenario import Scenario
from harness.wire.edit import Edit, apply
from harness.wire.er7 import Message
from harness.wire.transcript import Record

D = "/cda:ClinicalDocument"
TWINS = {"anna": {"case": "ct-brain"}, "lea": {"twin": "anna"}}


def make(*steps: dict[str, object], **content: object) -> Scenario:
    words = {"fr": "Essai", "en": "Test"}
    return Scenario.model_validate({"scenario": "test", "title": words, "steps": steps, **content})


def as_ris(setting: Setting, *steps: dict[str, object]) -> Play:
    """We are the RIS; the platform is real."""
    return Play(make(*steps), replace(setting, simulated=frozenset({"ris"})))


class Platform:
    """A real platform: its own case, its own conversation, messages as it likes."""

    def __init__(self, profile: Profile, case: Case) -> None:
        self.actor = Actor("platform", profile, case)
        self.talk = Conversation(case)
        self.at = case.order.placed

    def report(self, **form: object) -> Message:
        return self.actor.compose_in(self.talk, "E", self.at, Form(**form))  # type: ignore[arg-type]


@pytest.fixture
def platform(setting: Setting) -> Platform:
    return Platform(setting.profile, setting.case)


def received(play: Play, message: Message, now: float = 1.0) -> Message:
    """The answer to a message of the platform."""
    actions = play.handle(Received("ris", "ris-1", message.raw), now)
    assert isinstance(actions[0], Reply)
    return sent(actions[:1])[0]


def steps(*actions: str) -> list[dict[str, object]]:
    return [{"send": "E", "document": {"action": action}} for action in actions]


def of_reports(play: Play) -> list[set[str]]:
    """What is broken in each exchange, but for the flows that were never sent."""
    return [broken(x) - {"X-AFTER-A", "X-AFTER-D"} for x in play.exchanges]


def test_a_real_platform_replaces_and_deletes_its_report(
    setting: Setting, platform: Platform
) -> None:
    play = as_ris(setting, *steps("initial", "replace", "delete"))
    play.start(0.0)
    for action in ("initial", "replace", "delete"):
        assert received(play, platform.report(action=action)).first("MSA-1") == "AA"
    assert play.done
    assert of_reports(play) == [set(), set(), set()]
    known = play.talks[""].documents["E", "first"]
    assert (known.action, known.identity.version) == ("delete", 2)


def test_a_replacement_of_what_was_never_sent_is_reported(
    setting: Setting, platform: Platform
) -> None:
    platform.report()
    play = as_ris(setting, *steps("replace"))
    play.start(0.0)
    received(play, platform.report(action="replace"))
    assert of_reports(play) == [{"TC-REPLACE-SENT"}]
    assert play.done


@pytest.mark.parametrize(
    ("asked", "sent_as", "held"),
    [
        ({"action": "replace"}, {"action": "replace"}, True),
        ({"action": "replace"}, {"action": "delete"}, False),
        ({"action": "replace"}, {"action": "replace", "message": "MDM"}, True),
        ({"action": "delete", "message": "MDM"}, {"action": "delete"}, False),
        ({"charset": "8859/15"}, {"charset": "8859/15"}, True),
        ({"action": "replace", "charset": "8859/15"}, {"action": "replace"}, False),
    ],
)
def test_a_document_sent_otherwise_than_the_step_says_is_told(
    setting: Setting,
    platform: Platform,
    asked: dict[str, str],
    sent_as: dict[str, str],
    held: bool,
) -> None:
    play = as_ris(setting, {"send": "E"}, {"send": "E", "document": asked})
    play.start(0.0)
    received(play, platform.report())
    received(play, platform.report(**sent_as))
    assert ("STEP-EXPECT" not in of_reports(play)[1]) is held


def test_a_document_sent_once_more_is_not_the_next_one(
    setting: Setting, platform: Platform
) -> None:
    """Under another MSH-10, while the step waits for its replacement: told, and waited on."""
    play = as_ris(setting, *steps("initial", "replace"))
    play.start(0.0)
    first = platform.report()
    received(play, first)
    assert received(play, first.with_value("MSH-10", "AGAIN-1")).first("MSA-1") == "AA"
    received(play, platform.report(action="replace"))
    assert play.done
    told = [broken(x) & {"STEP-AGAIN", "STEP-EXPECT"} for x in play.exchanges]
    assert sorted(told, key=len) == [set(), set(), {"STEP-AGAIN"}]


def test_all_that_a_step_expects_is_one_outcome(setting: Setting, platform: Platform) -> None:
    step = {"send": "E", "document": {"action": "delete"}, "expect": {"authors": 5}}
    play = as_ris(setting, step)
    play.start(0.0)
    received(play, platform.report())
    (told,) = [o for o in play.exchanges[0].step_outcomes if o.rule.id == "STEP-EXPECT"]
    assert [f.problem.at.path for f in told.findings] == ["ORC-1", ""]


@pytest.mark.parametrize(
    ("action", "change", "place"),
    [
        ("initial", Edit("set", "ORC-1", "RO"), "OBX^1^11^1"),
        ("initial", Edit("set", "OBX[1]-11", "D"), "OBX^1^11^1"),
        ("replace", Edit("set", "ORC-1", "NW"), "OBX^1^11^1"),
        ("replace", Edit("set", "OBX[1]-11", "F"), "OBX^1^11^1"),
        ("delete", Edit("set", "OBX[1]-11", "C"), "OBX^1^11^1"),
        ("delete", Edit("set", "ORC-1", "RO"), "OBX^1^11^1"),
    ],
)
def test_an_incoherent_action_is_refused_where_it_differs(
    setting: Setting, platform: Platform, action: str, change: Edit, place: str
) -> None:
    play = as_ris(setting, *steps("initial", action))
    play.start(0.0)
    received(play, platform.report())
    answer = received(play, apply(platform.report(action=action), (change,)))
    assert answer.first("MSA-1") == "AE"
    assert place in [node.value for node in answer.at("ERR-2")]
    assert "TC-ACTION" in of_reports(play)[1]


@pytest.mark.parametrize(
    ("action", "event", "place"), [("initial", "T10", "ORC^1^1^1"), ("replace", "T02", "ORC^1^1^1")]
)
def test_an_event_that_is_another_action_is_refused(
    setting: Setting, platform: Platform, action: str, event: str, place: str
) -> None:
    play = as_ris(setting, *steps("initial", action))
    play.start(0.0)
    received(play, platform.report())
    report = platform.report(action=action, message="MDM")
    answer = received(play, apply(report, (Edit("set", "MSH-9.2", event),)))
    assert answer.first("MSA-1") == "AE"
    assert place in [node.value for node in answer.at("ERR-2")]


def test_a_report_without_a_document_teaches_nothing_and_is_refused(
    setting: Setting, platform: Platform
) -> None:
    play = as_ris(setting, *steps("initial", "replace"))
    play.start(0.0)
    bare = platform.report().with_value("OBX[1]-5.5", "")
    assert received(play, bare).first("MSA-1") == "AE"
    assert play.talks[""].documents == {}


def test_who_a_real_ris_names_in_d_signs_the_next_version(
    setting: Setting, journal: list[Record]
) -> None:
    """We are the platform: the second D of the RIS tells of another responsible physician."""
    theirs = cases.make_case("ct-brain", 77, setting.wall())
    talk, ris = Conversation(theirs), Actor("ris", setting.profile, theirs)
    change = {"action": "replace", "change": "responsible"}
    flow = ({"send": "A"}, {"send": "D"}, {"send": "E"}, {"send": "D", "change": "responsible"})
    scenario = make(*flow, {"send": "E", "document": change})
    play = Play(scenario, replace(setting, simulated=frozenset({"platform"})))
    play.start(0.0)
    reports: list[Message] = []
    for number, step in enumerate(flow):
        if step["send"] == "E":
            continue
        if "change" in step:
            talk.case = succeeded(talk.case)
        message = ris.compose_in(talk, str(step["send"]), setting.wall())
        actions = play.handle(Received("platform", "p-1", message.raw), float(number))
        for action in actions:
            if isinstance(action, Deliver):
                (report,) = sent([action])
                reports.append(report)
                ack = messages.acknowledgement(report, setting.wall(), f"R-{number}", "AA")
                play.handle(Answered("platform", "o-1", ack), number + 0.5)
    assert play.done
    assert [broken(x) for x in play.exchanges] == [set()] * 5
    document = document_of(reports[1])
    assert document is not None
    authors = f"{D}/cda:author/cda:assignedAuthor/cda:id/@extension"
    found = [node.value for node in document.at(authors)]
    assert found[1:] == [theirs.responsible.national_id, talk.case.responsible.national_id]
    assert found[0] == setting.case.radiologist.national_id


# -- several conversations --------------------------------------------------------------------


def interleaved(setting: Setting, *more: dict[str, object]) -> Play:
    order = [("A", "anna"), ("A", "lea"), ("D", "lea"), ("D", "anna"), ("E", "lea"), ("E", "anna")]
    scenario = make(*({"send": flow, "for": who} for flow, who in order), *more, cases=TWINS)
    return Play(scenario, replace(setting, cases=cases_of(scenario, 7, setting.wall())))


def test_interleaved_conversations_keep_apart(setting: Setting, journal: list[Record]) -> None:
    play = interleaved(setting)
    Wire({"ris": play, "platform": play}).run()
    assert [(x.flow, x.conversation) for x in play.exchanges][1:3] == [("A", "lea"), ("D", "lea")]
    assert [broken(x) for x in play.exchanges] == [set()] * 6
    assert all(x.verdict is Verdict.PASS for x in play.exchanges)
    for name, talk in play.talks.items():
        assert [subject.kind for subject in talk.subjects] == ["A", "D", "E"]
        patients = {s.carried.first("PID-3[5=INS].1") for s in talk.subjects}
        assert patients == {talk.case.patient.ins}, name
    told = [record.facts.get("conversation") for record in journal if record.kind == "message"]
    assert set(told) == {"anna", "lea"}
    ids = [x.request.message.first("MSH-10") for x in play.exchanges if x.request]
    assert len(set(ids)) == 6


def test_each_conversation_has_its_own_table_of_facts(setting: Setting) -> None:
    play = interleaved(setting)
    Wire({"ris": play, "platform": play}).run()
    tables = list(concordance_of(setting.profile, play.exchanges))
    assert [(table.conversation, table.exchanges) for table in tables] == [
        ("anna", (1, 4, 6)),
        ("lea", (2, 3, 5)),
    ]
    assert all(row.agrees for table in tables for row in table.rows)


def test_a_report_about_the_other_twin_is_found(setting: Setting) -> None:
    """The report of Lea, sent as Anna's: other number, other order, nearly the same name."""
    play = interleaved(setting)
    Wire({"ris": play, "platform": play}).run()
    of_lea, of_anna = play.talks["lea"].subjects, play.talks["anna"].subjects
    report = of_lea[2].carried
    judged, _ = play.judge.message("E", report, "messages/0006-E.er7", earlier=of_anna[:2])
    found = {o.rule.id for o in judged.outcomes if o.verdict is Verdict.FAIL}
    assert {"X-ORDER", "X-PATIENT-DOC"} <= found
