"""National identifiers of professionals and structures: the vectors of the INS fact sheet, 9.1."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.rules import national
from harness.rules import profile as profiles
from harness.rules.profile import Profile
from harness.rules.rule import Verdict
from harness.wire.er7 import Message, escape

HEAD = "MSH|^~\\&|RIS|S|TLR|P|20260105||ORM^O01^ORM_O01|1|T|2.5.1|||||FRA|UNICODE UTF-8\r"
PS = "&1.2.250.1.71.4.2.1&ISO"
ST = "&1.2.250.1.71.4.2.2&ISO"


def broken(profile: Profile, segment: str) -> list[str]:
    """Ids of the rules on national identifiers that have something to say."""
    judged = profile.judge(profile.subject("HL7", Message((HEAD + segment + "\r").encode())))
    return [o.rule.id for o in judged if o.findings and o.rule.id.startswith(("PS-", "ST-"))]


def person(number: str, kind: str, authority: str = f"ASIP-SANTE-PS{PS}") -> str:
    return f"{number}^ESSAI^CLAUDE^^^DR^^^{authority}^D^^^{kind}"


def structure(number: str, kind: str, authority: str = f"ASIP-SANTE-ST{ST}") -> str:
    return f"SITE^^^^^{authority}^{kind}^^^{number}"


@pytest.mark.parametrize(
    ("number", "kind", "expected"),
    [
        ("801234567897", "IDNPS", []),
        ("810100997245", "IDNPS", []),
        ("0751012344", "IDNPS", []),
        ("02A1012344", "IDNPS", []),
        ("3750803447/12345", "IDNPS", []),
        ("10essai@example.mssante.fr", "IDNPS", []),
        ("801234564895", "IDNPS", ["PS-KEY"]),
        ("810005678901", "IDNPS", ["PS-KEY"]),
        ("01234567897", "IDNPS", ["PS-PREFIX"]),
        ("10100997245", "IDNPS", ["PS-PREFIX"]),
        ("8101009972", "IDNPS", ["PS-PREFIX"]),
        ("751012344", "IDNPS", ["PS-PREFIX"]),
        ("8٠1234567897", "IDNPS", ["PS-PREFIX"]),
        ("801234567897", "RPPS", []),
        ("01234567897", "RPPS", ["PS-BARE"]),
        ("10005678901", "RPPS", ["PS-BARE", "PS-KEY"]),
        ("0123456789", "RPPS", ["PS-FORM"]),
        ("901234567897", "RPPS", ["PS-FORM"]),
        ("751012344", "ADELI", ["PS-BARE"]),
        ("0751012344", "ADELI", []),
        ("75101234", "ADELI", ["PS-FORM"]),
        ("801234567897", "", []),
        ("12", "", ["PS-FORM"]),
        ("801234567897", "EI", ["PS-TYPE"]),
        ("801234567897  ", "IDNPS", []),
    ],
)
def test_professionals(profile: Profile, number: str, kind: str, expected: list[str]) -> None:
    for place in ("ORC|NW|||||||||{}", "ORC|NW|||||||||||{}", "PRT|||||{}", "PV1|||||||{}"):
        assert broken(profile, place.format(person(number, kind))) == expected, place


@pytest.mark.parametrize(
    ("number", "kind", "expected"),
    [
        ("1300017985", "IDNST", []),
        ("1750100125", "IDNST", []),
        ("12A0000001", "IDNST", []),
        ("318003502400041", "IDNST", []),
        ("378435954900010", "IDNST", []),
        ("335600000009075", "IDNST", []),
        ("2732829320", "IDNST", []),
        ("410100997245010", "IDNST", []),
        ("410100997245017", "IDNST", ["ST-KEY"]),
        ("373282932000079", "IDNST", ["ST-KEY"]),
        ("1300017986", "IDNST", ["ST-KEY"]),
        ("1120456789", "IDNST", ["ST-KEY"]),
        ("300017985", "IDNST", ["ST-PREFIX"]),
        ("18003502400041", "IDNST", ["ST-PREFIX"]),
        ("750803447", "FINEG", []),
        ("750712184", "FINEJ", []),
        ("1750712184", "FINEJ", ["ST-DIGIT"]),
        ("300017986", "FINEG", ["ST-KEY"]),
        ("30001798", "FINEG", ["ST-FORM"]),
        ("300017985\u00a0", "FINEG", ["ST-FORM"]),
        ("300017985   ", "FINEG", []),
        ("73282932000074", "SIRET", []),
        ("73282932000079", "SIRET", ["ST-KEY"]),
        ("732829320", "SIREN", []),
        ("1300017985", "", ["ST-TYPE"]),
        ("1300017985", "UF", ["ST-TYPE"]),
    ],
)
def test_structures(profile: Profile, number: str, kind: str, expected: list[str]) -> None:
    for place in ("ORC|NW" + "|" * 20 + "{}", "PRT||||||||{}"):
        assert broken(profile, place.format(structure(number, kind))) == expected, place


@pytest.mark.parametrize(
    ("segment", "expected"),
    [
        (f"PRT|||||{person('801234567897', 'IDNPS', '1.2.250.1.71.4.2.1')}", ["PS-OID"]),
        (f"PRT|||||{person('801234567897', 'IDNPS', 'X&1.2.250.1.71.4.2.2&ISO')}", ["PS-OID"]),
        (f"PRT||||||||{structure('300017985', 'FINEG', '')}", ["ST-OID"]),
        (f"PRT||||||||{structure('300017985', 'UF', '300017985')}", []),
        (f"PRT|||||{person('R854', 'EI', 'LOCAL&1.2.3&ISO')}", []),
        ("PRT|||||279035121518989^E^C^^^^^^N&1.2.250.1.213.1.4.10&ISO^L^^^INS", []),
        ("OBR|1" + "|" * 31 + "801234567897&ESSAI&CLAUDE&&&&&&&1.2.250.1.71.4.2.1&ISO", []),
        (
            "OBR|1" + "|" * 31 + "801234564895&ESSAI&CLAUDE&&&&&&&1.2.250.1.71.4.2.1&ISO",
            ["PS-KEY"],
        ),
        ("OBR|1" + "|" * 31 + "L07&LABBIO&JULIE", []),
        ("ORC|NW|||||||||" + "~".join([person("801234567897", "IDNPS")] * 2), []),
    ],
)
def test_authorities_and_what_is_not_national(
    profile: Profile, segment: str, expected: list[str]
) -> None:
    assert broken(profile, segment) == expected


@settings(deadline=None)
@given(st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\r\n"), max_size=30))
def test_any_text_as_a_number_is_judged(text: str) -> None:
    profile = profiles.load()
    for kind in ("IDNPS", "RPPS", "ADELI", ""):
        found = national.read_person(kind, text)
        assert found is None or isinstance(found.has_key, bool)
    for kind in ("IDNST", "FINEG", "SIREN", "SIRET", ""):
        seen = national.read_structure(kind, text)
        assert seen is None or isinstance(seen.has_key, bool)
    segment = f"ORC|NW|||||||||{person(escape(text), 'IDNPS')}\r"
    judged = profile.judge(profile.subject("HL7", Message((HEAD + segment).encode())))
    assert [o.rule.id for o in judged if o.verdict is Verdict.ERROR] == []
