"""CDA reports: judged completely, beside libxml2's parse and XML schema alone, lxml.isoschematron
on our own Schematron files, SaxonC on the same files, and the package xmlschema.

What failed is compared in the same run: a speed counts only with the same findings.
"""

import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pybase64
from lxml import etree, isoschematron

from bench import samples
from bench.house import Both, Goal, Part, Table, alone, number, times
from bench.turns import Effort, Times, compare
from harness import data
from harness.rules import xsd
from harness.rules.rule import Subject, grouped
from harness.wire.cda import Document

OURS, FLOOR = "telerad", "libxml2"
NAMES: dict[str, Both] = {
    FLOOR: ("libxml2 : lire, schéma XML", "libxml2: parse, XML schema"),
    OURS: ("telerad : tout, base64 compris", "telerad: everything, base64 included"),
    "engine": ("telerad : notre Schematron seul", "telerad: our Schematron alone"),
    "isoschematron": ("lxml.isoschematron, même Schematron", "lxml.isoschematron, same Schematron"),
    "saxonche": ("SaxonC, même Schematron", "SaxonC, same Schematron"),
    "xmlschema": ("xmlschema : schéma XML", "xmlschema: XML schema"),
}
_SVRL = "{http://purl.oclc.org/dsdl/svrl}"


def measure(effort: Effort) -> Part:
    """Documents with few, some and many elements."""
    part = Part("documents", ("Documents CDA", "CDA documents"))
    bench = _Bench(effort)
    head: list[Both] = [
        ("rapport", "report"),
        ("Ko", "KB"),
        ("éléments", "elements"),
        *((NAMES[side][0] + ", ms", NAMES[side][1] + ", ms") for side in bench.names),
        ("telerad / libxml2", "telerad / libxml2"),
        ("constats", "findings"),
    ]
    rules = len([rule for rule in samples.profile().rules if "CR" in rule.kinds])
    title = (f"Juger un document, {rules} règles", f"Judging a document, {rules} rules")
    table = Table(title, head)
    for name, raw in samples.reports():
        found = bench.sides(raw)
        table.rows.append(bench.row(name, raw, found))
        part.goals += goals(name, found)
        part.notes.append(bench.parity(name, raw))
    part.tables.append(table)
    return part


class _Bench:
    """Everything that is compiled once."""

    def __init__(self, effort: Effort) -> None:
        self.effort = effort
        self.schema = etree.XMLSchema(etree.parse(str(xsd.own())))
        profile = samples.profile()
        self.rules = [r for r in profile.rules if "CR" in r.kinds and ".sch:" in r.origin]
        self.groups = grouped(self.rules)
        files = sorted({rule.origin.split(":")[0] for rule in self.rules})
        self.schematrons = [data.path("schematron", name) for name in files]
        self.iso = [
            isoschematron.Schematron(etree.parse(str(file)), store_report=True)
            for file in self.schematrons
        ]
        self.saxon = saxon_of(self.schematrons)
        self.names = [OURS, FLOOR, "engine", "isoschematron"]
        self.names += ["saxonche"] if self.saxon else []
        self.names += [] if effort.quick else ["xmlschema"]

    def sides(self, raw: bytes) -> Times:
        """All of them on one document."""
        encoded = pybase64.b64encode(raw)
        text = raw.decode()
        tree = etree.ElementTree(etree.fromstring(raw, etree.XMLParser(huge_tree=True)))
        jobs: dict[str, Callable[[int], object]] = {
            OURS: lambda n: whole(encoded),
            FLOOR: lambda n: self.floor(raw),
            "engine": lambda n: self.engine(raw),
            "isoschematron": lambda n: self.isoschematron(raw),
            "saxonche": lambda n: self.saxon and self.saxon(text),
        }
        if "xmlschema" in self.names:
            import xmlschema

            slow = xmlschema.XMLSchema(str(xsd.own()), validation="lax")
            jobs["xmlschema"] = lambda n: slow.is_valid(tree)
        return compare({name: jobs[name] for name in self.names}, self.effort)

    def floor(self, raw: bytes) -> bool:
        """What libxml2 alone does."""
        return bool(self.schema.validate(etree.fromstring(raw, etree.XMLParser(huge_tree=True))))

    def engine(self, raw: bytes) -> list[str]:
        """Ids of the asserts that fail by our engine."""
        subject = Subject("CR", document=Document.parse(raw))
        return sorted(
            outcome.rule.id
            for group in self.groups
            for outcome in group.outcomes(subject)
            for _ in outcome.findings
        )

    def isoschematron(self, raw: bytes) -> list[str]:
        """The same by lxml.isoschematron, on the files as they stand."""
        tree = etree.ElementTree(etree.fromstring(raw, etree.XMLParser(huge_tree=True)))
        failed: list[str] = []
        for one in self.iso:
            one.validate(tree)
            failed += [
                f.get("id") for f in one.validation_report.findall(f".//{_SVRL}failed-assert")
            ]
        return sorted(failed)

    def row(self, name: str, raw: bytes, found: Times) -> list[str | Both]:
        """One document."""
        elements = int(etree.fromstring(raw, etree.XMLParser(huge_tree=True)).xpath("count(//*)"))
        cells: list[str | Both] = [KINDS.get(name, (name, name)), f"{len(raw) // 1024}"]
        cells += [f"{elements}", *(number(found.ms(side)) for side in self.names)]
        return [*cells, times(found.ratio(OURS, FLOOR)), f"{whole(pybase64.b64encode(raw))}"]

    def parity(self, name: str, raw: bytes) -> Both:
        """Both engines fail the same asserts."""
        mine, theirs = self.engine(raw), self.isoschematron(raw)
        same = mine == theirs
        shown = dict(Counter(mine) - Counter(theirs)), dict(Counter(theirs) - Counter(mine))
        en = f"the same {len(mine)} failed asserts" if same else f"NOT the same: {shown}"
        fr = f"les mêmes {len(mine)} assertions en échec" if same else f"PAS les mêmes : {shown}"
        kind = KINDS.get(name, (name, name))
        return f"{kind[0]} : telerad et lxml.isoschematron, {fr}", f"{kind[1]}: telerad, iso: {en}"


KINDS: dict[str, Both] = {
    "brain": ("scanner cérébral, généré", "CT of the brain, generated"),
    "body": ("scanner du corps, généré", "CT of the body, generated"),
    "narrative": ("le même, texte long", "the same, long narrative"),
    "series": ("le même, très nombreuses séries", "the same, very many series"),
    "official": ("exemple officiel de l'ANS", "official example of the ANS"),
}


def whole(encoded: bytes) -> int:
    """Judge a document as it comes in a message. Gives the number of findings."""
    profile = samples.profile()
    document = Document.parse(pybase64.b64decode(encoded))
    outcomes = profile.judge(profile.document_subject("CR", document))
    return sum(len(outcome.findings) for outcome in outcomes)


def saxon_of(files: Sequence[Path]) -> Callable[[str], object] | None:
    """Our own files as stylesheets under SaxonC, compiled once; None where it is not installed."""
    from harness.rules.published import saxon, xslt
    from harness.rules.published.read import read
    from harness.rules.published.repair import Publication

    if not saxon.is_there():
        return None
    executables: list[Any] = []
    with tempfile.TemporaryDirectory() as folder:
        for file in files:
            (Path(folder) / file.name).write_bytes(file.read_bytes())
        for file in files:
            schema = read(Publication(Path(folder)), file.name)
            text = xslt.stylesheet(schema, (Path(folder) / file.name).as_uri())
            executables.append(saxon.Saxon(text).executable)

    def run(text: str) -> None:
        node = saxon._processor().parse_xml(xml_text=text)
        for executable in executables:
            executable.transform_to_string(xdm_node=node)

    return run


def goals(name: str, found: Times) -> list[Goal]:
    """A report of 350 KB within three times libxml2."""
    if name not in ("narrative", "series", "official"):
        return []
    ratio = found.ratio(OURS, FLOOR)
    kind = KINDS[name]
    return [
        Goal(
            (f"CR de 350 Ko jugé en entier ({kind[0]})", f"report of 350 KB judged ({kind[1]})"),
            ("≤ 3× libxml2 seul", "≤ 3× libxml2 alone"),
            (f"{times(ratio)}×", f"{times(ratio)}×"),
            ratio.high <= 3,
        )
    ]


if __name__ == "__main__":
    alone(measure)
