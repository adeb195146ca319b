"""The patient of the message and of the document inside: INS fact sheet, 6.1, mutants 23 and 24."""

import pytest

from harness.rules.profile import Profile
from harness.rules.rule import Outcome
from harness.sim.selfcheck import bases
from harness.wire import edit
from harness.wire.edit import Edit

TARGET = "//cda:recordTarget/cda:patientRole"
INS = f"{TARGET}/cda:id[@root='1.2.250.1.213.1.4.10']"
FAMILY = f"{TARGET}//cda:family[@qualifier='BR']"
GIVEN = f"{TARGET}//cda:given[not(@qualifier)]"


@pytest.fixture(scope="module")
def base(profile: Profile) -> bases.Base:
    return next(one for one in bases.bases(profile)["E"] if one.name == "ct-brain/E")


def outcomes(profile: Profile, base: bases.Base, *edits: Edit) -> list[Outcome]:
    message = edit.apply(base.subject.carried, edits)
    judged = profile.judge(profile.subject("E", message))
    return [o for o in judged if o.findings and (o.rule.id.startswith(("INS-", "TC-X-INS")))]


@pytest.mark.parametrize(
    ("place", "value", "expected"),
    [
        (f"{INS}/@extension", "279035121518989", ["TC-X-INS"]),
        (f"{INS}/@root", "1.2.250.1.213.1.4.8", ["TC-X-INS"]),
        (f"{INS}/@root", "1.2.250.1.213.99.9", ["INS-C01"]),
        (f"{TARGET}/cda:id[2]/@extension", "1", ["INS-C02"]),
        (FAMILY, "EPREUVE", ["INS-C03"]),
        (FAMILY, "Éssaï", []),
        (GIVEN, "CLAUDE", ["INS-C03-GIVEN"]),
        (GIVEN, "Claude-Alix", []),
        (f"{TARGET}//cda:birthTime/@value", "19850521", ["INS-C04"]),
        (f"{TARGET}//cda:birthTime/@value", "198505201030", []),
        (f"{TARGET}//cda:birthTime/@value", "1985", ["INS-C04"]),
        (f"{TARGET}//cda:administrativeGenderCode/@code", "F", ["INS-C05"]),
        (f"{TARGET}//cda:county", "48096", ["INS-C06"]),
    ],
)
def test_one_difference_is_told_once(
    profile: Profile, base: bases.Base, place: str, value: str, expected: list[str]
) -> None:
    found = outcomes(profile, base, Edit("set", place, value))
    assert [o.rule.id for o in found] == expected


@pytest.mark.parametrize(
    ("place", "value", "expected"),
    [
        ("PID-5[7=L].1", "D'ESSAI", ["INS-C03"]),
        ("PID-7", "198505", ["INS-T02"]),
        ("PID-8", "U", ["INS-T03", "INS-C05"]),
        ("PID-11[7=BDL].9", "4809", ["INS-T04"]),
        ("PID-3[5=INS].1", '""', ["INS-O09"]),
    ],
)
def test_what_is_malformed_is_told_by_its_own_rule(
    profile: Profile, base: bases.Base, place: str, value: str, expected: list[str]
) -> None:
    found = outcomes(profile, base, Edit("set", place, value))
    assert sorted(o.rule.id for o in found) == sorted(expected)


def test_an_unknown_sex_has_two_spellings(profile: Profile, base: bases.Base) -> None:
    found = outcomes(
        profile,
        base,
        Edit("set", "PID-8", "U"),
        Edit("set", f"{TARGET}//cda:administrativeGenderCode/@code", "UN"),
    )
    assert [o.rule.id for o in found] == ["INS-T03"]


def test_the_nir_is_compared_when_a_nia_is_there_too(profile: Profile, base: bases.Base) -> None:
    ins = base.subject.carried.node("PID-3[5=INS]").data.decode()
    nia = "192039951198870^^^ASIP-SANTE-INS-NIA&1.2.250.1.213.1.4.9&ISO^INS"
    both = Edit("set", "PID-3[1]", f"{nia}~{ins}")
    assert [o.rule.id for o in outcomes(profile, base, both)] == ["INS-O04-NIA", "INS-O06"]


def test_another_patients_document_and_a_mistyped_number_are_told_apart(
    profile: Profile, base: bases.Base
) -> None:
    other = Edit("set", f"{INS}/@extension", "279035121518989")
    for edits, words in (
        ((other,), "mistyped"),
        ((other, Edit("set", FAMILY, "X")), "document is"),
    ):
        (outcome,) = outcomes(profile, base, *edits)
        advice = outcome.findings[0].problem.advice
        assert advice is not None
        assert words in advice.en
