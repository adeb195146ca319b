"""Who is at fault: a defect is its own side's, a refusal is weighed by the reference."""

from dataclasses import replace

import pytest
from memory import Wire

from harness.rules import profile as profiles
from harness.sim import blame, scenario
from harness.sim.blame import Charge, charges
from harness.sim.defects import catalogue as defects
from harness.sim.defects.defect import Defect
from harness.sim.generate import messages
from harness.sim.generate.messages import Refusal
from harness.sim.play import Play, Setting
from harness.sim.record import Exchange
from harness.wire.er7 import Message


def played(setting: Setting, defect: Defect | None = None) -> list[Exchange]:
    ((found, _),) = scenario.find(["lb-nominal-ct-brain"], setting.profile.id)
    play = Play(found, replace(setting, defect=defect))
    Wire({"ris": play, "platform": play}).run()
    return play.exchanges


def answered(setting: Setting, exchange: Exchange, code: str) -> Exchange:
    """The same exchange, had the receiver answered so."""
    assert exchange.request
    assert exchange.request.message
    assert exchange.answer
    why = (Refusal("PID-3", "102", "refused"),) if code != "AA" else ()
    raw = messages.acknowledgement(exchange.request.message, setting.wall(), "X-1", code, why)
    return replace(exchange, answer=replace(exchange.answer, message=Message(raw)))


def sides(found: tuple[Charge, ...]) -> set[str]:
    return {charge.side for charge in found}


@pytest.mark.parametrize("defect", defects.of("livre-blanc-2024"), ids=lambda defect: defect.name)
def test_a_defect_is_blamed_on_the_side_that_has_it(defect: Defect, setting: Setting) -> None:
    found = charges(played(setting, defect), setting.profile)
    first = blame.cause(found)
    assert first
    assert (first.side, first.flow) == (defect.role, defect.flow)
    assert defect.rule in first.rules


def test_nobody_is_blamed_for_a_good_exchange(setting: Setting) -> None:
    assert charges(played(setting), setting.profile) == ()


def test_what_the_reference_accepts_is_refused_by_the_receiver_s_fault(setting: Setting) -> None:
    request = answered(setting, played(setting)[0], "AE")
    (charge,) = charges([request], setting.profile)
    assert (charge.kind, charge.side) == ("refused", "platform")
    assert (charge.said, charge.reference) == ("AE", "AA")


def test_what_the_reference_refuses_is_the_sender_s_fault_though_accepted(setting: Setting) -> None:
    defect = defects.find("wrong-ins-key", setting.profile.id)
    refused = played(setting, defect)[0]
    (right,) = charges([refused], setting.profile)
    assert (right.kind, right.side, right.said) == ("message", "ris", "AE")
    accepted = answered(setting, refused, "AA")
    (charge, *rest) = charges([accepted], setting.profile)
    assert (charge.kind, charge.side, charge.said) == ("accepted", "ris", "AA")
    assert charge.reference == "AE"
    assert {one.kind for one in rest} <= {"missing"}


def test_what_never_came_is_the_fault_of_who_should_have_sent_it(setting: Setting) -> None:
    exchanges = [exchange for exchange in played(setting) if exchange.flow != "E"]
    (charge,) = charges(exchanges, setting.profile)
    assert (charge.kind, charge.side, charge.flow) == ("missing", "platform", "E")


def test_what_was_wrong_on_purpose_is_nobody_s_fault(setting: Setting) -> None:
    ((found, _),) = scenario.find(["lb-neg-ins-key"], setting.profile.id)
    play = Play(found, setting)
    Wire({"ris": play, "platform": play}).run()
    assert charges(play.exchanges, setting.profile) == ()


@pytest.mark.parametrize(
    "name",
    ["tlr-refusal-coded", "tlr-cancellation-after-the-protocol", "tlr-neg-ack-4-error-with-aa"],
)
def test_nothing_is_owed_of_what_is_closed_or_wrong_on_purpose(setting: Setting, name: str) -> None:
    guide = profiles.load("ans-tlr-2026")
    ((found, _),) = scenario.find([name], guide.id)
    play = Play(found, replace(setting, profile=guide))
    Wire({"ris": play, "platform": play}).run()
    assert charges(play.exchanges, guide) == ()
