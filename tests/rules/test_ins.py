"""The vectors of the INS fact sheet: numbers (section 9), statuses (5), given names (1.3)."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.rules import profile as profiles
from harness.rules.nir import Number
from harness.rules.profile import Profile
from harness.rules.rule import Outcome, Verdict
from harness.wire.er7 import Message, escape

PID = (
    "MSH|^~\\&|RIS|S|TLR|P|20260105||ORM^O01^ORM_O01|1|{mode}|2.5.1|||||FRA|UNICODE UTF-8\r"
    "PID|||{number}^^^{space}&{oid}&ISO^INS{more}||{name}||{born}|{sex}|||"
    "^^^^^^BDL^^{cog}||||||||||||||||||||N|{status}\r"
)
GOOD = {
    "mode": "T",
    "number": "279035121518989",
    "space": "ASIP-SANTE-INS-NIR",
    "oid": "1.2.250.1.213.1.4.10",
    "more": "",
    "name": "PAT-TROIS^DOMINIQUE^DOMINIQUE^^^^L",
    "born": "19790328",
    "sex": "F",
    "cog": "51215",
    "status": "VALI",
}


def outcomes(profile: Profile, kind: str = "HL7", **changes: str) -> list[Outcome]:
    """What the INS rules say of a PID that differs from a good one."""
    message = Message(PID.format(**{**GOOD, **changes}).encode())
    judged = profile.judge(profile.subject(kind, message))
    return [outcome for outcome in judged if outcome.rule.group == "ins"]


def broken(profile: Profile, **changes: str) -> list[str]:
    """Ids of the INS rules that have something to say, information included."""
    return [o.rule.id for o in outcomes(profile, **changes) if o.findings]


# -- numbers --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "rest"),
    [
        ("279035121518989", 8),
        ("277076322082910", 87),
        ("260058815400233", 64),
        ("276037510669326", 71),
        ("284052A32102552", 45),
        ("284052B32102579", 18),
        ("284051932102552", 45),
        ("284051832102579", 18),
        ("191082A00498713", 84),
        ("291082B03398889", 8),
        ("165082000498796", 1),
        ("185054809598744", 53),
        ("160054809599401", 96),
        ("160054809599005", 92),
        ("160054809599597", 0),
        ("185129913298794", 3),
        ("292039950798744", 53),
        ("290079742498734", 63),
        ("176049873598795", 2),
        ("154119135298763", 34),
        ("284202B32102528", 69),
        ("284992B32102531", 66),
        ("192039951198870", 27),
    ],
)
def test_valid_numbers(number: str, rest: int) -> None:
    found = Number(number)
    assert found.has_length
    assert found.has_shape
    assert found.has_sex_digit
    assert found.has_key
    assert int(found.expected_key) == 97 - rest


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        ("279035121518988", "89"),
        ("260058815400244", "33"),
        ("276037510669380", "26"),
        ("221042545611404", "83"),
        ("223042545611404", "82"),
        ("222127505611201", "47"),
        ("224027511583555", "12"),
    ],
)
def test_wrong_keys(number: str, expected: str) -> None:
    assert Number(number).has_shape
    assert not Number(number).has_key
    assert Number(number).expected_key == expected


@pytest.mark.parametrize(
    ("number", "fault"),
    [
        ("284052a32102552", "case"),
        ("185134809598775", "month"),
        ("185004809598775", "month"),
        ("185050009598775", "department"),
        ("28405232A102552", "characters"),
        ("2790351215189-9", "characters"),
        ("27903512151898٣", "scripts"),
        ("２79035121518989", "scripts"),
        ("٢٧٩٠٣٥١٢١٥١٨٩٨٩", "scripts"),
    ],
)
def test_wrong_shapes_say_which_part(profile: Profile, number: str, fault: str) -> None:
    assert Number(number).has_length
    assert not Number(number).has_shape
    assert Number(number).shape_fault == fault
    assert broken(profile, number=number) == ["INS-F02"]


@pytest.mark.parametrize(
    "number", ["16005480959941", "2 79 03 51 215 189 89", "279035121518989 ", "2790351215189890"]
)
def test_wrong_lengths(profile: Profile, number: str) -> None:
    assert broken(profile, number=number) == ["INS-F01"]


def test_a_temporary_number_is_no_ins_and_its_digits_no_birth_data(profile: Profile) -> None:
    assert broken(profile, number="785129913298785") == ["INS-F04"]


@settings(deadline=None)
@given(st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\r\n"), max_size=40))
def test_any_text_as_a_number_is_judged(text: str) -> None:
    found = outcomes(profiles.load(), number=escape(text))
    assert [o.rule.id for o in found if o.verdict is Verdict.ERROR] == []


@settings(deadline=None)
@given(st.text(alphabet="0123456789AB", min_size=15, max_size=15))
def test_any_number_has_at_most_one_fault_of_its_own(number: str) -> None:
    own = [r for r in broken(profiles.load(), number=number) if r[:6] == "INS-F0"]
    assert len(own) <= 1


@settings(deadline=None)
@given(st.binary(max_size=60))
def test_any_bytes_in_a_pid_are_judged(data: bytes) -> None:
    head = b"MSH|^~\\&|A|B|C|D|20260105||ORM^O01^ORM_O01|1|T|2.5.1|||||FRA|UNICODE UTF-8\r"
    for raw in (b"PID|||" + data, b"PID|||1^^^N&1.2.250.1.213.1.4.10&ISO^INS||" + data):
        profile = profiles.load()
        judged = profile.judge(profile.subject("A", Message(head + raw + b"\r")))
        assert [o.rule.id for o in judged if o.verdict is Verdict.ERROR] == []


# -- statuses -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "with_ins", "without"),
    [
        ("VALI", [], ["INS-S05"]),
        ("VALI~HOMA", [], ["INS-S05"]),
        ("HOMA~VALI", [], ["INS-S05"]),
        ("PROV", ["INS-S01"], ["INS-S06"]),
        ("VIDE", ["INS-S01"], ["INS-S06"]),
        ("", ["INS-S01"], ["INS-S06"]),
        ('""', ["INS-S01"], ["INS-S06"]),
        ("QUAL", ["INS-S03"], ["INS-S03", "INS-S05"]),
        ("RECUP", ["INS-S01"], ["INS-S03", "INS-S06"]),
        ("XXXX", ["INS-S01"], ["INS-S03", "INS-S06"]),
        ("VALI~XXXX", ["INS-S03"], ["INS-S03", "INS-S05"]),
        ("DOUT", ["INS-S02"], ["INS-S06"]),
        ("FICT", ["INS-S02"], ["INS-S06"]),
        ("PROV~DOUT", ["INS-S02"], ["INS-S06"]),
        ("PROV~DOUT~HOMA", ["INS-S02"], ["INS-S06"]),
        ("PROV~FICT~HOMA", ["INS-S02"], ["INS-S02", "INS-S06"]),
        ("VALI~DOUT", ["INS-S02"], ["INS-S02", "INS-S05"]),
        ("VALI~FICT", ["INS-S02"], ["INS-S02", "INS-S05"]),
    ],
)
def test_the_status_and_the_ins_go_together(
    profile: Profile, status: str, with_ins: list[str], without: list[str]
) -> None:
    def of_status(**changes: str) -> list[str]:
        found = outcomes(profile, "DOC", status=status, **changes)
        return [o.rule.id for o in found if o.findings and o.rule.id.startswith("INS-S")]

    assert of_status() == with_ins
    assert of_status(number="", space="", oid="") == without


def test_a_corrected_birth_date_goes_without_an_ins(profile: Profile) -> None:
    text = PID.format(**GOOD)
    for zfd, expected in (("ZFD||||Y\r", ["INS-S04"]), ("ZFD||||N\r", [])):
        judged = profile.judge(profile.subject("HL7", Message((text + zfd).encode())))
        assert [o.rule.id for o in judged if o.findings and o.rule.group == "ins"] == expected


# -- names ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "whole", "right"),
    [
        ("JEAN", "JEAN CHRISTOPHE PIERRE", True),
        ("JEAN CHRISTOPHE", "JEAN CHRISTOPHE PIERRE", True),
        ("JEAN-CHRISTOPHE", "JEAN CHRISTOPHE PIERRE", True),
        ("JEAN-CHRISTOPHE-PIERRE", "JEAN CHRISTOPHE PIERRE", True),
        ("Jéan", "JEAN CHRISTOPHE", True),
        ("CHRISTOPHE", "JEAN CHRISTOPHE PIERRE", False),
        ("PIERRE", "JEAN CHRISTOPHE PIERRE", False),
        ("JEAN PIERRE", "JEAN CHRISTOPHE PIERRE", False),
        ("JEA", "JEAN CHRISTOPHE PIERRE", False),
        ("PAUL", "PAUL,JACQUES", False),
    ],
)
def test_the_first_given_name_begins_the_list(
    profile: Profile, first: str, whole: str, right: bool
) -> None:
    found = outcomes(profile, name=f"ESSAI^{first}^{whole}^^^^L")
    verdict = next(o.verdict for o in found if o.rule.id == "INS-T05")
    assert (verdict is Verdict.PASS) is right


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("D'ESSAI-EPREUVE^JEAN-MARC^JEAN-MARC L'ANGE^^^^L", []),
        ("O^A^A^^^^L", []),
        ("Essai^JEAN^JEAN^^^^L", ["INS-T06"]),
        ("ESSAÏ^JEAN^JEAN^^^^L", ["INS-T06"]),
        ("CŒUR^JEAN^JEAN^^^^L", ["INS-T06"]),
        ("ESSAI^JEAN^JEAN^^^^L~Épreuve^Jean^^^^^D", []),
        ("ESSAI^JEAN^JEAN^^^^L~^CECILE^^^^^D", []),
        ('ESSAI^JEAN^JEAN^^^^L~""^^^^^^D', []),
        ("ESSAI^JEAN^JEAN^^^^L~^^^^^^D", ["INS-T07"]),
        ("ESSAI^JEAN^JEAN^^^^L~AUTRE^NOM^^^^^S", []),
        ("ESSAI^JEAN^JEAN^^^^L~AUTRE^NOM^^^^^M", ["INS-T08"]),
    ],
)
def test_names(profile: Profile, name: str, expected: list[str]) -> None:
    assert broken(profile, name=name) == expected


# -- the number and the traits --------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "sex", "born", "cog", "expected"),
    [
        ("165082000498796", "M", "19650812", "2A004", ["INS-X04-HISTORY"]),
        ("165082000498796", "M", "19650812", "2B004", ["INS-X04-HISTORY"]),
        ("165082000498796", "M", "19650812", "2A005", ["INS-X04"]),
        ("154119135298763", "M", "19541103", "99352", ["INS-X04-HISTORY"]),
        ("154119135298763", "M", "19541103", "99350", ["INS-X04"]),
        ("185129913298794", "M", "19851203", "99132", []),
        ("185129913298794", "M", "19851203", "99139", ["INS-X04-HISTORY"]),
        ("284202B32102528", "F", "19841231", "2B321", []),
        ("284202B32102528", "F", "19840101", "2B321", []),
        ("284992B32102531", "F", "19840105", "2B321", []),
        ("284051932102552", "F", "19840512", "2A321", ["INS-X04"]),
        ("290079742498734", "F", "19900701", "97424", []),
        ("176049873598795", "M", "19760401", "98735", []),
    ],
)
def test_places_that_history_explains_are_information(
    profile: Profile, number: str, sex: str, born: str, cog: str, expected: list[str]
) -> None:
    assert broken(profile, number=number, sex=sex, born=born, cog=cog) == expected


@pytest.mark.parametrize(
    ("department", "cog", "born", "reason"),
    [
        ("75", "92012", "19600105", "seine"),
        ("78", "95127", "19600105", "seine"),
        ("75", "92012", "19700105", ""),
        ("78", "78646", "19600105", ""),
        ("94", "99352", "19600105", "algeria"),
        ("95", "99350", "19500105", "morocco"),
        ("96", "99351", "19500105", "tunisia"),
        ("95", "99350", "19600105", ""),
        ("20", "2A012", "19800105", ""),
    ],
)
def test_history_has_its_dates(
    profile: Profile, department: str, cog: str, born: str, reason: str
) -> None:
    body = Number(f"2{born[2:6]}{department}012987")
    number = body.text + body.expected_key
    expected = ["INS-X04-HISTORY"] if reason else ["INS-X04"]
    assert broken(profile, number=number, born=born, cog=cog) == expected


def test_a_wrong_key_with_one_slip_tells_where_it_is(profile: Profile) -> None:
    for number, place in (("279045121518989", 5), ("279035112518989", 8), ("270935121518989", 3)):
        (outcome,) = [o for o in outcomes(profile, number=number) if o.findings]
        advice = outcome.findings[0].problem.advice
        assert outcome.rule.id == "INS-F03"
        assert advice is not None
        assert f"character {place} " in advice.en


def test_the_number_of_a_production_authority_is_not_shown(profile: Profile) -> None:
    for number in ("279035121518988", "27903512151898", "279135121518988"):
        for outcome in outcomes(profile, number=number, oid="1.2.250.1.213.1.4.8", mode="P"):
            for finding in outcome.findings:
                problem = finding.problem
                said = (problem.expected, problem.actual, problem.advice)
                assert all(number[:13] not in text.fr + text.en for text in said if text)


def test_a_postal_code_in_place_of_the_cog_is_named(profile: Profile) -> None:
    text = PID.format(**GOOD).replace("^^^^^^BDL^^51215", "^^^^51100^^H~^^^^^^BDL^^51100")
    judged = profile.judge(profile.subject("HL7", Message(text.encode())))
    (finding,) = [f for o in judged for f in o.findings if o.rule.id == "INS-X04"]
    assert finding.problem.advice
    assert "postal" in finding.problem.advice.en
