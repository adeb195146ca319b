import base64
import hashlib
import re
from html.parser import HTMLParser

import pytest
from rich.console import Console

from harness.rules import coverage
from harness.rules.coverage import Statement, Status
from harness.rules.profile import Profile
from harness.rules.rule import Rule
from harness.show import rulebook
from harness.show.example import Bases, example
from harness.show.place import overlaps, places_of, rules_about, standard
from harness.show.terminal import Terminal
from harness.sim.selfcheck import bases as good
from harness.wire import er7path

DOCUMENTS = frozenset({"CR", "DA", "CDA"})


@pytest.fixture(scope="module")
def bases(profile: Profile) -> Bases:
    return good.bases(profile)


@pytest.fixture(scope="module")
def statements(profile: Profile) -> tuple[Statement, ...]:
    return coverage.load(profile)


@pytest.fixture(scope="module")
def page(profile: Profile, statements: tuple[Statement, ...]) -> str:
    return rulebook.to_html(profile, statements, profile.rules, "fr")


def rule(profile: Profile, name: str) -> Rule:
    found = profile.rule(name)
    assert found
    return found


class Links(HTMLParser):
    """Ids, and everything that could be fetched."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.bad: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name == "id":
                self.ids.append(value or "")
            if name in ("src", "href", "action", "data", "poster", "srcset"):
                self.links.append(value or "")
            if name == "style" or name.startswith("on"):
                self.bad.append(f"{tag} {name}")


def test_the_page_refers_to_nothing_outside_itself(page: str) -> None:
    parser = Links()
    parser.feed(page)
    assert parser.bad == []
    assert [link for link in parser.links if not link.startswith(("#", "data:,"))] == []
    inner = {link[1:] for link in parser.links if link.startswith("#")}
    assert inner <= set(parser.ids)
    assert len(parser.ids) == len(set(parser.ids))


def test_the_policy_allows_our_style_and_script_and_nothing_else(page: str) -> None:
    found = re.search(r'Content-Security-Policy" content="([^"]+)"', page)
    assert found
    policy = found[1].replace("&#39;", "'")
    assert policy.startswith("default-src 'none';")
    for tag in ("style", "script"):
        (text,) = re.findall(f"<{tag}>(.*?)</{tag}>", page, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy


def test_the_page_shows_every_statement_and_every_rule(
    page: str, profile: Profile, statements: tuple[Statement, ...]
) -> None:
    for name in [s.id for s in statements] + [r.id for r in profile.rules]:
        assert f'id="{name}"' in page
    assert page.count("statement s-covered") == coverage.score(statements)[Status.COVERED]
    assert page.count('class="fr"') == page.count('class="en"')


def test_the_terminal_tells_every_statement_and_the_score(
    profile: Profile, statements: tuple[Statement, ...]
) -> None:
    for lang in ("fr", "en"):
        console = Console(width=120, record=True, quiet=False, file=None, soft_wrap=True)
        with console.capture() as capture:
            rulebook.to_terminal(Terminal(lang, console), profile, statements)
        text = capture.get()
        assert all(statement.id in text for statement in statements)
        assert rulebook.score_line(statements).in_(lang) in text


def test_every_rule_that_says_how_it_is_broken_has_an_example(
    profile: Profile, bases: Bases
) -> None:
    """With lines of both sides that differ, and what the finding would say."""
    without = []
    for one in profile.rules:
        found = example(one, profile, bases)
        if one.untested or one.check is None:
            assert found is None, one.id
        for pair in found.pairs if found else ():
            forgets = bool(one.mutants) and one.mutants[0][0].verb == "forget"
            assert forgets or pair.good != pair.bad, one.id  # what never came changes no line
            assert pair.problem, one.id
        if one.check and not one.untested and not (found and found.pairs):
            without.append(one)
    assert [one.id for one in without if one.mutants and not one.kinds <= DOCUMENTS] == []
    assert len(without) < len(profile.rules) / 10  # the self-check knows which, and why


def test_an_example_marks_what_differs(profile: Profile, bases: Bases) -> None:
    found = example(rule(profile, "LB-D-STUDY-UID-FORM"), profile, bases)
    assert found
    (pair,) = found.pairs
    assert pair.good[0].before == pair.bad[0].before == "ZDS|"
    assert pair.bad[0].marked == "1.2.03.4"
    assert pair.problem
    assert pair.problem.at.path == "ZDS-1.1"


def test_a_long_line_is_cut_around_what_differs(profile: Profile, bases: Bases) -> None:
    found = example(rule(profile, "LB-A-PID-11-COG"), profile, bases)
    assert found
    part = found.pairs[0].good[0].fit(80)
    assert part.before.startswith("PID|…")
    assert part.marked == "48095"
    assert len(part.before + part.marked + part.after) <= 80


@pytest.mark.parametrize(
    ("place", "name", "kind"),
    [
        ("PID-3", "Patient Identifier List", "CX"),
        ("PID-3.4", "Assigning Authority", "HD"),
        ("PID-3.4.2", "Universal ID", "ST"),
        ("OBX-5", "Observation Value", "varies"),
        ("OBX-5.2", "-", ""),
        ("IPC-1", "Accession Identifier", "EI"),
        ("ZDS-1", "Study Instance UID", "RP"),
        ("PID-20", "Driver's License Number Patient", "DLN"),
        ("ORC", "Common Order", ""),
    ],
)
def test_names_of_the_standard(place: str, name: str, kind: str) -> None:
    found = standard(er7path.parse(place))
    assert (found.name.en, found.type) == (name, kind)


def test_a_place_is_inside_another_whatever_picks_it() -> None:
    def meet(one: str, other: str) -> bool:
        return overlaps(er7path.parse(one), er7path.parse(other))

    assert meet("PID-3", "PID-3[5=INS].1")
    assert meet("PID-3.4", "PID-3[1]")
    assert meet("ORC", "ORC-12.1")
    assert not meet("PID-3.4", "PID-3.1")
    assert not meet("OBX-5", "OBX-11")


def test_rules_about_a_place_of_a_flow(profile: Profile) -> None:
    ids = [found.id for found in rules_about(profile, er7path.parse("PID-3"), "A")]
    assert {"LB-A-PID-3-INS", "LB-A-PID-3-OID", "INS-O01"} <= set(ids)
    assert "LB-PID-3" not in ids  # flows C and D
    assert "LB-D-DOSE" in [r.id for r in rules_about(profile, er7path.parse("OBX-5"), "D")]


def test_every_field_that_a_rule_is_about_is_known_to_the_standard(profile: Profile) -> None:
    for one in profile.rules:
        for place in places_of(one):
            found = standard(er7path.parse(place))
            assert found.place, place
            assert found.name.fr, place
