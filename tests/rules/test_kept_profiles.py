"""A profile that was kept judges as the one that was compiled, and is never read from elsewhere."""

import pickle
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from harness.rules import compiling, image, keeping, named
from harness.rules import profile as profiles
from harness.rules.deferred import Deferred
from harness.rules.keeping import Asked
from harness.rules.profile import Profile
from harness.rules.rule import Outcome, Rule
from harness.sim.actor import Actor
from harness.sim.generate import cases
from harness.text import Text
from harness.wire.er7 import Message

NAMES = ("livre-blanc-2024", "ans-tlr-2026")


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("TELERAD_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def kept(name: str, mapping: Path | None = None) -> Profile:
    """The profile as another process reads it."""
    asked = Asked(name, mapping)
    keeping.kept_or(asked, compiling.profile)
    return keeping.kept_or(asked, never)


def never(asked: Asked, recorder: object) -> Profile:
    raise AssertionError(f"{asked.name} is compiled again")


def data_of(rule: Rule) -> tuple[object, ...]:
    """A rule without its functions; of those, whether there are any."""
    parts = [getattr(rule, name) for name in image._NAMES if name not in (*image.PARTS, "dispute")]
    others = [[one.id for one in rules] for rules in rule.dispute.others] if rule.dispute else None
    return *parts, *(getattr(rule, name) is None for name in image.PARTS), others


def told(outcomes: tuple[Outcome, ...]) -> list[tuple[object, ...]]:
    return [
        (one.rule.id, one.verdict, one.reason, [found.problem for found in one.findings])
        for one in outcomes
    ]


def messages(profile: Profile, clock: datetime) -> Iterator[tuple[str, Message]]:
    """One of each flow, and each again with places emptied and spoilt."""
    case = cases.make_case("ct-brain", 3, clock)
    for flow in profile.flows.values():
        if flow.made:
            good = Actor(flow.sender, profile, case).compose(flow.id, case, clock)
            yield flow.id, good
            yield flow.id, good.with_value("PID-3.1", "").with_value("MSH-12", "9.9")
            yield flow.id, Message(good.raw.replace(b"OBX|", b"OBZ|").replace(b"<code ", b"<c "))
    yield "ACK", Message(b"MSH|^~\\&|A|B|C|D|2026||ACK|1|P|2.5\rMSA|ZZ|1\r")


@pytest.mark.parametrize("name", NAMES)
def test_it_judges_the_same(name: str, clock: datetime) -> None:
    compiled, found = compiling.profile(Asked(name)), kept(name)
    assert list(map(data_of, found.rules)) == list(map(data_of, compiled.rules))
    assert (found.hash, found.elements, found.facts) == (
        compiled.hash,
        compiled.elements,
        compiled.facts,
    )
    assert (found.flows, found.points) == (compiled.flows, compiled.points)
    assert found.recognise == compiled.recognise
    for kind, message in messages(compiled, clock):
        ours = found.judge(found.subject(kind, message))
        assert told(ours) == told(compiled.judge(compiled.subject(kind, message))), kind


def test_neighbours_that_are_settled_together_still_are() -> None:
    compiled, found = compiling.profile(Asked(NAMES[0])), kept(NAMES[0])
    sizes = [
        [len(group.rules) for group in profiles.grouped(r for r in one.rules if "CR" in r.kinds)]
        for one in (compiled, found)
    ]
    assert sizes[0] == sizes[1]


def test_a_mapping_has_a_profile_of_its_own(tmp_path: Path) -> None:
    mapping = tmp_path / "site.yaml"
    mapping.write_text("elements: {accession-number: {places: [OBR-3]}}", encoding="utf-8")
    assert kept(NAMES[0], mapping).elements["accession-number"].places == ("OBR-3",)
    assert kept(NAMES[0]).elements["accession-number"].places != ("OBR-3",)
    mapping.write_text("elements: {accession-number: {places: [OBR-2]}}", encoding="utf-8")
    assert kept(NAMES[0], mapping).elements["accession-number"].places == ("OBR-2",)


def test_a_spoilt_file_is_made_again(home: Path) -> None:
    before = kept(NAMES[0])
    (file,) = home.glob("profile-*")
    file.write_bytes(file.read_bytes()[:-1] + b"?")
    again = keeping.kept_or(Asked(NAMES[0]), compiling.profile)
    assert again.hash == before.hash
    assert kept(NAMES[0]).hash == before.hash


def test_only_our_own_records_are_read() -> None:
    assert image.read(image.write(Text("un", "one"))) == Text("un", "one")
    with pytest.raises(pickle.UnpicklingError, match="none of our records"):
        image.read(pickle.dumps(Path.unlink))
    with pytest.raises(pickle.UnpicklingError, match="none of our records"):
        image.read(b"cos\nsystem\n(S'true'\ntR.")


def test_each_check_is_found_in_one_module() -> None:
    homes = named.homes()
    assert set(homes) == set(named.names())
    assert set(homes.values()) <= set(named._MODULES)


def test_a_function_is_made_once() -> None:
    calls = []

    class Home:
        def functions(self, number: int) -> dict[str, object]:
            calls.append(number)
            return {"check": lambda subject: subject}

    deferred = Deferred(Home(), 7, "check")  # type: ignore[arg-type]
    assert (deferred(1), deferred(2), calls) == (1, 2, [7])
