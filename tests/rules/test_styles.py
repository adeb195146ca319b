"""Messages written by hand in three styles: no false alarm, and all that the minimal one omits."""

from pathlib import Path

import pytest

from harness.rules.profile import Profile
from harness.rules.rule import Verdict
from harness.show.checking import Asked, check

STYLES = Path(__file__).parent / "styles"
HEADER = {"LB-MSH-4", "LB-MSH-6", "TF-EI", "TF-CE-CODE"}  # no facilities, bare numbers and codes
EXPECTED = {
    "swf-A": set(),
    "swf-C": set(),
    "swf-D": set(),
    "obx-A": set(),
    "obx-C": set(),
    "obx-D": set(),
    "minimal-A": HEADER
    | {"LB-A-FACILITY", "LB-A-ATTENDING", "LB-A-PV1-19", "LB-A-ORC-9", "LB-A-REQUESTER"}
    | {"LB-A-SITE", "LB-A-ORC-14"},
    "minimal-C": HEADER | {"LB-C-PID"},
    "minimal-D": HEADER
    | {"LB-D-CARE-VISIT", "LB-D-CARE-DATE", "LB-D-ADDRESS", "LB-D-TELECOM", "LB-D-DOSE-UNIT"}
    | {"LB-D-SITE-NUMBER", "TF-XCN-10", "TF-XCN-13"},
}


@pytest.mark.parametrize("name", EXPECTED)
def test_each_style_gives_just_what_it_leaves_out(name: str, profile: Profile) -> None:
    (judged,) = check([STYLES / f"{name}.er7"], Asked(profile, flow=name[-1])).files
    found = {o.rule.id for o in judged.outcomes if o.verdict > Verdict.PASS}
    assert found == EXPECTED[name]
    assert judged.verdict <= Verdict.WARNING
    assert b"|P|2.5" not in judged.raw  # never production


def test_the_kind_of_each_message_is_guessed(profile: Profile) -> None:
    files = sorted(STYLES.glob("*.er7"))
    assert len(files) == len(EXPECTED)
    for judged in check(files, Asked(profile)).files:
        assert judged.kind == Path(judged.file).stem[-1]
