"""`telerad contested`, and `--reading` of the verbs that judge."""

from pathlib import Path

import pytest
from command import Telerad

from harness.rules import profile as profiles
from harness.sim.selfcheck.bases import bases
from harness.wire import edit
from harness.wire.edit import Edit

GUIDE = ("--profile", "ans-tlr-2026")


@pytest.fixture(scope="module")
def twice(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A complement whose exam has two modalities: E3."""
    subject = bases(profiles.load("ans-tlr-2026"))["4"][0].subject
    message = edit.apply(subject.carried, (Edit("repeat", "OBX[3.1=MODALITE_IMAGERIE]"),))
    file = tmp_path_factory.mktemp("contested") / "4.er7"
    file.write_bytes(message.raw)
    return file


def test_the_points_are_listed(telerad: Telerad) -> None:
    done = telerad("contested", "list", *GUIDE)
    assert done.code == 0
    for point in profiles.load("ans-tlr-2026").points.values():
        assert f"{point.id} " in done.out
        assert point.says.en in done.out


def test_a_point_shows_the_rules_of_each_reading(telerad: Telerad) -> None:
    done = telerad("contested", "show", "g1", *GUIDE, lang="fr")
    assert done.code == 0
    rule, sample = done.out.index("G1=rule"), done.out.index("G1=sample")
    assert rule < done.out.index("TLR-ACK-EVENT ") < sample
    assert sample < done.out.index("TLR-ACK-EVENT-R01")


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_the_export_asks_every_question(telerad: Telerad, lang: str) -> None:
    done = telerad("contested", "export", "--format", "md", *GUIDE, lang=lang)
    assert done.code == 0
    points = profiles.load("ans-tlr-2026").points
    assert done.out.count("\n## ") == len(points)
    for point in points.values():
        assert point.question.in_(lang) in done.out
        for reading in point.readings.values():
            assert f"- {reading.says.in_(lang)} (" in done.out


def test_unchosen_it_is_told_with_both_readings(telerad: Telerad, twice: Path) -> None:
    done = telerad("check", twice, *GUIDE)
    assert done.code == 0
    assert "? TLR-4-MODALITY-ONE" in done.out
    assert "one or more modalities (1..*)" in done.out
    assert "Conforms; some points are contested" in done.out


def test_the_strict_reading_warns(telerad: Telerad, twice: Path) -> None:
    done = telerad("check", twice, *GUIDE, "--reading", "E3=one")
    assert done.code == 0
    assert "! TLR-4-MODALITY-ONE" in done.out


def test_the_lax_reading_says_nothing(telerad: Telerad, twice: Path) -> None:
    done = telerad("check", twice, *GUIDE, "--reading", "E3=several", "--reading", "G1=rule")
    assert done.code == 0
    assert "TLR-4-MODALITY-ONE" not in done.out


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--reading", "E3"), "`E3` is no choice"),
        (("--reading", "Z1=a"), "no contested point `Z1`"),
        (("--reading", "E3=many"), "one, several"),
    ],
)
def test_a_wrong_choice_is_one_line(
    telerad: Telerad, twice: Path, words: tuple[str, ...], told: str
) -> None:
    done = telerad("check", twice, *GUIDE, *words)
    assert done.code == 2
    assert told in done.told


@pytest.mark.parametrize("words", [("export",), ("show", "G1")])
def test_a_profile_without_points_names_one_that_has_them(
    telerad: Telerad, words: tuple[str, ...]
) -> None:
    done = telerad("contested", *words)
    assert done.code == 2
    assert "no contested point" in done.told
    assert "(--profile ans-tlr-2026)" in done.told


def test_the_list_of_a_profile_without_points_names_one_that_has_them(telerad: Telerad) -> None:
    done = telerad("contested", "list")
    assert done.code == 0
    assert done.out.splitlines() == [
        "profile livre-blanc-2024 has no contested point",
        "Other profiles have some: --profile ans-tlr-2026",
    ]
