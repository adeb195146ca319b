"""What the parts of the HTML report are made of: scores, drawings, wire log, details, the guide."""

from dataclasses import replace

from harness.rules import coverage
from harness.rules.profile import Profile
from harness.rules.rule import Level, Verdict
from harness.show.pages import detail, drawing, guided, scores, wirelog
from harness.show.ranking import every_outcome, findings_in_order
from harness.show.report import Report


def test_every_check_counts_for_one_flow(faulty: Report) -> None:
    flows = scores.by_flow(faulty)
    assert [flow.flow for flow in flows] == list("ABCDE")
    assert [flow.verdict for flow in flows] == [Verdict.PASS] * 4 + [Verdict.FAIL]
    made = sum(s.total + s.not_applicable + s.not_tested for f in flows for s in f.levels)
    assert made == len(list(every_outcome(faulty)))
    must = next(score for score in flows[-1].levels if score.level is Level.MUST)
    assert must.total - must.kept == must.broken == 2
    assert all(flow.title for flow in flows)


def test_a_flow_that_was_not_judged_is_there_all_the_same(hostile: Report) -> None:
    flows = {flow.flow: flow for flow in scores.by_flow(hostile)}
    assert list(flows)[:5] == list("ABCDE")
    assert flows["A"].verdict is Verdict.NOT_TESTED
    assert flows["A"].bar == flows["A"].levels == ()


def test_a_bar_is_full_and_its_smallest_part_can_be_seen() -> None:
    parts = scores.bar({Verdict.PASS: 9_999, Verdict.FAIL: 1, Verdict.NOT_APPLICABLE: 50})
    assert [part.verdict for part in parts] == [Verdict.FAIL, Verdict.PASS]
    assert parts[0].width >= 2.5
    assert abs(sum(part.width for part in parts) - 100) < 0.1
    assert scores.bar({Verdict.NOT_TESTED: 3}) == ()


def test_there_is_a_ladder_for_each_play_and_the_wrong_ones_are_open(
    everything: Report, faulty: Report
) -> None:
    found = drawing.ladders(everything)
    assert [r.exchange for ladder in found for r in ladder.rungs] == list(everything.exchanges)
    assert len(found) == len(everything.scenario_titles)
    assert all(ladder.verdict >= Verdict.WARNING for ladder in found if ladder.is_open)
    assert [ladder.is_open for ladder in drawing.ladders(faulty)] == [True]


def test_answer_times_are_drawn_to_one_scale(faulty: Report) -> None:
    slow = tuple(
        replace(x, seconds=seconds)
        for x, seconds in zip(faulty.exchanges, (0.1, 0.2, 0.4, 0.1, None), strict=True)
    )
    found = drawing.times(replace(faulty, exchanges=slow))
    assert found
    assert (found.median, found.worst) == (200, 400)
    heights = [pillar.height for pillar in found.pillars]
    assert heights == [27.5, 55, 110, 27.5]
    assert drawing.times(replace(faulty, exchanges=slow[3:])) is None


def test_findings_are_shared_out_among_the_groups(hostile: Report) -> None:
    placed = findings_in_order(hostile)
    found = drawing.shares(placed)
    assert sum(share.count for share in found) == len(placed)
    assert found[0].width == 100
    assert [share.count for share in found] == sorted((s.count for s in found), reverse=True)


def test_the_wire_log_has_every_message_and_answer(faulty: Report) -> None:
    lines = list(wirelog.passed(faulty))
    assert [line.what for line in lines[:2]] == ["ORM^O01^ORM_O01", "ACK^O01^ACK AA"]
    first = faulty.exchanges[0].request
    assert first
    assert lines[0].size == len(first.raw) + 3
    assert (lines[1].sender, lines[1].receiver) == ("platform", "ris")
    noted = replace(faulty.exchanges[0], wire=("junk: 3 bytes",))
    told = list(wirelog.passed(replace(faulty, exchanges=(noted,))))
    assert [line.note for line in told] == ["", "junk: 3 bytes", ""]


def test_the_history_of_a_rule_is_each_time_that_it_applied(faulty: Report) -> None:
    found = detail.history(faulty, {"CDA-TLR-AUTH-001", "INS-F03"})
    assert [(t.verdict, t.flow) for t in found["CDA-TLR-AUTH-001"]] == [(Verdict.FAIL, "E")]
    assert {t.verdict for t in found["INS-F03"]} == {Verdict.PASS}
    assert {t.flow for t in found["INS-F03"]} == set("ABCDE")


def test_bytes_around_a_finding_are_those_of_the_message(hostile: Report) -> None:
    placed = findings_in_order(hostile)
    found = [(p, o) for p in placed if (o := detail.octets(p))]
    assert found
    for p, around in found:
        assert p.judged
        assert p.judged.message
        raw = bytes.fromhex(around.hex)
        assert p.judged.message.raw[around.start :].startswith(raw)
        assert around.start % 16 == 0
        assert around.start <= around.mark[0] <= around.start + len(raw)


def test_fields_are_named_as_the_standard_names_them(faulty: Report) -> None:
    found = detail.names(faulty)
    assert found["PID-3"].fr == "Identifiants du patient"
    assert found["PID-3.1"].en == "ID Number"
    assert "MSH-1" in found
    assert "PID-2" not in found


def test_every_statement_of_the_guide_has_a_verdict_or_a_reason(
    faulty: Report, profile: Profile
) -> None:
    found = guided.told(faulty)
    assert [one.statement for one in found] == list(coverage.load(profile))
    assert [one for one in found if one.verdict is Verdict.NOT_TESTED and not one.why] == []
    broken = {rule.id for one in found for rule, verdict in one.rules if verdict is Verdict.FAIL}
    assert broken == {"CDA-TLR-AUTH-001"}
    assert guided.told(replace(faulty, guide=None)) == []
