"""The vectors of the INS fact sheet, section 9, and the identities that we generate."""

import pytest

from harness.rules.nir import Number
from harness.rules.profile import Profile
from harness.rules.rule import Verdict
from harness.sim.generate import identity
from harness.wire.er7 import Message

PID = (
    "MSH|^~\\&|RIS|S|TLR|P|20260105||ORM^O01^ORM_O01|1|T|2.5.1|||||FRA|UNICODE UTF-8\r"
    "PID|||{number}^^^ASIP-SANTE-INS-NIR&{oid}&ISO^INS||PAT-TROIS^DOMINIQUE^DOMINIQUE^^^^L||{born}|{sex}|||"
    "^^^^^^BDL^^{cog}||||||||||||||||||||N|{status}\rORC|NW\r"
)
GOOD = {
    "number": "279035121518989",
    "oid": "1.2.250.1.213.1.4.10",
    "born": "19790328",
    "sex": "F",
    "cog": "51215",
    "status": "VALI",
}


@pytest.mark.parametrize(
    "number",
    [
        "279035121518989",
        "277076322082910",
        "260058815400233",
        "276037510669326",
        "284052A32102552",
        "284052B32102579",
        "284051932102552",
        "284051832102579",
        "191082A00498713",
        "291082B03398889",
        "165082000498796",
        "185054809598744",
        "160054809599401",
        "160054809599005",
        "160054809599597",
        "185129913298794",
        "292039950798744",
        "290079742498734",
        "176049873598795",
        "154119135298763",
        "284202B32102528",
        "284992B32102531",
        "192039951198870",
    ],
)
def test_valid_numbers(number: str) -> None:
    found = Number(number)
    assert found.has_length
    assert found.has_shape
    assert found.has_sex_digit
    assert found.has_key


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        ("279035121518988", "89"),
        ("260058815400244", "33"),
        ("276037510669380", "26"),
        ("221042545611404", "83"),
        ("224027511583555", "12"),
    ],
)
def test_wrong_keys(number: str, expected: str) -> None:
    assert not Number(number).has_key
    assert Number(number).expected_key == expected


def broken(profile: Profile, **changes: str) -> list[str]:
    """Ids of the INS rules broken by a PID that differs from a good one."""
    message = Message(PID.format(**{**GOOD, **changes}).encode())
    outcomes = profile.judge(profile.subject("HL7", message))
    return [o.rule.id for o in outcomes if o.verdict > Verdict.PASS and o.rule.group == "ins"]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, []),
        ({"number": "279035121518988"}, ["INS-F03"]),
        ({"number": "2 79 03 51 215 189 89"}, ["INS-F01"]),
        ({"number": "27903512151898"}, ["INS-F01"]),
        ({"number": "284052a32102552", "born": "19840528", "cog": "2A321"}, ["INS-F02"]),
        ({"number": "785129913298785"}, ["INS-F04", "INS-X02", "INS-X03", "INS-X04"]),
        ({"oid": "1.2.250.1.213.1.4.3"}, ["INS-O01"]),
        ({"oid": "1.2.250.1.213.1.4.9"}, ["INS-O03", "INS-O06"]),
        ({"status": "PROV"}, ["INS-S01"]),
        ({"status": "VALI~HOMA"}, []),
        ({"status": "VALI~XXXX"}, ["INS-S03"]),
        ({"born": ""}, ["INS-T01-DATE"]),
        ({"born": "19790332"}, ["INS-T02"]),
        ({"born": "19790401"}, ["INS-X03"]),
        ({"born": "19800328"}, ["INS-X02"]),
        ({"sex": ""}, ["INS-T01-SEX"]),
        ({"sex": "U"}, ["INS-T03", "INS-X01"]),
        ({"sex": "M"}, ["INS-X01"]),
        ({"cog": ""}, ["INS-T01-PLACE"]),
        ({"cog": "5121"}, ["INS-T04", "INS-X04"]),
        ({"cog": "51216"}, ["INS-X04"]),
    ],
)
def test_one_fault_trips_its_own_rule(
    profile: Profile, changes: dict[str, str], expected: list[str]
) -> None:
    assert broken(profile, **changes) == expected


@pytest.mark.parametrize(
    ("first", "whole", "right"),
    [
        ("JEAN", "JEAN CHRISTOPHE PIERRE", True),
        ("JEAN CHRISTOPHE", "JEAN CHRISTOPHE PIERRE", True),
        ("JEAN-CHRISTOPHE", "JEAN CHRISTOPHE PIERRE", True),
        ("JEAN-CHRISTOPHE-PIERRE", "JEAN CHRISTOPHE PIERRE", True),
        ("Jéan", "JEAN CHRISTOPHE", True),
        ("CHRISTOPHE", "JEAN CHRISTOPHE PIERRE", False),
        ("JEAN PIERRE", "JEAN CHRISTOPHE PIERRE", False),
        ("JEA", "JEAN CHRISTOPHE PIERRE", False),
    ],
)
def test_the_first_given_name_begins_the_list(
    profile: Profile, first: str, whole: str, right: bool
) -> None:
    text = PID.format(**GOOD).replace("DOMINIQUE^DOMINIQUE", f"{first}^{whole}")
    outcomes = profile.judge(profile.subject("HL7", Message(text.encode())))
    verdict = next(o.verdict for o in outcomes if o.rule.id == "INS-T05")
    assert (verdict is Verdict.PASS) is right


def test_a_billing_number_is_not_an_ins(profile: Profile) -> None:
    text = PID.format(**GOOD).replace(
        "ISO^INS||", "ISO^INS~260058815400233^^^ASIP-SANTE-NIR&1.2.250.1.213.1.4.8&ISO^NH||"
    )
    outcomes = profile.judge(profile.subject("HL7", Message(text.encode())))
    assert [o.rule.id for o in outcomes if o.verdict > Verdict.PASS] == []


def test_generated_identities_are_coherent() -> None:
    for patient in identity.identities(500, seed=3):
        number = Number(patient.ins)
        assert patient.ins_oid == "1.2.250.1.213.1.4.10"
        assert number.has_shape
        assert number.has_key
        assert number.sex == patient.sex
        assert number.year + number.month == f"{patient.birth_date:%y%m}"
        assert number.place == patient.birth_cog
