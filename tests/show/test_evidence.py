"""A pack of evidence: intact it verifies, one changed byte is told with its place."""

import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness import data as shipped
from harness.errors import HarnessError
from harness.rules.profile import Profile
from harness.rules.rule import Level
from harness.show.evidence import container
from harness.show.evidence.making import make, sealed
from harness.show.evidence.sums import BLOCK, Sums, damages
from harness.show.evidence.verifying import load, verify
from harness.show.formats.jsonfmt import to_json
from harness.show.redact.sharing import shared
from harness.show.report import Report
from harness.show.runs import recorded, session
from harness.show.runs.rejudging import judge_again

Store = Callable[[bytes], Path]


@pytest.fixture(scope="module")
def packed(stopped: Report, profile: Profile, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The pack of a run that fails at its first message."""
    folder = tmp_path_factory.mktemp("run")
    session.keep_files(stopped.exchanges, folder)
    (folder / "result.json").write_text(to_json(stopped, every=True), encoding="utf-8")
    run = recorded.read(folder)
    return make(run, judge_again(run, profile, "telerad evidence"), "en", None).data


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    file = tmp_path_factory.mktemp("packs") / "pack.zip"

    def put(data: bytes) -> Path:
        file.write_bytes(data)
        return file

    return put


def members(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as pack:
        return {name: pack.read(name) for name in pack.namelist()}


def flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 0x01]) + data[at + 1 :]


def test_an_intact_pack_verifies(packed: bytes, store: Store, profile: Profile) -> None:
    pack = load(store(packed))
    found = verify(pack, profile)
    assert (found.intact, found.changed, found.moved, found.code) == (True, (), None, 0)
    assert found.same_rules
    assert pack.manifest["verdict"] == "fail"
    assert set(pack.sums) == {
        "result.json", "report.html", "messages/0001-A.er7", "messages/0001-A.ack.er7",
    }  # fmt: skip


def test_the_pack_is_a_plain_zip_that_others_read(packed: bytes) -> None:
    files = members(packed)
    assert files["messages/0001-A.er7"].startswith(b"MSH|")
    schema = json.loads(shipped.path("schemas", "evidence.schema.json").read_text("utf-8"))
    jsonschema.Draft202012Validator(schema).validate(json.loads(files["manifest.json"]))
    with zipfile.ZipFile(io.BytesIO(packed)) as pack:
        assert pack.testzip() is None


@pytest.mark.parametrize("name", ["messages/0001-A.er7", "result.json", "report.html"])
@pytest.mark.parametrize("at", [0, 700, -1])
def test_one_changed_byte_is_told_exactly(
    packed: bytes, store: Store, profile: Profile, name: str, at: int
) -> None:
    files = members(packed)
    offset = at % len(files[name])
    start = packed.index(files[name])
    found = verify(load(store(flipped(packed, start + offset))), profile)
    assert found.code == 1
    (damage,) = found.damaged
    assert (damage.name, damage.offset, damage.exact) == (name, offset, True)
    assert found.changed == ()


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.data())
def test_no_byte_of_the_file_changes_unseen(
    packed: bytes, store: Store, profile: Profile, data: st.DataObject
) -> None:
    at = data.draw(st.integers(0, len(packed) - 1))
    bit = data.draw(st.integers(0, 7))
    changed = packed[:at] + bytes([packed[at] ^ (1 << bit)]) + packed[at + 1 :]
    try:
        found = verify(load(store(changed)), profile)
    except HarnessError:
        return
    assert found.code == 1 or found.moved is not None


@pytest.mark.parametrize("name", ["manifest.json", "seal.json"])
def test_every_byte_of_manifest_and_seal_counts(packed: bytes, store: Store, name: str) -> None:
    files = members(packed)
    start = packed.index(files[name])
    for offset in range(0, len(files[name]), max(1, len(files[name]) // 40)):
        try:
            pack = load(store(flipped(packed, start + offset)))
        except HarnessError:
            continue
        assert pack.files[name] != files[name]
        assert pack.files["seal.json"] != sealed(pack.files["manifest.json"])


def test_a_missing_and_an_added_file_are_told(
    packed: bytes, store: Store, profile: Profile
) -> None:
    files = members(packed)
    del files["report.html"]
    files["messages/0009-A.er7"] = b"MSH|"
    found = verify(load(store(container.written(files))), profile)
    assert (found.missing, found.added) == (("report.html",), ("messages/0009-A.er7",))
    assert found.code == 1


def test_another_rule_set_is_told_as_such(packed: bytes, store: Store, profile: Profile) -> None:
    pack = load(store(packed))
    same = verify(pack, replace(profile, hash="0" * 64))
    assert (same.intact, same.same_rules, same.code) == (True, False, 0)
    softer = tuple(
        replace(rule, level=Level.SHOULD) if rule.id == "INS-F03" else rule
        for rule in profile.rules
    )
    found = verify(pack, replace(profile, hash="0" * 64, rules=softer))
    assert (found.intact, found.same_rules, found.code) == (True, False, 4)
    assert "messages/0001-A.er7" in found.changed


def test_the_same_rules_with_other_verdicts_are_no_agreement(
    packed: bytes, store: Store, profile: Profile
) -> None:
    files = members(packed)
    result = json.loads(files["result.json"])
    result["findings"] = []
    result["verdict"] = "pass"
    files["result.json"] = json.dumps(result).encode()
    manifest = json.loads(files["manifest.json"])
    manifest["files"]["result.json"] = Sums.of(files["result.json"]).as_dict()
    files["manifest.json"] = json.dumps(manifest).encode()
    files["seal.json"] = sealed(files["manifest.json"])
    found = verify(load(store(container.written(files))), profile)
    assert found.intact
    assert found.same_rules
    assert "messages/0001-A.er7" in found.changed
    assert found.code == 1


def test_a_pack_that_was_zipped_again_is_intact(
    packed: bytes, store: Store, profile: Profile
) -> None:
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as pack:
        for name, data in members(packed).items():
            pack.writestr(name, data)
    found = verify(load(store(whole.getvalue())), profile)
    assert (found.code, found.intact) == (0, True)
    assert found.moved is not None


def test_a_pack_with_pseudonyms_says_so(
    stopped: Report, profile: Profile, store: Store, tmp_path: Path
) -> None:
    session.keep_files(stopped.exchanges, tmp_path)
    (tmp_path / "result.json").write_text(to_json(stopped, every=True), encoding="utf-8")
    run, report, proof = shared(recorded.read(tmp_path), profile, "telerad evidence")
    pack = load(store(make(run, report, "fr", proof).data))
    assert pack.manifest["pseudonyms"] == {"same_findings": proof.same, "gone": [], "new": []}
    assert verify(pack, profile).code == 0
    assert stopped.exchanges[0].request
    assert stopped.exchanges[0].request.raw not in pack.files.values()


# -- what is no pack -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        "../evil", "/etc/passwd", "messages/../../x", "messages/", "a.txt", "messages\\x", "C:x",
        "messages/sub/x", "messages/" + "x" * 300, "Manifest.json",
    ],
)  # fmt: skip
def test_strange_names_are_refused(packed: bytes, store: Store, name: str) -> None:
    whole = io.BytesIO(packed)
    with zipfile.ZipFile(whole, "a") as pack:
        pack.writestr(name, b"x")
    with pytest.raises(HarnessError, match="no place in a pack"):
        load(store(whole.getvalue()))


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_name_told_twice_is_refused(packed: bytes, store: Store) -> None:
    whole = io.BytesIO(packed)
    with zipfile.ZipFile(whole, "a") as pack:
        pack.writestr("result.json", b"{}")
    with pytest.raises(HarnessError, match="no place in a pack"):
        load(store(whole.getvalue()))


def test_a_bomb_is_not_unpacked(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(container, "MAX_BYTES", 1_000_000)
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as pack:
        pack.writestr("result.json", b"0" * 2_000_000)
    with pytest.raises(HarnessError, match="too large"):
        load(store(whole.getvalue()))


@pytest.mark.parametrize("data", [b"", b"PK", b"not a zip", b"PK\x05\x06" + bytes(18)])
def test_what_is_no_zip_is_told(store: Store, data: bytes) -> None:
    with pytest.raises(HarnessError):
        load(store(data))


@given(st.binary(max_size=400))
def test_any_bytes_are_refused_in_words(store: Store, data: bytes) -> None:
    with pytest.raises(HarnessError):
        load(store(data))


def test_a_manifest_of_another_form_is_told(packed: bytes, store: Store) -> None:
    files = members(packed)
    for manifest in (b"[]", b"{}", b'{"schema": "telerad-evidence-1", "files": 3}', b"["):
        files["manifest.json"] = manifest
        files["seal.json"] = sealed(manifest)
        with pytest.raises(HarnessError, match=r"manifest\.json"):
            load(store(container.written(files)))


# -- sums ------------------------------------------------------------------------------------


@given(st.binary(min_size=1, max_size=3 * BLOCK), st.data())
def test_a_single_change_is_found_anywhere(data: bytes, draw: st.DataObject) -> None:
    at = draw.draw(st.integers(0, len(data) - 1))
    byte = draw.draw(st.integers(0, 255).filter(lambda value: value != data[at]))
    changed = data[:at] + bytes([byte]) + data[at + 1 :]
    assert list(damages("x", data, Sums.of(data))) == []
    (damage,) = damages("x", changed, Sums.of(data))
    assert (damage.offset, damage.exact) == (at, True)


@given(st.binary(max_size=2 * BLOCK), st.binary(max_size=2 * BLOCK))
def test_any_change_is_told(one: bytes, other: bytes) -> None:
    found = list(damages("x", other, Sums.of(one)))
    assert bool(found) == (one != other)
    assert Sums.read(json.loads(json.dumps(Sums.of(one).as_dict()))) == Sums.of(one)
