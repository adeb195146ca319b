import base64
import json
import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import pytest
from command import CLOCK, Done, Telerad, call
from lxml import etree
from stored import compare, until

from harness.sim.defects.catalogue import DEFECTS
from harness.wire.er7 import Message

pytestmark = pytest.mark.net

BASE64 = re.compile(rb"PD94[A-Za-z0-9+/=]+")  # begins as <?x


def content(folder: Path) -> dict[str, bytes]:
    """Messages and documents of a run, by name."""
    files = [*(folder / "messages").iterdir(), *(folder / "documents").iterdir()]
    return {f"{file.parent.name}/{file.name}": file.read_bytes() for file in files}


def test_a_demo_conforms(demo: Done) -> None:
    assert (demo.code, demo.err) == (0, "")


def test_a_demo_shows_five_rungs_and_five_acknowledgements(demo: Done) -> None:
    rungs = re.findall(r"^ +\d  RIS (?:──▶|◀──) platform +([A-E]) .* ACK AA ", demo.out, re.M)
    assert rungs == list("ABCDE")


def test_a_demo_says_what_is_stored(demo: Done) -> None:
    compare("demo", demo.out)


def test_a_demo_leaves_its_messages_documents_and_reports(demo: Done) -> None:
    run = demo.folder / "run"
    names = {f"messages/000{n}-{flow}{kind}.er7" for n, flow in enumerate("ABCDE", 1)
             for kind in ("", ".ack")}  # fmt: skip
    assert set(content(run)) == names | {"documents/0002-B.xml", "documents/0005-E.xml"}
    for name in ("report.html", "result.json", "junit.xml", "journal.ndjson"):
        assert (run / name).stat().st_size > 500


def test_the_same_seed_and_clock_give_the_same_bytes(demo: Done, telerad: Telerad) -> None:
    again = telerad("demo", "--seed", "7", "--clock", CLOCK, "--out", "again")
    assert again.code == 0
    assert content(again.folder / "again") == content(demo.folder / "run")


def test_another_seed_gives_another_patient(demo: Done, telerad: Telerad) -> None:
    other = telerad("demo", "--seed", "8", "--clock", CLOCK, "--out", "run")
    files = [done.folder / "run/messages/0001-A.er7" for done in (demo, other)]
    first, second = (Message(file.read_bytes()).first("PID-3[5=INS].1") for file in files)
    assert len(first) == len(second) == 15
    assert first != second


def without_times(raw: bytes) -> bytes:
    """The file with documents decoded, and each time with its zone replaced by T."""
    plain = BASE64.sub(lambda found: base64.b64decode(found[0]), raw)
    return re.sub(rb"\b\d{14}[+-]\d{4}\b", b"T", plain)


def test_without_a_clock_only_times_differ(demo: Done, telerad: Telerad) -> None:
    now = telerad("demo", "--seed", "7", "--out", "now")
    stopped, real = content(demo.folder / "run"), content(now.folder / "now")
    assert stopped.keys() == real.keys()
    for name in stopped:
        assert stopped[name] != real[name], name
        assert without_times(stopped[name]) == without_times(real[name]), name


def test_a_defect_is_found_and_comes_first(wrong_key: Done) -> None:
    assert wrong_key.code == 1
    ids = re.findall(r"^[✗!?] ([A-Z][A-Z0-9-]+)  ", wrong_key.out, re.M)
    assert ids[0] == "INS-F03"
    result = json.loads((wrong_key.folder / "run/result.json").read_text(encoding="utf-8"))
    assert result["verdict"] == "fail"
    assert result["findings"][0]["rule"] == "INS-F03"
    assert [x["state"] for x in result["exchanges"]] == ["done", *["not_run"] * 4]


def test_a_defect_says_what_is_stored(wrong_key: Done) -> None:
    compare("demo-wrong-ins-key", until(wrong_key.out, "telerad explain"))


@pytest.mark.parametrize("profile", DEFECTS)
def test_every_defect_is_listed_with_its_rule(telerad: Telerad, profile: str) -> None:
    done = telerad("demo", "--list-defects", "--profile", profile, lang="fr")
    assert done.code == 0
    rows = {line.split()[0]: line for line in done.out.splitlines()}
    assert list(rows) == [defect.name for defect in DEFECTS[profile]]
    for defect in DEFECTS[profile]:
        assert rows[defect.name].endswith(f"  {defect.rule}")
        assert defect.says.fr in rows[defect.name]


def test_a_defect_of_the_guide_is_shown_by_the_scenario_that_has_it(telerad: Telerad) -> None:
    defect = ("--defect", "cancellation-other-order")
    done = telerad("demo", "--profile", "ans-tlr-2026", *defect, "--out", "run")
    assert done.code == 1
    result = json.loads((done.folder / "run/result.json").read_text(encoding="utf-8"))
    assert [x["flow"] for x in result["exchanges"]] == ["1", "2"]
    assert result["findings"][0]["rule"] == "TLR-X-ORDER"


def test_the_reports_of_a_run_say_the_same(wrong_key: Done) -> None:
    run = wrong_key.folder / "run"
    result: Mapping[str, object] = json.loads((run / "result.json").read_text(encoding="utf-8"))
    suites = etree.parse(run / "junit.xml").getroot()
    findings = result["findings"]
    assert isinstance(findings, list)
    failed = {case.get("name").split()[0] for case in suites.iter("testcase")
              if case.find("failure") is not None}  # fmt: skip
    assert failed == {finding["rule"] for finding in findings if finding["verdict"] == "fail"}
    page = (run / "report.html").read_text(encoding="utf-8")
    assert page.count('<details class="finding') == len(findings)


def test_a_clock_without_a_zone_means_the_local_one(telerad: Telerad) -> None:
    done = telerad("demo", "--clock", "2026-01-05T10:00:00", "--out", "run")
    message = Message((done.folder / "run/messages/0001-A.er7").read_bytes())
    assert message.first("MSH-7").startswith("20260105100000")
    assert datetime.strptime(message.first("MSH-7"), "%Y%m%d%H%M%S%z").tzinfo is not None


def test_results_go_to_a_folder_of_their_own(tmp_path: Path) -> None:
    done = call(tmp_path, "demo")
    (run,) = (tmp_path / "reports" / "runs").iterdir()
    assert re.fullmatch(r"\d{8}-\d{6}-demo", run.name)
    assert done.out.endswith(f"Report: reports/runs/{run.name}/report.html\n")
