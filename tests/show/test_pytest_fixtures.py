"""What the pytest plugin gives to tests that are not scenarios: partners, targets, markers."""

import re
import socket

import pytest

from harness.errors import HarnessError
from harness.rules.profile import Profile
from harness.rules.rule import Verdict
from harness.show.partner import Partner, as_table, check_conformance
from harness.show.report import Report

pytest_plugins = ["pytester"]
pytestmark = [pytest.mark.net, pytest.mark.usefixtures("profile")]  # its modules stay loaded
QUIET = ("-p", "no:cacheprovider")

SCENARIO = """\
scenario: one
title: {fr: "un", en: "one"}
profile: livre-blanc-2024
steps:
  - send: A
  - send: C
"""
OWN = """\
import socket


def send(address, raw):
    with socket.create_connection(address) as link:
        link.sendall(b"\\x0b" + raw + b"\\x1c\\r")
        return link.recv(65536)


def test_garbage_is_told(platform):
    raw = b"MSH|^~\\\\&|X|Y|Z|W|2026||ORM^O01|1|T|2.5.1\\rPID|1"
    assert b"MSA|A" in send(platform.address, raw)
    platform.wait("A")
    platform.assert_conforms()


def test_both_sides_conform(platform, ris):
    ris.talk_to(*platform.address)
    assert ris.wait("A").verdict.word == "pass"
    ris.assert_conforms()


def test_a_scenario_is_played(conversation):
    report = conversation("lb-nominal-ct-brain")
    assert [x.flow for x in report.exchanges] == list("ABCDE")


def test_each_target(telerad_target):
    assert telerad_target.name in ("old", "new")
"""


def test_a_test_of_ones_own_has_both_sides_and_a_conversation(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(OWN)
    old, new = "--telerad-target=old=ris@127.0.0.1:1", "--telerad-target=new=ris@127.0.0.1:2"
    result = pytester.runpytest_subprocess(
        *QUIET, "-k", "not test_a_scenario", old, new, "--html=r.html", "--self-contained-html"
    )
    result.assert_outcomes(passed=3, failed=1, deselected=1)
    text = "\n".join(result.outlines)
    assert "AssertionError: Does not conform" in text
    assert re.search(r"LB-A-\S+ +.*MUST", text)
    page = (pytester.path / "r.html").read_text(encoding="utf-8")
    assert "LB-A-" in page


def test_a_conversation_is_played_and_fails_with_its_findings(faulty: Report) -> None:
    with pytest.raises(AssertionError, match="CDA-TLR-AUTH-001"):
        check_conformance(faulty, "en")


def test_a_fixture_plays_a_shipped_scenario(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(OWN)
    result = pytester.runpytest_inprocess(*QUIET, "-k", "test_a_scenario")
    result.assert_outcomes(passed=1, deselected=3)


def test_items_are_picked_by_their_flow(pytester: pytest.Pytester) -> None:
    pytester.path.joinpath("one.yaml").write_text(SCENARIO, encoding="utf-8")
    result = pytester.runpytest_inprocess(
        *QUIET, "-m", "flow_C", "--collect-only", "-q", "--strict-markers"
    )
    assert [line for line in result.outlines if "::" in line] == ["one.yaml::one::2-C"]


def test_a_scenario_is_collected_once_for_each_target(pytester: pytest.Pytester) -> None:
    pytester.path.joinpath("one.yaml").write_text(SCENARIO, encoding="utf-8")
    result = pytester.runpytest_inprocess(
        *QUIET, "--collect-only", "-q", "--telerad-target=x=ris@h:1", "--telerad-target=y=ris@h:2"
    )
    items = [line.partition("::")[2] for line in result.outlines if "::" in line]
    assert items == ["one[x]::1-A", "one[x]::2-C", "one[y]::1-A", "one[y]::2-C"]


@pytest.mark.parametrize("text", ["x", "x=who@h:1", "x=ris@h:port"])
def test_a_target_that_cannot_be_read_is_the_users_mistake(
    pytester: pytest.Pytester, text: str
) -> None:
    pytester.path.joinpath("one.yaml").write_text(SCENARIO, encoding="utf-8")
    result = pytester.runpytest_inprocess(*QUIET, f"--telerad-target={text}")
    told = "\n".join(result.outlines + result.errlines)
    assert "NAME=ris@HOST:PORT" in told
    assert "Traceback" not in told
    assert result.ret != pytest.ExitCode.OK


def test_a_partner_that_is_sent_nothing_says_what_it_saw(profile: Profile) -> None:
    partner = Partner("platform", profile)
    with pytest.raises(HarnessError, match="no exchange C"):
        partner.wait("C", within=0.01)
    assert partner.address[1] > 0
    with pytest.raises(HarnessError, match="already started"):
        partner.talk_to("127.0.0.1", 1)
    partner.stop()
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(partner.address, timeout=1)
    assert partner.report.verdict is Verdict.INCONCLUSIVE


def test_findings_in_a_table_are_text_only(hostile: Report) -> None:
    table = as_table(hostile, "en")
    assert "<script>" not in table
    assert "<img" not in table
    assert table.count("<tr>") > len(hostile.files)
    assert "\x1b" not in table
