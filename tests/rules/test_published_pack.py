"""Packs: what is repaired, what is refused, what is kept, and the asserts as our rules."""

import json
import zipfile
from pathlib import Path

import pytest
from published_pack import DOCUMENT, SCH, VALUE_SET, schema, write

from harness.errors import HarnessError
from harness.rules.published import archive, rules, saxon, store
from harness.rules.published.read import read
from harness.rules.published.repair import Publication
from harness.rules.published.store import Source
from harness.rules.rule import Level, Outcome, Subject, Verdict, evaluate_all
from harness.show import packs
from harness.wire.cda import Document

HERE = Source("here", "", "2026-01-05T10:00:00+00:00")


@pytest.fixture(autouse=True)
def _data(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TELERAD_DATA", str(tmp_path_factory.mktemp("data")))


def _rule(test: str, context: str = "c:ClinicalDocument", role: str = "") -> str:
    asked = f' role="{role}"' if role else ""
    return f"""<pattern id="p"><rule context="{context}"><assert{asked} test="{test}">said</assert>
    </rule></pattern>"""


def _refused(folder: Path, body: str, **files: str) -> str:
    write(folder, {"main.sch": schema(body), **files})
    with pytest.raises(HarnessError) as wrong:
        read(Publication(folder), "main.sch")
    return wrong.value.render("en")


# refused


@pytest.mark.parametrize(
    "test",
    [
        "document('file:///etc/passwd')//x",
        "doc('http://example.org/x.xml')/x",
        "doc('//example.org/x.xml')/x",
        "doc('/etc/passwd')",
        "doc('../../secret.xml')//x",
        "doc('%2e%2e/secret.xml')//x",
        "doc('..\\secret.xml')//x",
        "doc-available('jar:file:/x.jar!/y')",
        "document(concat('file:', c:id/@root))",
        "doc(c:id/@root)",
        "doc(concat(c:id/@root, '.xml'))",
        "document('')",
        "unparsed-text('notes.txt') = 'x'",
        "collection('.')",
        "environment-variable('HOME') = 'x'",
        "transform(map{})",
        "f:system('ls')",
        "java:java.lang.System.exit(1)",
        "saxon:evaluate('1')",
        "c:id/unparsed-text-available('x')",
        "(1, 2) => doc('x')",
        "doc#1",
    ],
)
def test_what_reaches_outside_its_pack_is_refused(tmp_path: Path, test: str) -> None:
    head = '<ns prefix="f" uri="urn:f"/><ns prefix="saxon" uri="http://saxon.sf.net/"/>'
    body = head + _rule(test.replace("<", "&lt;"))
    (tmp_path / "pack").mkdir()
    write(tmp_path, {"secret.xml": "<x/>"})
    try:
        told = _refused(tmp_path / "pack", body)
    except pytest.fail.Exception:  # not an expression at all: no engine ever gets it
        engine = store._compile(Publication(tmp_path / "pack"), "main.sch")
        assert list(engine.untranslated) == [0]
        return
    assert "main.sch" in told


@pytest.mark.parametrize("place", ["let", "context", "value-of"])
def test_wherever_it_stands(tmp_path: Path, place: str) -> None:
    outside = "doc('file:///etc/passwd')/x"
    told = _refused(
        tmp_path,
        {
            "let": f'<let name="a" value="{outside}"/>{_rule("true()")}',
            "context": _rule("true()", context=f"c:id[{outside}]"),
            "value-of": _rule("false()").replace("said", f'<value-of select="{outside}"/>'),
        }[place],
    )
    assert "file:///etc/passwd" in told


def test_instructions_that_write_are_refused(tmp_path: Path) -> None:
    function = """<xsl:function xmlns:xsl="http://www.w3.org/1999/XSL/Transform" name="c:f">
      <xsl:result-document href="/tmp/x"/></xsl:function>"""
    assert "result-document" in _refused(tmp_path, function + _rule("true()"))


def test_an_include_stays_inside(tmp_path: Path) -> None:
    write(tmp_path, {"outside.sch": f"<pattern {SCH}/>"})
    (tmp_path / "pack").mkdir()
    for href in ("../outside.sch", "file:///x.sch", "http://example.org/x.sch", "/x.sch"):
        assert href in _refused(tmp_path / "pack", f'<include href="{href}"/>')


def test_a_link_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    write(tmp_path, {"outside.sch": f"<pattern {SCH}/>"})
    (tmp_path / "pack").mkdir()
    (tmp_path / "pack" / "in.sch").symlink_to(tmp_path / "outside.sch")
    assert "in.sch" in _refused(tmp_path / "pack", '<include href="in.sch"/>')


def test_an_include_that_includes_itself(tmp_path: Path) -> None:
    loop = f'<pattern {SCH}><include href="a.sch"/></pattern>'
    assert "includes itself" in _refused(tmp_path, '<include href="a.sch"/>', **{"a.sch": loop})


def test_includes_that_double_each_time(tmp_path: Path) -> None:
    files = {
        f"p{n}.sch": f'<pattern {SCH}><include href="p{n + 1}.sch"/><include href="p{n + 1}.sch"/>'
        "</pattern>"
        for n in range(25)
    }
    files["p25.sch"] = f"<pattern {SCH}/>"
    assert "too many" in _refused(tmp_path, '<include href="p0.sch"/>', **files)


def test_entities_are_refused(tmp_path: Path) -> None:
    bomb = '<!DOCTYPE a [<!ENTITY x "y">]>' + schema(_rule("true()"))
    write(tmp_path, {"main.sch": bomb})
    with pytest.raises(HarnessError):
        read(Publication(tmp_path), "main.sch")


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ('<include href="none.sch"/>', "not found"),
        ('<pattern id="a" is-a="none"/>', "none"),
        ('<pattern><rule context="c:id"><extends rule="none"/></rule></pattern>', "none"),
    ],
)
def test_what_is_missing_is_told(tmp_path: Path, body: str, told: str) -> None:
    assert told in _refused(tmp_path, body)


# repaired


def test_each_repair_is_listed(tmp_path: Path) -> None:
    test = "doc('include/voc-1.2.250.1.213.1.1.5.999-DYNAMIC.xml')//concept/@code = 'R'"
    body = (
        f"""<include href="parts/E_Anticipee.sch"/><include href="parts/a b.sch"/>{_rule(test)}"""
    )
    files = {
        "main.sch": schema(body),
        "parts/E_anticipee.sch": f"<pattern {SCH} id='q'/>",
        "parts/a b.sch": f"<pattern {SCH} id='r'/>",
        "jeuxDeValeurs/JDV_Couleur.xml": VALUE_SET,
    }
    made = store.add(write(tmp_path, files), "our-pack", HERE)
    assert {(one.kind, one.asked, one.taken) for one in made.repairs} == {
        ("letter-case", "parts/E_Anticipee.sch", "parts/E_anticipee.sch"),
        ("space", "parts/a b.sch", "parts/a b.sch"),
        (
            "value-set",
            "include/voc-1.2.250.1.213.1.1.5.999-DYNAMIC.xml",
            "jeuxDeValeurs/JDV_Couleur.xml",
        ),
    }
    assert made.missing == ()
    outcomes = _judged("our-pack")
    assert [one.verdict for one in outcomes] == [Verdict.PASS]


def test_a_value_set_without_remedy_is_listed_and_never_passed(tmp_path: Path) -> None:
    body = _rule("doc('sets/none.xml')//x")
    made = store.add(write(tmp_path, {"main.sch": schema(body)}), "our-pack", HERE)
    assert made.missing == ("sets/none.xml",)
    (outcome,) = _judged("our-pack")
    assert outcome.verdict is Verdict.INCONCLUSIVE
    assert "FODC0002" in outcome.findings[0].problem.actual.en


# kept


def _judged(name: str, kind: str = "CDA", document: str = DOCUMENT) -> list[Outcome]:
    subject = Subject(kind, None, Document.parse(document.encode()))
    return list(evaluate_all(rules.load(name).rules, subject))


def test_asserts_become_rules(tmp_path: Path) -> None:
    body = _rule("count(c:author) = 3") + _rule("c:x", role="warning").replace('"p"', '"w"')
    body += _rule("true()", context="c:nothing").replace('"p"', '"n"')
    store.add(write(tmp_path, {"main.sch": schema(body)}), "our-pack", HERE)
    failed, warned, absent = _judged("our-pack")
    assert failed.rule.group == packs.GROUP
    assert failed.verdict is Verdict.FAIL
    assert failed.rule.level is Level.MUST
    assert failed.rule.says.fr == "said"
    assert failed.rule.source.document == "our-pack"
    place = failed.findings[0].problem.at
    assert (place.xpath, place.line) == ("/ClinicalDocument", 3)  # libxml2: where the tag ends
    assert "count(c:author) = 3" in failed.findings[0].problem.actual.en
    assert warned.verdict is Verdict.WARNING
    assert absent.verdict is Verdict.NOT_APPLICABLE
    assert failed.rule.origin.startswith("main.sch:")


def test_an_id_stays_when_others_come_and_go(tmp_path: Path) -> None:
    one, other = _rule("count(c:author) = 3"), _rule("c:x").replace('"p"', '"w"')
    store.add(write(tmp_path, {"main.sch": schema(one + other)}), "our-pack", HERE)
    before = [rule.id for rule in rules.load("our-pack").rules]
    changed = "<!-- moved -->\n" + other + one.replace("said", "said otherwise")
    store.add(write(tmp_path, {"main.sch": schema(changed)}), "our-pack", HERE)
    after = [rule.id for rule in rules.load("our-pack").rules]
    assert after == before[::-1]
    assert all(name.startswith("OUR-MAIN-") and name == name.upper() for name in after)


def test_the_same_assert_twice_has_two_ids(tmp_path: Path) -> None:
    twice = """<pattern id="p"><rule context="c:id"><assert test="@x">a</assert>
      <assert test="@x">b</assert></rule></pattern>"""
    store.add(write(tmp_path, {"main.sch": schema(twice)}), "our-pack", HERE)
    first, second = (rule.id for rule in rules.load("our-pack").rules)
    assert second == f"{first}.2"


def test_an_abstract_rule_is_one_rule_at_all_its_contexts(tmp_path: Path) -> None:
    body = """<pattern id="p"><rule abstract="true" id="a"><assert test="@none">none</assert></rule>
      <rule context="c:id"><extends rule="a"/></rule>
      <rule context="c:code"><extends rule="a"/></rule></pattern>"""
    store.add(write(tmp_path, {"main.sch": schema(body)}), "our-pack", HERE)
    (outcome,) = _judged("our-pack")
    assert len(outcome.findings) == 9


def test_a_second_start_compiles_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store.add(write(tmp_path, {"main.sch": schema(_rule("c:x"))}), "our-pack", HERE)

    def never(*_: object) -> None:
        raise AssertionError("compiled again")

    monkeypatch.setattr(store, "_compile", never)
    assert [one.verdict for one in _judged("our-pack")] == [Verdict.FAIL]


def test_what_another_version_compiled_is_compiled_again(tmp_path: Path) -> None:
    store.add(write(tmp_path, {"main.sch": schema(_rule("c:x"))}), "our-pack", HERE)
    (file,) = (store.folder("our-pack") / "compiled").glob("*.json")
    content = json.loads(file.read_text())
    file.write_text(json.dumps({**content, "key": "old", "schema": {}}))
    assert [one.verdict for one in _judged("our-pack")] == [Verdict.FAIL]
    assert json.loads(file.read_text()) == content
    file.write_text("{")
    assert [one.verdict for one in _judged("our-pack")] == [Verdict.FAIL]


def test_a_refused_pack_leaves_the_old_one(tmp_path: Path) -> None:
    made = store.add(write(tmp_path, {"main.sch": schema(_rule("c:x"))}), "our-pack", HERE)
    write(tmp_path, {"main.sch": schema(_rule("doc('file:///x')"))})
    with pytest.raises(HarnessError):
        store.add(tmp_path, "our-pack", HERE)
    assert store.manifest("our-pack") == made
    assert store.names() == ("our-pack",)


def test_two_versions_of_a_schema_have_labels_of_their_own(tmp_path: Path) -> None:
    files = {f"CI-SIS_X_{year}.01.sch": schema(_rule("c:x")) for year in (2023, 2024)}
    made = store.add(write(tmp_path, files), "our-pack", HERE)
    assert [one.label for one in made.schemas] == ["X-2023.01", "X-2024.01"]
    ids = [rule.id for rule in rules.load("our-pack").rules]
    assert len(set(ids)) == len(ids) == 2


def test_a_schema_that_cannot_be_read_is_left_out_where_it_shows(tmp_path: Path) -> None:
    files = {"a.sch": schema(_rule("c:x")), "b.sch": schema('<include href="none.sch"/>')}
    made = store.add(write(tmp_path, files), "our-pack", HERE)
    assert [one.file for one in made.schemas] == ["a.sch"]
    ((path, why),) = made.left_out
    assert path == "b.sch"
    assert "none.sch" in why
    assert store.manifest("our-pack") == made


@pytest.mark.parametrize("name", ["../x", "X", "", ".hidden", "a/b"])
def test_a_name_is_no_path(tmp_path: Path, name: str) -> None:
    with pytest.raises(HarnessError):
        store.add(write(tmp_path, {"main.sch": schema(_rule("c:x"))}), name, HERE)


def test_asserts_that_always_hold_are_listed(tmp_path: Path) -> None:
    body = _rule("count(c:x) &gt;= 0")
    made = store.add(write(tmp_path, {"main.sch": schema(body)}), "our-pack", HERE)
    assert made.vacuous == (rules.load("our-pack").rules[0].id,)


# SaxonC


NEEDS_SAXON = "matches(c:title, '\\p{Lu}')"


def test_what_only_saxon_can_judge_is_judged_there(tmp_path: Path) -> None:
    body = _rule(NEEDS_SAXON) + _rule(f"not({NEEDS_SAXON})").replace('"p"', '"q"')
    made = store.add(write(tmp_path, {"main.sch": schema(body)}), "our-pack", HERE)
    assert made.schemas[0].saxon == 2
    good, bad = _judged("our-pack")
    assert (good.verdict, bad.verdict) == (Verdict.PASS, Verdict.FAIL)
    assert bad.findings[0].problem.at.xpath == "/ClinicalDocument"


def test_without_saxon_it_is_not_tested(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    body = _rule(NEEDS_SAXON) + _rule("c:x").replace('"p"', '"q"')
    store.add(write(tmp_path, {"main.sch": schema(body)}), "our-pack", HERE)
    monkeypatch.setattr(saxon, "is_there", lambda: False)
    unjudged, failed = _judged("our-pack")
    assert unjudged.verdict is Verdict.NOT_TESTED
    assert unjudged.reason is not None
    assert "SaxonC" in unjudged.reason.en
    assert failed.verdict is Verdict.FAIL


# archives


def _zip(file: Path, **entries: bytes) -> Path:
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
        for name, raw in entries.items():
            made.writestr(name, raw)
    return file


def test_a_folder_around_everything_is_left_out(tmp_path: Path) -> None:
    file = _zip(tmp_path / "a.zip", **{"top/a/x.sch": b"x", "top/y.sch": b"y"})
    root = archive.unpack(file, tmp_path / "out")
    assert sorted(one.name for one in root.iterdir()) == ["a", "y.sch"]


@pytest.mark.parametrize("name", ["../x.sch", "/x.sch", "a/../../x.sch", "C:/x.sch", "..\\x.sch"])
def test_a_path_out_of_the_archive_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(HarnessError, match="refused"):
        archive.unpack(_zip(tmp_path / "a.zip", **{name: b"x"}), tmp_path / "out")
    assert not (tmp_path / "x.sch").exists()


def test_a_bomb_is_refused(tmp_path: Path) -> None:
    file = _zip(tmp_path / "a.zip", **{"x.xml": b"0" * 20_000_000})
    with pytest.raises(HarnessError, match="too large"):
        archive.unpack(file, tmp_path / "out")


def test_a_link_is_refused(tmp_path: Path) -> None:
    entry = zipfile.ZipInfo("link")
    entry.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as made:
        made.writestr(entry, "/etc/passwd")
    with pytest.raises(HarnessError, match="refused"):
        archive.unpack(tmp_path / "a.zip", tmp_path / "out")


def test_what_is_no_archive_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(b"PK\x03\x04 nothing")
    with pytest.raises(HarnessError):
        archive.unpack(tmp_path / "a.zip", tmp_path / "out")


# documents of one kind


def test_a_schema_of_a_volume_is_about_its_documents(tmp_path: Path) -> None:
    head = """<pattern id="Entete_X"><rule context="cda:ClinicalDocument">
      <assert test="cda:templateId[@root='1.2.250.1.213.1.1.1.77']">template</assert>
    </rule></pattern>"""
    body = '<ns prefix="cda" uri="urn:hl7-org:v3"/>' + head
    made = store.add(write(tmp_path, {"CI-SIS_X_2024.01.sch": schema(body)}), "our-pack", HERE)
    assert made.schemas[0].template == "1.2.250.1.213.1.1.1.77"
    assert [one.verdict for one in _judged("our-pack")] == [Verdict.NOT_APPLICABLE]
    carried = DOCUMENT.replace('root="1.1"', 'root="1.2.250.1.213.1.1.1.77"')
    assert [one.verdict for one in _judged("our-pack", document=carried)] == [Verdict.PASS]


def test_reports_and_requests_have_their_own_schemas(tmp_path: Path) -> None:
    names = ("CI-SIS_IMG-CR-IMG_2024.01.sch", "CI-SIS_IMG-DA-IMG_2024.01.sch")
    files = {f"schematrons/{name}": schema(_rule("c:x")) for name in names}
    root = write(tmp_path, {**files, "schematrons/CI-SIS_Other.sch": schema(_rule("c:x"))})
    name = store.default_name(root, "x")
    assert name == "ans-cda-2024.01"
    made = store.add(root, name, HERE)
    assert [(one.label, one.kinds) for one in made.schemas] == [
        ("CR-IMG", ("CR",)),
        ("DA-IMG", ("DA",)),
    ]
    assert len(_judged(name, "CR")) == len(_judged(name, "DA")) == 1
    level_1 = DOCUMENT.replace("structuredBody", "nonXMLBody")
    (outcome,) = _judged(name, "CR", level_1)
    assert outcome.verdict is Verdict.NOT_APPLICABLE
