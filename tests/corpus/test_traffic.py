"""Generated traffic: what is right raises nothing, what is wrong breaks the rule that it is for."""

from datetime import datetime
from itertools import islice

import pytest
from packing import as_rows

from harness.rules import profile as profiles
from harness.rules.profile import Profile
from harness.show.checking import Asked
from harness.show.corpus import rows
from harness.show.corpus.pieces import Piece
from harness.sim import traffic
from harness.sim.defects import catalogue
from harness.wire.er7 import Message

GUIDES = ["livre-blanc-2024", "ans-tlr-2026"]


def made(profile: Profile, share: float, count: int, clock: datetime) -> list[traffic.Sent]:
    return list(islice(traffic.messages(profile, 8, clock, share), count))


@pytest.mark.parametrize("guide", GUIDES)
def test_traffic_without_defects_conforms(guide: str, clock: datetime) -> None:
    profile = profiles.load(guide)
    for sent in made(profile, 0.0, 30, clock):
        (row,) = as_rows(rows.of(Piece(sent.name, sent.raw), Asked(profile)))
        assert (row["verdict"], row["kind"]) == ("pass", sent.flow), row


@pytest.mark.parametrize("guide", GUIDES)
def test_each_defect_is_found(guide: str, clock: datetime) -> None:
    profile = profiles.load(guide)
    wrong = [sent for sent in made(profile, 1.0, 40, clock) if sent.defect]
    assert len({sent.defect for sent in wrong}) > 5
    for sent in wrong:
        piece = Piece(sent.name, sent.raw, flow=sent.flow)
        broken = {row["rule"] for row in as_rows(rows.of(piece, Asked(profile)))}
        rule = catalogue.find(sent.defect, guide).rule
        compares = rule.removeprefix("TLR-").startswith("X-")  # with messages that came before
        assert compares or {rule, f"{rule}-FILE"} & broken, (sent.name, broken)


def test_the_same_seed_gives_the_same_and_more_begins_alike(
    profile: Profile, clock: datetime
) -> None:
    few, many = (made(profile, 0.5, count, clock) for count in (7, 12))
    assert few == many[:7]
    other = islice(traffic.messages(profile, 9, clock, 0.5), 7)
    assert [one.raw for one in other] != [one.raw for one in few]


def test_control_ids_differ(profile: Profile, clock: datetime) -> None:
    messages = [Message(sent.raw) for sent in made(profile, 0.0, 60, clock)]
    told = [(m.first("MSH-3"), m.first("MSH-4"), m.first("MSH-10")) for m in messages]
    assert len(set(told)) == len(told)
    assert max(len(number) for *_, number in told) <= 20
