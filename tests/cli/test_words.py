"""Help, languages, and the verbs that only tell."""

import json
import re

import pytest
from command import Done, Telerad, call
from stored import compare

from harness.rules.profile import Profile
from harness.show.cli import VERBS
from harness.text import catalogue

KEY = re.compile(
    r"\b(?:cli|term|report|page|demo|explain|rules|yaml|group|judge|baseline|merge|evidence|rundiff|rulesdiff|migrate)\.[a-z_][a-z_.]+"
)
GROUPS = {
    "generate": ("flow", "cr", "da", "identity"),
    "baseline": ("check", "update"),
    "rules": ("list", "diff", "coverage"),
}
HELP = [(verb,) for verb in VERBS] + [(v, s) for v, subs in GROUPS.items() for s in subs] + [()]


@pytest.mark.parametrize("lang", ["fr", "en"])
@pytest.mark.parametrize("verb", HELP, ids=" ".join)
def test_help_has_no_untranslated_key(telerad: Telerad, verb: tuple[str, ...], lang: str) -> None:
    done = telerad(*verb, "--help", lang=lang)
    assert (done.code, done.err) == (0, "")
    assert [found for found in KEY.findall(done.out) if found in catalogue()] == []
    assert done.out.startswith("Usage :" if lang == "fr" else "Usage:")
    assert ("Montrer cette aide." if lang == "fr" else "Show this help.") in done.out
    assert "Show this message and exit" not in done.out


def test_the_help_lists_every_verb(telerad: Telerad) -> None:
    done = telerad("--help")
    assert re.findall(r"^  ([a-z]+)  ", done.out, re.M) == list(VERBS)


@pytest.mark.parametrize(
    ("arguments", "lang", "word"),
    [
        (["--lang", "fr"], "", "Défaut"),
        (["--lang=fr"], "en", "Défaut"),
        (["--lang", "en"], "fr", "Defect"),
        ([], "fr", "Défaut"),
        ([], "en", "Defect"),
        ([], "", "Defect"),
        ([], "it", "Defect"),
    ],
)
def test_the_command_line_over_the_environment(
    telerad: Telerad, arguments: list[str], lang: str, word: str
) -> None:
    assert word in telerad("demo", "--help", *arguments, lang=lang).out


def test_a_rule_is_explained_as_stored(telerad: Telerad) -> None:
    for lang in ("fr", "en"):
        done = telerad("explain", "ins-f03", lang=lang)
        assert done.code == 0
        compare(f"explain-{lang}", "\n".join(done.out.splitlines()[:3]))


def test_rules_are_listed_by_prefix(telerad: Telerad, profile: Profile) -> None:
    done = telerad("rules", "list", "INS-F", "--format", "json")
    wanted = [rule.id for rule in profile.rules if rule.id.startswith("INS-F")]
    rows = json.loads(done.out)
    assert [row["id"] for row in rows] == wanted
    assert len(wanted) >= 5
    assert all(row["says"]["fr"] and row["says"]["en"] for row in rows)
    text = telerad("rules", "list", "ins-f").out
    assert [line.split()[0] for line in text.splitlines()][:-1] == wanted


def test_rules_are_listed_by_flow(telerad: Telerad, profile: Profile) -> None:
    done = telerad("rules", "list", "--flow", "C", "--format", "json")
    assert {row["id"] for row in json.loads(done.out)} == {
        rule.id for rule in profile.rules if "C" in rule.kinds
    }


def test_the_schema_of_scenarios_is_json(telerad: Telerad) -> None:
    assert "properties" in json.loads(telerad("schema").out)


def test_the_version_is_one_line(telerad: Telerad) -> None:
    assert re.fullmatch(r"telerad \d+\.\d+\.\d+\S*\n", telerad("--version").out)


def test_without_a_verb_the_help_is_shown(telerad: Telerad) -> None:
    done = telerad()
    assert done.code == 2
    assert "telerad" in done.out + done.err


@pytest.fixture(scope="module")
def french(tmp_path_factory: pytest.TempPathFactory) -> Done:
    return call(tmp_path_factory.mktemp("fr"), "demo", "--lang", "fr", "--out", "run")


@pytest.mark.net
def test_a_run_in_french_has_no_english(french: Done) -> None:
    for word in ("Requirements", "Report", "platform ", "checks", "Conforms"):
        assert word not in french.out
    for word in ("plateforme", "Exigences (MUST) :", "Rapport : run/report.html", "✓ Conforme"):
        assert word in french.out


@pytest.mark.net
def test_the_report_opens_in_the_language_of_the_run(french: Done) -> None:
    page = (french.folder / "run/report.html").read_text(encoding="utf-8")
    assert '<html lang="fr">' in page
