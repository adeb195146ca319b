"""The life of a request: every state and every event, as the guide's facts have them."""

import pytest

from harness.rules import profile as profiles
from harness.rules.checks.order_state import NEXT, TOLD, state_of
from harness.rules.profile import Profile
from harness.rules.rule import Subject, Verdict
from harness.wire.er7 import Message

FLOW = {"NW": "1", "CA": "2", "OK": "3", "OC": "3", "SR": "4", "request": "B", "report": "E"}
WAY = {
    "NONE": (),
    "REQUESTED": ("NW",),
    "ACCEPTED": ("NW", "OK"),
    "REFUSED": ("NW", "OC"),
    "CANCELLED": ("NW", "CA"),
    "COMPLEMENTED": ("NW", "OK", "SR"),
    "REPORTED": ("NW", "OK", "SR", "report"),
}
E, W, C = Verdict.FAIL, Verdict.WARNING, Verdict.CONTESTED
# state and event: what is told of it; nothing is said of the others
SAID = {
    ("NONE", "CA"): ("TLR-STATE-NONE-CA", E),
    ("NONE", "OK"): ("TLR-STATE-NONE-ANSWER", E),
    ("NONE", "OC"): ("TLR-STATE-NONE-ANSWER", E),
    ("NONE", "SR"): ("TLR-STATE-NONE-SR", E),
    ("NONE", "report"): ("TLR-STATE-NONE-REPORT", E),
    ("NONE", "request"): ("TLR-STATE-NONE-DOCUMENT", W),
    ("REQUESTED", "NW"): ("TLR-STATE-AGAIN", C),
    ("REQUESTED", "SR"): ("TLR-STATE-REQUESTED-SR", C),
    ("REQUESTED", "report"): ("TLR-STATE-REPORT-EARLY", W),
    ("ACCEPTED", "NW"): ("TLR-STATE-AGAIN", C),
    ("ACCEPTED", "OK"): ("TLR-STATE-ACCEPTED-ANSWER", W),
    ("ACCEPTED", "OC"): ("TLR-STATE-ACCEPTED-ANSWER", W),
    ("ACCEPTED", "report"): ("TLR-STATE-REPORT-EARLY", W),
    ("REFUSED", "NW"): ("TLR-STATE-AGAIN", C),
    ("REFUSED", "CA"): ("TLR-STATE-REFUSED-CA", W),
    ("REFUSED", "OK"): ("TLR-STATE-REFUSED-ANSWER", W),
    ("REFUSED", "OC"): ("TLR-STATE-REFUSED-ANSWER", W),
    ("REFUSED", "SR"): ("TLR-STATE-REFUSED-SR", E),
    ("REFUSED", "report"): ("TLR-STATE-REPORT-CLOSED", E),
    ("CANCELLED", "NW"): ("TLR-STATE-AGAIN", C),
    ("CANCELLED", "CA"): ("TLR-STATE-CANCELLED-CA", W),
    ("CANCELLED", "OK"): ("TLR-STATE-CANCELLED-ANSWER", W),
    ("CANCELLED", "OC"): ("TLR-STATE-CANCELLED-ANSWER", W),
    ("CANCELLED", "SR"): ("TLR-STATE-CANCELLED-SR", E),
    ("CANCELLED", "report"): ("TLR-STATE-REPORT-CLOSED", E),
    ("COMPLEMENTED", "NW"): ("TLR-STATE-AGAIN", C),
    ("COMPLEMENTED", "CA"): ("TLR-STATE-COMPLEMENTED-CA", E),
    ("COMPLEMENTED", "OK"): ("TLR-STATE-COMPLEMENTED-ANSWER", W),
    ("COMPLEMENTED", "OC"): ("TLR-STATE-COMPLEMENTED-ANSWER", W),
    ("REPORTED", "NW"): ("TLR-STATE-AGAIN", C),
    ("REPORTED", "CA"): ("TLR-STATE-COMPLEMENTED-CA", E),
    ("REPORTED", "OK"): ("TLR-STATE-COMPLEMENTED-ANSWER", W),
    ("REPORTED", "OC"): ("TLR-STATE-COMPLEMENTED-ANSWER", W),
}


@pytest.fixture(scope="module")
def guide() -> Profile:
    return profiles.load("ans-tlr-2026")


def message(number: int, control: str, order: str = "OPN^^1.2.3^ISO", study: str = "") -> Message:
    control = control if len(control) == 2 else "NW"
    lines = [
        rf"MSH|^~\&|A|B|C|D|20260105100000||ORM^O01|M{number}|T|2.5.1",
        f"ORC|{control}|{order}",
        f"IPC|A||{study or f'1.2.{number}'}",
    ]
    return Message("".join(f"{line}\r" for line in lines).encode())


def subject(events: tuple[str, ...], *, recorded: bool = True) -> Subject:
    """The last event, after the others."""
    made = [
        Subject(FLOW[event], message(number, event), recorded=recorded)
        for number, event in enumerate(events)
    ]
    return Subject(made[-1].kind, made[-1].message, earlier=tuple(made[:-1]), recorded=recorded)


def told(guide: Profile, given: Subject) -> list[tuple[str, Verdict]]:
    found = guide.judge(given)
    return [(o.rule.id, o.verdict) for o in found if o.findings and "-STATE-" in o.rule.id]


@pytest.mark.parametrize("state", WAY)
def test_a_state_is_reached(state: str) -> None:
    given = subject((*WAY[state], "NW"))
    assert state_of(given, ("OPN", "1.2.3")) == state


@pytest.mark.parametrize("state", WAY)
@pytest.mark.parametrize("event", FLOW)
def test_every_event_in_every_state(state: str, event: str, guide: Profile) -> None:
    wanted = [SAID[state, event]] if (state, event) in SAID else []
    assert told(guide, subject((*WAY[state], event))) == wanted


def test_the_tables_agree() -> None:
    assert set(SAID) == set(TOLD)
    assert set(NEXT) == set(WAY)
    assert not [(state, event) for state in NEXT for event in NEXT[state] if (state, event) in TOLD]


def test_nothing_is_said_of_what_came_before_the_recording(guide: Profile) -> None:
    assert told(guide, subject(("SR",), recorded=False)) == []


def test_another_number_is_another_request(guide: Profile) -> None:
    first = Subject("1", message(1, "NW", "OTHER^^1.2.3^ISO"))
    same = Subject("1", message(2, "NW"), earlier=(first,))
    assert told(guide, same) == []
    again = Subject("1", message(2, "NW", "OTHER^^1.2.3^ISO"), earlier=(first,))
    assert [rule for rule, _ in told(guide, again)] == ["TLR-STATE-AGAIN"]


def test_another_authority_is_another_request(guide: Profile) -> None:
    first = Subject("1", message(1, "NW", "OPN^^9.9.9^ISO"))
    assert told(guide, Subject("1", message(2, "NW"), earlier=(first,))) == []


def test_a_second_complement_is_about_other_studies(guide: Profile) -> None:
    way = subject((*WAY["COMPLEMENTED"], "SR"))
    assert told(guide, way) == []
    study = Subject("4", message(9, "SR", study="1.2.2"), earlier=way.earlier, recorded=True)
    assert told(guide, study) == [("TLR-STATE-SR-STUDY", W)]


def test_the_chosen_reading_lets_an_unanswered_act_be_complemented() -> None:
    lax = profiles.load("ans-tlr-2026", readings=(("H3", "performed"),))
    strict = profiles.load("ans-tlr-2026", readings=(("H3", "accepted"),))
    given = subject(("NW", "SR"))
    assert told(lax, given) == []
    assert told(strict, given) == [("TLR-STATE-REQUESTED-SR", E)]
