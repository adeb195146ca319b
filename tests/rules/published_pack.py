"""A publication of our own, small, with everything in it that published schemas do."""

import random
from pathlib import Path
from typing import Any

from lxml import etree

from harness.rules.published import xslt
from harness.rules.published.contexts import Index
from harness.rules.published.documents import Folder
from harness.rules.published.native import Native, Result
from harness.rules.published.nodes import identity
from harness.rules.published.read import read
from harness.rules.published.repair import Publication
from harness.rules.published.saxon import Saxon

SCH = 'xmlns="http://purl.oclc.org/dsdl/schematron"'
PREFIXES = """
  <ns prefix="c" uri="urn:hl7-org:v3"/>
  <ns prefix="xs" uri="http://www.w3.org/2001/XMLSchema"/>
  <ns prefix="svs" uri="urn:ihe:iti:svs:2008"/>
"""
VALUE_SET = """<RetrieveValueSetResponse xmlns="urn:ihe:iti:svs:2008">
  <ValueSet id="1.2.250.1.213.1.1.5.999" displayName="JDV_Couleur">
    <ConceptList>
      <Concept code="R" codeSystem="1.2.3" displayName="rouge"/>
      <Concept code="V" codeSystem="1.2.3" displayName="vert"/>
      <Concept code="R" codeSystem="1.2.4" displayName="rond"/>
    </ConceptList>
  </ValueSet>
</RetrieveValueSetResponse>
"""
DOCUMENT = """<?xml version="1.0"?>
<ClinicalDocument xmlns="urn:hl7-org:v3" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
    xmlns:v3="urn:hl7-org:v3">
  <templateId root="1.1"/><templateId root="1.2"/>
  <id root="1.2.3" extension="A-1"/>
  <code code="18748-4" codeSystem="2.16" displayName=" Compte  rendu "/>
  <title>Scanner du <b>crâne</b> é</title>
  <effectiveTime value="20240131101500+0100"/>
  <confidentialityCode code="N"/>
  <versionNumber value="12"/>
  <author><time value="20240131"/><assignedAuthor classCode="ASSIGNED">
    <id root="1.2.250.1.71.4.2.1" extension="801234567890"/>
    <addr use="WP HP"/><telecom value="tel:+33123456789"/>
  </assignedAuthor></author>
  <author><time value="2024"/><assignedAuthor><id nullFlavor="UNK"/></assignedAuthor>
  </author>
  <component><structuredBody>
    <component><section><templateId root="2.1"/><code code="A"/>
      <text>un<!-- c --><?p i?> deux</text>
      <entry><observation classCode="OBS" moodCode="EVN"><templateId root="3.1"/>
        <code code="R" codeSystem="1.2.3"/><value xsi:type="CD" code="V" codeSystem="1.2.3"/>
        <value xsi:type="v3:PQ" value="12.50" unit="mm"/>
        <effectiveTime><low value="20240101"/><high value="20240131"/></effectiveTime>
      </observation></entry>
      <entry><observation classCode="OBS"><templateId root="3.1"/><templateId root="3.2"/>
        <code code="X" codeSystem="1.2.3"/>
        <value xsi:type="IVL_PQ"><low value="3"/>
        <high value="x"/></value></observation></entry>
    </section></component>
    <component><section><templateId root="2.2"/><code nullFlavor="UNK"/><text/>
      <component><section><templateId root="2.1"/><code code="B"/><text>bas</text></section>
      </component></section></component>
  </structuredBody></component>
</ClinicalDocument>
"""


def schema(body: str, binding: str = "xslt2", head: str = "", **attributes: str) -> str:
    more = "".join(f' {name}="{value}"' for name, value in attributes.items())
    return f'<schema {SCH} queryBinding="{binding}"{more}>{PREFIXES}{head}{body}</schema>'


def write(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


class Both:
    """A schema of a folder under both engines."""

    def __init__(self, folder: Path, file: str = "main.sch") -> None:
        publication = Publication(folder)
        self.schema = read(publication, file)
        for path, raw in publication.used.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(raw)
        self.native = Native(self.schema, Folder(folder, file))
        self.saxon = Saxon(xslt.stylesheet(self.schema, (folder / file).as_uri()))
        self.tests = [one.test for _, _, one in self.schema.asserts]

    def natively(self, root: Any) -> Result:
        return self.native.run(Index(root))

    def differences(self, root: Any) -> list[str]:
        """What one engine says and the other does not, untranslated asserts left out."""
        mine, theirs = self.natively(root), self.saxon.run(root)
        left_out = self.native.untranslated
        sides = [
            {
                (one.number, self._node(one.node), one.code)
                for one in result.failures
                if one.number not in left_out
            }
            for result in (mine, theirs)
        ]
        found = [f"{self.tests[one[0]]}: native {one[2] or 'fails'}" for one in sides[0] - sides[1]]
        found += [f"{self.tests[one[0]]}: saxon {one[2] or 'fails'}" for one in sides[1] - sides[0]]
        if mine.fired != theirs.fired:
            found.append(f"fired {sorted(mine.fired ^ theirs.fired)}")
        return sorted(found)

    @staticmethod
    def _node(node: Any) -> Any:
        return identity(node.root) if hasattr(node, "root") else identity(node)


def tree(text: str = DOCUMENT) -> Any:
    return etree.fromstring(text.encode())


def mutants(count: int, seed: int = 3) -> list[Any]:
    """Copies of the document, each damaged in a few places."""
    rnd = random.Random(seed)
    found = []
    for _ in range(count):
        root = tree()
        for _ in range(rnd.randint(1, 8)):
            _damage(root, rnd)
        found.append(root)
    return found


def _damage(root: Any, rnd: random.Random) -> None:
    element = rnd.choice([one for one in root.iter(etree.Element) if one is not root])
    chance = rnd.random()
    if chance < 0.25:
        element.getparent().remove(element)
    elif chance < 0.5 and element.attrib:
        del element.attrib[rnd.choice(list(element.attrib))]
    elif chance < 0.7:
        element.addnext(etree.fromstring(etree.tostring(element, with_tail=False)))
    elif chance < 0.9 and element.attrib:
        name = rnd.choice(list(element.attrib))
        element.set(name, rnd.choice(["", "5", "-3.5", "abc", "q:X", "é à", "2024-01-01T00:00:00"]))
    else:
        element.text = rnd.choice(["", "12", "  x  y ", "é"])
