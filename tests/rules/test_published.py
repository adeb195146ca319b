"""Published Schematron: what each construct means, the same natively and under SaxonC."""

from pathlib import Path
from xml.sax.saxutils import quoteattr

import pytest
from published_pack import SCH, VALUE_SET, Both, mutants, schema, tree, write

from harness.rules.published import plain
from harness.rules.published.parse import NotXPath, parse
from harness.rules.published.plain import NotPlain, Scope, Type
from harness.rules.published.vacuous import is_vacuous

# context: tests at it
TESTS: dict[str, list[str]] = {
    "c:ClinicalDocument": [
        "c:code/@code = '18748-4'",
        "c:code/@code = ('18748-4', '55115-0')",
        "not(c:code/@code != 'x')",
        "exists(c:title) and empty(c:copyTime)",
        "count(c:author) = 2",
        "count(c:author) gt 1",
        "count(true()) = 1 and count(5) = 1",
        "c:versionNumber/@value = 12",
        "c:versionNumber/@value > 5",
        "c:effectiveTime/@value < 'b'",
        "number(c:versionNumber/@value) + 1 = 13",
        "number(c:code/@code) = 3",
        "c:versionNumber/number(@value) <= 12",
        "c:author/c:time/number(@value) = 2024",
        "sum(c:versionNumber/@value) = 12",
        "string-length(c:title) > 3",
        "string-length(c:author) > 3",
        "normalize-space(c:code/@displayName) = 'Compte rendu'",
        "contains(c:title, 'crâne')",
        "starts-with(c:title, 'Scan') and ends-with(c:title, 'é')",
        "ends-with(c:copyTime/@value, '')",
        "upper-case(c:confidentialityCode/@code) = 'N'",
        "lower-case(c:title) = 'scanner du crâne é'",
        "matches(c:effectiveTime/@value, '^\\d{14}[+-]\\d{4}$')",
        "matches(c:effectiveTime/@value, '^[0-9]{8}')",
        "matches(c:title, '^scan', 'i')",
        "matches(c:id/@extension, '\\w-\\w')",
        "matches(c:id/@extension, '[\\s.]')",
        "tokenize(c:title, '\\s+')[2] = 'du'",
        "count(tokenize(c:author[1]/c:assignedAuthor/c:addr/@use, '\\s')) = 2",
        "tokenize(c:effectiveTime/@value, '[+-]') = '0100'",
        "replace(c:id/@extension, '([A-Z])-(\\d)', '$2$1') = '1A'",
        "substring(c:effectiveTime/@value, 1, 4) = '2024'",
        "substring(c:effectiveTime/@value, 5) != ''",
        "substring-before(c:effectiveTime/@value, '+') = '20240131101500'",
        "substring-after(c:effectiveTime/@value, '+') = '0100'",
        "translate(c:id/@extension, 'A-', 'b') = 'b1'",
        "concat(c:code/@code, c:code/@codeSystem) = '18748-42.16'",
        "concat('n', count(c:author)) = 'n2'",
        "string-join(c:author/c:time/@value, ',') = '20240131,2024'",
        "string-join((c:id/@root, c:id/@extension), '') = '1.2.3A-1'",
        "distinct-values(c:templateId/@root) = '1.2'",
        "count(distinct-values(//c:templateId/@root)) = 6",
        "some $a in c:author satisfies $a/c:time/@value = '2024'",
        "every $a in c:author satisfies $a/c:assignedAuthor",
        "every $a in c:author satisfies $a[c:assignedAuthor/c:id/@extension]",
        "some $a in c:author satisfies $a[c:time]",
        "every $a in c:author, $t in $a/c:time satisfies string-length($t/@value) > 3",
        "if (c:title) then c:code else c:id",
        "if (c:copyTime) then false() else c:id/@extension = 'A-1'",
        "(if (c:copyTime) then 'x' else ()) = 'x'",
        "(for $a in c:author return $a/c:time/@value) = '2024'",
        "not(c:author[2]/c:assignedAuthor/c:id/@extension)",
        "c:author[last()]/c:assignedAuthor/c:id/@nullFlavor",
        "c:author[position() = 1]/c:time/@value = '20240131'",
        "(c:author | c:title)[2]",
        "(c:author, c:title)[3]/self::c:title",
        "count(c:* except c:author) = count(c:*) - count(c:author)",
        "count(@* except (@classCode | @moodCode)) = 0",
        "count(c:author intersect c:*) = 2",
        "*:title and not(*:nothing)",
        "c:author/(c:time | c:assignedAuthor)/@*",
        "count(//c:section//c:templateId) = 6",
        "count(.//c:section) = 3",
        "c:component//c:observation[@moodCode]",
        "//c:section[not(c:text = '')]",
        "//c:code[. = '']",
        "c:versionNumber/@value castable as xs:integer",
        "c:title castable as xs:integer",
        "c:author/c:time/@value castable as xs:integer",
        "xs:integer(c:versionNumber/@value) = 12",
        "xs:integer(c:id/@extension) = 1",
        "'2024-02-29T24:00:00' castable as xs:dateTime",
        "not('2023-02-29T00:00:00' castable as xs:dateTime)",
        "xs:dateTime('2024-01-01T12:00:00+01:00') lt xs:dateTime('2024-01-01T11:30:00Z')",
        "'fr-FR' castable as xs:language and not('f_' castable as xs:language)",
        "'1e3' castable as xs:double and not('1e3' castable as xs:decimal)",
        "c:versionNumber/@value * 2 = 24",
        "c:versionNumber/@value mod 5 = 2",
        "7 idiv 2 = 3 and 7 div 2 = 3.5",
        "- c:versionNumber/@value = -12",
        "c:copyTime/@value + 1 = 2",
        "(1 to 3) = count(c:author)",
        "'a' < 'b' and not('B' > 'a')",
        "c:title = 'x' or 'a' lt 'b'",
        "c:code/@code eq '18748-4'",
        "c:author/c:time/@value eq '2024'",
        "true() = (c:title = c:title)",
        "c:title = true()",
        "iri-to-uri(c:title) = 'Scanner%20du%20cr%C3%A2ne%20%C3%A9'",
        "name() = 'ClinicalDocument' and local-name(c:id) = 'id'",
        "name(c:author) = 'author'",
        "namespace-uri() = 'urn:hl7-org:v3'",
        "current()/c:code/@code = '18748-4'",
        "c:author[c:time/@value = current()/c:effectiveTime/@value]",
        "not(c:code/following-sibling::c:id) and c:code/preceding-sibling::c:id",
        "//c:low/ancestor::c:observation[1]/c:code",
        "count(//c:low/ancestor::*) = 11",
        "(//c:low/ancestor::c:*)[1]/self::c:ClinicalDocument",
        "count(//@code) > 5",
        "count(//text()[normalize-space()]) > 3",
        "//text()[. = 'bas']/../@nothing",
        "//@code[. = 'R']/../@codeSystem = '1.2.3'",
        "//@code[../@codeSystem][starts-with(., 'R')]",
        "max(//c:low/@value) > 3",
        "index-of(c:templateId/@root, '1.2') = 2",
        "reverse(c:author/c:time/@value)[1] = '2024'",
        "round(2.5) = 3 and floor(-1.5) = -2 and ceiling(1.2) = 2",
        "root()/c:ClinicalDocument and /c:ClinicalDocument",
        "data(c:id/@root) = '1.2.3'",
        "boolean(c:title) and not(false())",
        "not((c:id/@root, 'x'))",
        "string(c:versionNumber/@value) = '12'",
        "string(1.50) = '1.5' and string(1e0) = '1' and string(1e7) = '1.0E7'",
        "string(c:author/c:time) = ''",
        "(: a comment (: inside :) :) c:title",
    ],
    "c:value": [
        "empty(@xsi:type) or resolve-QName(@xsi:type, .) = QName('urn:hl7-org:v3', 'CD')",
        "local-name-from-QName(resolve-QName(@xsi:type, .)) = ('CD', 'PQ', 'IVL_PQ')",
        "namespace-uri-from-QName(resolve-QName(@xsi:type, .)) = 'urn:hl7-org:v3'",
        "not(@xsi:type = 'CD') or doc('sets/couleur.xml')//svs:Concept[@code = current()/@code]",
        "not(c:low) or c:low/number(@value) <= c:high/number(@value)",
        "not(@value) or number(@value) > 12",
        "not(@unit) or @unit = ('mm', 'cm')",
    ],
    "c:observation[c:templateId/@root = '3.1']/c:code": [
        "document($set)//svs:Concept[@code = $code and @codeSystem = $system]",
        "$code = doc($set)/svs:*/svs:ValueSet/svs:ConceptList/svs:Concept/@code",
        "exists(doc('sets/couleur.xml')//svs:Concept[@code = $code][@codeSystem = $system])",
        "concat(@code, @codeSystem) = doc($set)//svs:Concept/concat(@code, @codeSystem)",
        "doc-available($set) and not(doc-available('sets/none.xml'))",
        "doc('sets/none.xml')//svs:Concept",
        "string-length($code) = 1",
        "$code and $nothing",
        "not($nothing)",
        "count($others) = 0",
        "$long != ''",
    ],
    "c:author/c:assignedAuthor//@root": [
        ". = '1.2.250.1.71.4.2.1'",
        "../@extension",
        "matches(., '^[\\d.]+$')",
        "string-length(.) > 10",
        "name(..) = 'id'",
    ],
    "/": ["c:ClinicalDocument", "count(//c:author) = 2", "not(*[2])"],
    "c:section[c:templateId/@root='2.1'] | c:section[not(c:code/@code)]": [
        "c:code/@code = 'A'",
        "c:text = ('un deux', 'bas')",
        "ancestor::c:section or c:entry",
    ],
}
LETS = """
  <let name="code" value="@code"/><let name="system" value="@codeSystem"/>
  <let name="nothing" value="@nothing"/><let name="others" value="../c:nothing"/>
  <let name="long" value="string-length(../../c:code)"/>
  <let name="long" value="concat('x', $code)"/>
"""


def _all_tests() -> str:
    patterns = []
    for number, (context, tests) in enumerate(TESTS.items()):
        lets = LETS if "$code" in "".join(tests) else ""
        asserts = "".join(f"<assert test={quoteattr(test)}>x</assert>" for test in tests)
        asserts += "".join(f"<report test={quoteattr(test)}>x</report>" for test in tests[:5])
        rule = f"<rule context={quoteattr(context)}>{lets}{asserts}</rule>"
        patterns.append(f'<pattern id="p{number}">{rule}</pattern>')
    head = """<let name="set" value="'sets/couleur.xml'"/>"""
    return schema("".join(patterns), head=head)


@pytest.fixture(scope="module")
def constructs(tmp_path_factory: pytest.TempPathFactory) -> Both:
    folder = tmp_path_factory.mktemp("constructs")
    files = {"main.sch": _all_tests(), "sets/couleur.xml": VALUE_SET}
    return Both(write(folder, files))


def test_every_construct_is_translated(constructs: Both) -> None:
    assert constructs.native.untranslated == {}


def test_both_engines_agree_on_the_document(constructs: Both) -> None:
    assert constructs.differences(tree()) == []


def test_both_engines_agree_on_200_mutants(constructs: Both) -> None:
    found = mutants(200)
    told = {difference for root in found for difference in constructs.differences(root)}
    assert told == set()


def test_the_mutants_prove_something(constructs: Both) -> None:
    """Nearly every test fails on one of them, and dynamic errors are among the answers."""
    failed, codes = set(), set()
    for root in [tree(), *mutants(200)]:
        for one in constructs.natively(root).failures:
            failed.add(one.number)
            codes.add(one.code)
    assert len(failed) > 0.8 * len(constructs.tests)
    assert codes >= {"", "XPTY0004", "FORG0001", "FODC0002"}


ONE_RULE = "<pattern><rule context='c:ClinicalDocument'>{}</rule></pattern>"


def _one(test: str) -> str:
    return schema(ONE_RULE.format(f"<assert test={quoteattr(test)}>x</assert>"))


@pytest.mark.parametrize(
    "test",
    [
        "matches(c:title, '\\p{Lu}')",
        "matches(c:title, c:code/@code)",
        "format-number(3, '0') = '3'",
        "c:title instance of element()",
        "deep-equal(c:author[1], c:author[2])",
    ],
)
def test_what_is_not_translated_is_told_and_left_to_saxon(tmp_path: Path, test: str) -> None:
    both = Both(write(tmp_path, {"main.sch": _one(test)}))
    assert list(both.native.untranslated) == [0]
    assert both.natively(tree()).failures == []
    assert both.saxon.run(tree()).fired == {0}


def test_other_bindings_and_xslt_functions_are_for_saxon(tmp_path: Path) -> None:
    function = """<xsl:function xmlns:xsl="http://www.w3.org/1999/XSL/Transform" name="f:two"
      xmlns:f="urn:f"><xsl:param name="a"/><xsl:sequence select="count($a) = 2"/></xsl:function>"""
    body = ONE_RULE.format('<assert test="f:two(c:author)">x</assert>')
    text = schema(body, head=f'<ns prefix="f" uri="urn:f"/>{function}')
    both = Both(write(tmp_path, {"main.sch": text.replace("<schema ", '<schema xmlns:f="urn:f" ')}))
    assert list(both.native.untranslated) == [0]
    assert both.saxon.run(tree()).failures == []
    first = Both(write(tmp_path, {"main.sch": _one("c:title").replace("xslt2", "xslt")}))
    assert first.native.untranslated == {0: "queryBinding xslt"}


# structure


def _fired(both: Both) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for one in both.natively(tree()).failures:
        found.setdefault(both.tests[one.number], []).append(both.native.message(one))
    return found


def test_a_node_is_for_the_first_context_of_a_pattern(tmp_path: Path) -> None:
    body = """<pattern>
      <rule context="c:section[c:templateId/@root='2.1']">
        <assert test="1 = 2">first</assert></rule>
      <rule context="c:section"><assert test="1 = 3">second</assert></rule>
    </pattern>
    <pattern><rule context="c:section"><assert test="1 = 4">other</assert></rule></pattern>"""
    both = Both(write(tmp_path, {"main.sch": schema(body)}))
    counts = {test: len(found) for test, found in _fired(both).items()}
    assert counts == {"1 = 2": 2, "1 = 3": 1, "1 = 4": 3}
    assert both.differences(tree()) == []


def test_includes_abstract_patterns_extends_phases_and_values(tmp_path: Path) -> None:
    abstract = f"""<pattern {SCH} id="in-set" abstract="true"><rule context="$element">
      <let name="code" value="@code"/>
      <assert test="document($path)//svs:Concept[@code=$code]">$what
        <value-of select="$code"/> of <name/>,
        <value-of select="count(//c:*[@code])"/></assert>
    </rule></pattern>"""
    used = f"""<pattern {SCH} id="colour" is-a="in-set">
      <param name="path" value="'sets/couleur.xml'"/>
      <param name="element" value="c:observation/c:code"/><param name="what" value="not"/>
    </pattern>"""
    rules = f"""<rule {SCH} abstract="true" id="coded"><let name="n" value="count(@*)"/>
      <assert test="$n = 99">coded <value-of select="$n"/></assert></rule>"""
    body = """<include href="parts/abstract.sch"/><include href="parts/used.sch"/>
      <phase id="all"><active pattern="colour"/><active pattern="main"/></phase>
      <pattern id="main"><include href="parts/rules.sch"/>
        <rule context="c:confidentialityCode"><extends rule="coded"/></rule></pattern>
      <pattern id="off"><rule context="c:title"><assert test="false()">off</assert></rule>
      </pattern>"""
    files = {
        "main.sch": schema(body, defaultPhase="all"),
        "parts/abstract.sch": abstract,
        "parts/used.sch": used,
        "parts/rules.sch": rules,
        "sets/couleur.xml": VALUE_SET,
    }
    both = Both(write(tmp_path, files))
    assert _fired(both) == {
        "document('sets/couleur.xml')//svs:Concept[@code=$code]": ["not X of code, 7"],
        "$n = 99": ["coded 1"],
    }
    assert both.differences(tree()) == []
    origins = [one.origin for _, _, one in both.schema.asserts]
    assert origins == ["parts/abstract.sch:3", "parts/rules.sch:2"]


def test_a_report_is_an_assert_turned_round(tmp_path: Path) -> None:
    body = ONE_RULE.format('<report test="c:title">there</report><report test="c:x">x</report>')
    both = Both(write(tmp_path, {"main.sch": schema(body)}))
    assert _fired(both) == {"c:title": ["there"]}
    assert both.differences(tree()) == []


# parts


@pytest.mark.parametrize("text", ["a[", "a =", "(a", "a b", "@", "'x", "a/[1]", "for $x return 1"])
def test_what_is_no_xpath_is_told(text: str) -> None:
    with pytest.raises(NotXPath):
        parse(text)


def test_a_deep_expression_is_no_xpath() -> None:
    with pytest.raises(NotXPath):
        parse("(" * 5000 + "1" + ")" * 5000)


def _plain(test: str) -> str:
    scope = Scope({"c": "urn:hl7-org:v3"}, {"a": Type("attr", "?"), "n": Type("tree", "*")})
    return plain.condition(parse(test), scope)


@pytest.mark.parametrize(
    ("test", "written"),
    [
        ("exists(c:a)", "boolean(child::c:a)"),
        ("@a = ('x', 'y')", "(attribute::a = 'x' or attribute::a = 'y')"),
        ("//c:a[@b]", "/descendant::c:a[attribute::b]"),
        ("c:a/(c:b | c:c)", "(child::c:a/child::c:b | child::c:a/child::c:c)"),
        ("count(c:a) gt 1", "(count(child::c:a) > 1)"),
        ("$a = 'x'", "($a = 'x')"),
        ("""@a = "it's" """, """(attribute::a = "it's")"""),
        ("every $x in c:a satisfies $x[@b]", "not((child::c:a)[not(self::node()[attribute::b])])"),
    ],
)
def test_what_means_the_same_in_xpath_1(test: str, written: str) -> None:
    assert _plain(test) == written.strip()


@pytest.mark.parametrize(
    "test",
    [
        "@a = 5",
        "@a < @b",
        "string-length(c:a) = 1",
        "$a",
        "tokenize(@a, 'x')",
        "$unknown",
        "$a and 1",
    ],
)
def test_what_does_not_is_not_plain(test: str) -> None:
    with pytest.raises(NotPlain):
        _plain(test)


@pytest.mark.parametrize(
    ("test", "vacuous"),
    [
        ("count(a) >= 0", True),
        ("0 <= count(a)", True),
        ("not(@nullFlavor) or 1", True),
        ("not(@value) or string(@value castable as xs:anyURI)", True),
        ("count(a) > -1", True),
        ("not(count(a) < 0)", True),
        ("count(a) >= 1", False),
        ("count(a) >= 0 and b", False),
        ("a or not(a)", False),
    ],
)
def test_tests_that_always_hold_are_known(test: str, vacuous: bool) -> None:
    assert is_vacuous(test) is vacuous
