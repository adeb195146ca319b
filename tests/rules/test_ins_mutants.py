"""The 29 mutants of the INS fact sheet, section 11: what each trips, and nothing else.

Ids in capitals are the bench's; an empty list is a mutant that must stay silent.
"""

import pytest
from test_ins import GOOD, PID, broken

from harness.rules.nir import Number
from harness.rules.profile import Profile
from harness.wire.er7 import Message

NUMBER = GOOD["number"]
TWIN = "~{number}^^^ASIP-SANTE-INS-NIR&1.2.250.1.213.1.4.10&ISO^INS"
NIA = "192039951198870^^^ASIP-SANTE-INS-NIA&1.2.250.1.213.1.4.9&ISO^INS"


def _swapped(text: str, first: int, second: int) -> str:
    """With the characters at two places (from 1) exchanged."""
    chars = list(text)
    chars[first - 1], chars[second - 1] = chars[second - 1], chars[first - 1]
    return "".join(chars)


@pytest.mark.parametrize("place", range(15))
def test_1_any_other_digit_is_seen(profile: Profile, place: int) -> None:
    for digit in "0123456789":
        if digit == NUMBER[place]:
            continue
        mutant = Number(NUMBER[:place] + digit + NUMBER[place + 1 :])
        fault = "INS-F03" if mutant.has_shape else "INS-F02"
        if place == 0 and digit not in "12":
            fault = "INS-F04"
        assert broken(profile, number=mutant.text) == [fault], mutant


@pytest.mark.parametrize("place", range(1, 15))
def test_2_two_neighbours_exchanged_are_seen(profile: Profile, place: int) -> None:
    mutant = Number(_swapped(NUMBER, place, place + 1))
    if mutant.text == NUMBER:
        return
    fault = "INS-F03" if mutant.has_shape else "INS-F02"
    if not mutant.has_sex_digit:
        fault = "INS-F04" if mutant.has_shape else "INS-F02"
    assert broken(profile, number=mutant.text) == [fault]


def test_3_characters_of_the_same_weight_are_never_seen(profile: Profile) -> None:
    """Unless the key leaves 01 to 97."""
    for order in range(987, 1000):
        body = f"2790351215{order}"
        for places in ((12, 14), (13, 15)):
            mutant = _swapped(body + Number(body).expected_key, *places)
            possible = "01" <= mutant[13:] <= "97"
            assert broken(profile, number=mutant) == ([] if possible else ["INS-F03"])


@pytest.mark.parametrize(
    ("number", "changes", "expected"),
    [
        (4, {"number": "27903512151898"}, ["INS-F01"]),
        (4, {"number": "2790351215189899"}, ["INS-F01"]),
        (4, {"number": "279035121518989 "}, ["INS-F01"]),
        (4, {"number": "2 79 03 51 215 189 89"}, ["INS-F01"]),
        (7, {"number": "２７９０３５１２１５１８９８９"}, ["INS-F02"]),
        (7, {"number": "٢٧٩٠٣٥١٢١٥١٨٩٨٩"}, ["INS-F02"]),
        (7, {"number": "27903512151898٩"}, ["INS-F02"]),
        (8, {"oid": "1.2.250.1.213.1.4.3"}, ["INS-O01"]),
        (8, {"oid": "1.2.250.1.213.1.4.1O"}, ["INS-O01"]),
        (8, {"oid": ""}, ["INS-O01-ABSENT"]),
        (10, {"space": "ASIP-SANTE-INS-NIA"}, ["INS-O03"]),
        (10, {"space": ""}, ["INS-O03"]),
        (11, {"more": TWIN.format(number=NUMBER)}, ["INS-O04"]),
        (11, {"more": TWIN.format(number="277076322082910")}, ["INS-O04"]),
        (12, {"status": "PROV"}, ["INS-S01"]),
        (12, {"status": "VIDE"}, ["INS-S01"]),
        (12, {"status": ""}, ["INS-S01"]),
        (12, {"status": "DOUT"}, ["INS-S02"]),
        (12, {"status": "FICT"}, ["INS-S02"]),
        (12, {"status": "RECUP"}, ["INS-S01"]),
        (13, {"status": "VALI~HOMA"}, []),
        (13, {"status": "HOMA~VALI"}, []),
        (14, {"name": "PAT-TROIS^DOMINIQUE^DOMINIQUE^^^^D"}, ["INS-T01-NAME"]),
        (14, {"name": "^DOMINIQUE^DOMINIQUE^^^^L"}, ["INS-T01-NAME"]),
        (14, {"name": "PAT-TROIS^^DOMINIQUE^^^^L"}, ["INS-T01-GIVEN"]),
        (14, {"name": "PAT-TROIS^DOMINIQUE^^^^^L"}, ["INS-T01-GIVEN-LIST"]),
        (15, {"name": "PAT-TROIS^ALIX^DOMINIQUE ALIX^^^^L"}, ["INS-T05"]),
        (16, {"born": "197903"}, ["INS-T02"]),
        (16, {"born": "19790332"}, ["INS-T02"]),
        (16, {"born": "19791328"}, ["INS-T02"]),
        (16, {"born": "00000000"}, ["INS-T02"]),
        (16, {"born": "1979-03-28"}, ["INS-T02"]),
        (16, {"born": "20270328"}, ["INS-T02"]),
        (16, {"born": "20790328"}, ["INS-T02"]),
        (16, {"born": "19790328120000"}, ["INS-T02"]),
        (16, {"born": ""}, ["INS-T01-DATE"]),
        (17, {"born": "19790401"}, ["INS-X03"]),
        (17, {"born": "19800328"}, ["INS-X02"]),
        (18, {"sex": "U"}, ["INS-T03"]),
        (18, {"sex": ""}, ["INS-T01-SEX"]),
        (18, {"sex": "m"}, ["INS-T03"]),
        (18, {"sex": "1"}, ["INS-T03"]),
        (19, {"sex": "M"}, ["INS-X01"]),
        (
            20,
            {"sex": "M", "born": "20100807", "cog": "63220"},
            ["INS-X01", "INS-X02", "INS-X03", "INS-X04", "INS-X05"],
        ),
        (21, {"cog": ""}, ["INS-T01-PLACE"]),
        (21, {"cog": "5121"}, ["INS-T04"]),
        (21, {"cog": "512150"}, ["INS-T04"]),
        (21, {"cog": "2C004"}, ["INS-T04"]),
        (21, {"cog": "96001"}, ["INS-T04"]),
        (21, {"cog": "97911"}, ["INS-T04"]),
        (22, {"cog": "51216"}, ["INS-X04"]),
        (25, {"mode": "P"}, ["INS-O05"]),
        (25, {"oid": "1.2.250.1.213.1.4.8"}, ["INS-O06"]),
        (25, {"oid": "1.2.250.1.213.1.4.8", "mode": "P"}, []),
        (26, {"more": f"~{NIA}"}, ["INS-O04-NIA", "INS-O06"]),
        (27, {"number": '""'}, ["INS-O09"]),
        (27, {"number": '""', "born": "", "sex": "U", "status": "PROV"}, ["INS-O09"]),
        (28, {"more": "~260058815400233^^^ASIP-SANTE-NIR&1.2.250.1.213.1.4.8&ISO^NH"}, []),
        (29, {"name": "PAT-TROIS^DOMINIQUE^DOMINIQUE^^^^^L"}, ["INS-T01-NAME"]),
        (29, {"name": "DARK^JEANNE^JEANNE MARIE^^^Mme^^L"}, ["INS-T01-NAME"]),
    ],
)
def test_one_mutant_trips_its_own_rule(
    profile: Profile, number: int, changes: dict[str, str], expected: list[str]
) -> None:
    assert sorted(broken(profile, **changes)) == sorted(expected), number


@pytest.mark.parametrize(
    ("number", "old", "new", "expected"),
    [
        (5, "00498713^^", "004987^13^", ["INS-F01", "INS-F05"]),
        (6, "2A", "2a", ["INS-F02"]),
        (6, "2A", "20", ["INS-F03"]),
        (6, "2A", "19", ["INS-X04"]),
        (8, "&ISO^INS", "&^INS", ["INS-O01-ISO"]),
        (8, "&ISO^INS", "^INS", ["INS-O01-ISO"]),
        (9, "ISO^INS", "ISO^INS-NIR", ["INS-O02"]),
        (9, "ISO^INS", "ISO^NH", []),
        (9, "ISO^INS", "ISO^", ["INS-O02"]),
        (21, "BDL", "H", ["INS-T01-PLACE"]),
        (21, "^BDL^^2A004", "^BDL", ["INS-T01-PLACE"]),
        (21, "^^^^^^BDL^^2A004", "^^^^2A004^^BDL", ["INS-T01-PLACE"]),
        (26, "191082A", f"{NIA}~191082A", ["INS-O04-NIA", "INS-O06"]),
    ],
)
def test_one_edited_mutant_trips_its_own_rule(
    profile: Profile, number: int, old: str, new: str, expected: list[str]
) -> None:
    """The patient born in Ajaccio, whose number has a letter."""
    ajaccio = {"number": "191082A00498713", "sex": "M", "born": "19910803", "cog": "2A004"}
    text = PID.format(**{**GOOD, **ajaccio})
    head, pid = text.split("\r", 1)
    where = 1 if number != 21 else pid.count(old)
    changed = head + "\r" + pid.replace(old, new, where)
    judged = profile.judge(profile.subject("HL7", Message(changed.encode())))
    found = [o.rule.id for o in judged if o.findings and o.rule.group == "ins"]
    assert sorted(found) == sorted(expected)


def test_27_an_a47_may_delete(profile: Profile) -> None:
    text = PID.format(**{**GOOD, "number": '""'}).replace("ORM^O01^ORM_O01", "ADT^A47^ADT_A30")
    judged = profile.judge(profile.subject("HL7", Message(text.encode())))
    assert [o.rule.id for o in judged if o.findings and o.rule.group == "ins"] == []


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ("~123456^^^SITE&1.2.250.1.213.99.1&ISO^PI", []),
        ("~1234567890123456789012^^^ASIP-SANTE-INS-C&1.2.250.1.213.1.4.2&ISO^INS-C", ["INS-O07"]),
        ("~279035121518989^^^ASIP-SANTE-INS-NIR&1.2.250.1.213.1.4.11&ISO^INS", ["INS-O04-SAME"]),
        ("^^20101207", ["INS-O08"]),
        ("^^^20101207", ["INS-O08"]),
        ("~^^^ASIP-SANTE-INS-NIR&1.2.250.1.213.1.4.11&ISO^INS", ["INS-F01-ABSENT"]),
    ],
)
def test_other_repetitions(profile: Profile, more: str, expected: list[str]) -> None:
    assert broken(profile, more=more) == expected


def test_the_series_of_an_unknown_month(profile: Profile) -> None:
    for month, expected in (("20", []), ("25", ["INS-F06"]), ("30", []), ("43", ["INS-F06"])):
        body = Number(f"279{month}51215987")
        assert broken(profile, number=body.text + body.expected_key) == expected, month


def test_pid_19_and_the_mailbox(profile: Profile) -> None:
    fields = PID.format(**GOOD).split("|")
    base = len(fields) - 33 - 1
    for number, value, expected in (
        (19, "279035121518989", ["INS-PID-19"]),
        (13, "^NET^Internet^279035121518989@patient.mssante.fr", []),
        (13, "^NET^Internet^279035121518988@patient.mssante.fr", ["INS-X06"]),
        (13, "^NET^Internet^essai@example.fr", []),
    ):
        changed = list(fields)
        changed[base + number + 1] = value
        judged = profile.judge(profile.subject("HL7", Message("|".join(changed).encode())))
        assert [o.rule.id for o in judged if o.findings and o.rule.group == "ins"] == expected
