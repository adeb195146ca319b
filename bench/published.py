"""The published Schematron of the ANS, natively and under SaxonC: the same failures, how fast.

    python bench/published.py DIR [--damaged N] [--schema PATTERN]… [--documents PATTERN]

DIR is a checkout of ansforge/TestContenuCDA-3-0. Every example document and N damaged copies of
each are judged by

    native      harness.rules.published, on libxml2
    own         the same schema as our own stylesheet, under SaxonC, compiled once
    reference   the reference implementation that DIR ships (schematrons/moteur), under SaxonC

and what failed is compared: assert, node, error code; with the reference node and whole message.
Our own files are compared with lxml.isoschematron. Times are CPU of this process, for documents
that are parsed already and schemas that are compiled already; the sides take turns.
"""

import argparse
import gc
import random
import re
import shutil
import statistics
import sys
import tempfile
import time
from collections import Counter, defaultdict
from pathlib import Path

from lxml import etree, isoschematron

from harness import data
from harness.rules import schematron
from harness.rules.published import saxon, store, xslt
from harness.rules.published.contexts import Index
from harness.rules.published.documents import Folder
from harness.rules.published.native import Native
from harness.rules.published.read import read
from harness.rules.published.repair import Publication
from harness.rules.rule import Subject, evaluate
from harness.wire.cda import Document

SVRL = "{http://purl.oclc.org/dsdl/svrl}"
V3 = "{urn:hl7-org:v3}"
PIPELINE = ("iso_dsdl_include.xsl", "iso_abstract_expand.xsl", "iso_svrl_for_xslt2.xsl")
HEADLINE = ("IMG_CR_IMG_2024.01.xml", "01_Modèles_contenus_CDA.xml")
ROUNDS = 9


def damaged(raw, rnd):
    """A copy with up to 60 changes: elements gone or doubled, attributes gone or made nonsense."""
    root = etree.fromstring(raw)
    found = [e for e in root.iter(f"{V3}*") if e is not root and e.tag != f"{V3}templateId"]
    for one in rnd.sample(found, min(len(found), 60)):
        chance = rnd.random()
        if one.getparent() is None:
            continue
        if chance < 0.4:
            one.getparent().remove(one)
        elif chance < 0.7 and one.attrib:
            del one.attrib[rnd.choice(list(one.attrib))]
        elif chance < 0.85:
            one.getparent().append(etree.fromstring(etree.tostring(one, with_tail=False)))
        elif one.attrib:
            one.set(rnd.choice(list(one.attrib)), rnd.choice(["XXX", "", "  12 ", "9" * 20]))
    return etree.tostring(root)


def place(node):
    """Names of an element and those above it, as the reference writes them."""
    node = getattr(node, "root", node)  # of a document node
    if not isinstance(node, etree._Element):
        node = node.getparent() if hasattr(node, "getparent") else None
    steps = []
    while node is not None:
        name = etree.QName(node).localname
        number = sum(1 for _ in node.itersiblings(node.tag, preceding=True)) + 1
        steps.append(f"{name}[{number}]" if number > 1 else name)
        node = node.getparent()
    return "/".join(reversed(steps))


def timed(function, *arguments):
    start = time.process_time()
    found = function(*arguments)
    return found, (time.process_time() - start) * 1e3


class Reference:
    """The reference implementation, as the publication ships it."""

    def __init__(self, engine, file):
        compiler = saxon._processor().new_xslt30_processor()
        source = file
        for number, name in enumerate(PIPELINE):
            step = compiler.compile_stylesheet(stylesheet_file=str(engine / name))
            target = file.with_name(f"{file.stem}.{number}.xml")
            step.transform_to_file(source_file=str(source), output_file=str(target))
            source = target
        self.executable = compiler.compile_stylesheet(stylesheet_file=str(source))

    def run(self, node):
        return self.executable.transform_to_string(xdm_node=node)

    @staticmethod
    def failures(report):
        root = etree.fromstring(report.encode(), etree.XMLParser(huge_tree=True))
        found = Counter()
        for name in ("failed-assert", "successful-report"):
            for one in root.iter(f"{SVRL}{name}"):
                text = " ".join("".join(one.find(f"{SVRL}text").itertext()).split())
                where = re.sub(r"(^|/)[\w.-]+:", r"\1", one.get("location").strip("/"))
                found[text, where] += 1
        return found


class Sides:
    """One schema, three ways."""

    def __init__(self, base, engine, schema):
        self.schema = schema
        self.native = Native(schema, Folder(base, schema.file))
        _, spent = timed(lambda: self.native.untranslated)
        print(
            f"\n{schema.file}: {self.native.count} asserts at their contexts, "
            f"{len(self.native.untranslated)} of them for SaxonC alone"
        )
        text = xslt.stylesheet(schema, (base / schema.file).as_uri())
        self.own, own = timed(saxon.Saxon, text)
        self.reference, theirs = timed(Reference, engine, base / schema.file)
        print(f"  compiling, CPU: native {spent:.0f} ms, own {own:.0f}, reference {theirs:.0f}")
        self.times = defaultdict(list)
        self.counts = Counter()
        self.kinds = set()
        self.wrong = 0

    def natively(self, root):
        return self.native.run(Index(root))

    def by_own(self, node):
        return self.own.executable.transform_to_string(xdm_node=node) or ""

    def judge(self, name, root, node):
        result, spent = timed(self.natively, root)
        self.times["native"].append(spent)
        lines, spent = timed(self.by_own, node)
        self.times["own"].append(spent)
        other = saxon.read(lines, root)
        self.counts["documents"] += 1
        self.counts["failures"] += len(result.failures)
        self.counts["without an answer"] += sum(bool(one.code) for one in result.failures)
        self.kinds.update(one.number for one in result.failures)
        sides = [
            Counter((one.number, place(one.node), one.code) for one in found.failures)
            for found in (result, other)
        ]
        equal = result.fired == other.fired
        self.compare("own", name, *sides, equal)
        try:
            report, spent = timed(self.reference.run, node)
        except Exception as wrong:
            self.counts["reference gave up"] += 1
            print(f"  the reference gives up: {name}: {str(wrong)[:150]}")
            return
        self.times["reference"].append(spent)
        mine = Counter((self.native.message(one), place(one.node)) for one in result.failures)
        self.compare("reference", name, mine, Reference.failures(report), True)

    def compare(self, side, name, mine, theirs, equal):
        if mine == theirs and equal:
            self.counts[f"equal to {side}"] += 1
            return
        self.wrong += 1
        print(
            f"  DIFFERENT from {side}: {name}: only native {str(list(mine - theirs)[:2])[:400]}, "
            f"only {side} {str(list(theirs - mine)[:2])[:400]}"
        )

    def headline(self, documents):
        """A few documents, several rounds, the sides in turns."""
        for name, root, node in documents:
            spent = defaultdict(list)
            for _ in range(ROUNDS):
                spent["native"].append(timed(self.natively, root)[1])
                spent["own"].append(timed(self.by_own, node)[1])
                spent["reference"].append(timed(self.reference.run, node)[1])
            told(f"  {name}", spent)

    def tell(self):
        counts = ", ".join(f"{key} {count}" for key, count in self.counts.items())
        print(f"  {counts}; {len(self.kinds)} different asserts failed")
        told("  all documents", self.times)


def told(what, times):
    middle = statistics.median(times["native"])
    parts = [f"native {middle:.2f} ms"]
    for side in ("own", "reference"):
        ratios = [a / b for a, b in zip(times[side], times["native"], strict=False)]
        median = statistics.median(times[side])
        parts.append(f"{side} {median:.2f} ms ({statistics.median(ratios):.1f}x)")
    print(f"{what}: medians {', '.join(parts)}")


def compare_own_files(documents):
    """Our own files: the engine of the product against lxml.isoschematron."""
    wrong = 0
    print("\nour own Schematron, against lxml.isoschematron")
    for file in sorted(data.path("schematron").glob("*.sch")):
        other = isoschematron.Schematron(etree.parse(str(file)), store_report=True)
        rules = list(schematron.load(file, frozenset({"CR"})))
        same, findings, ratios = 0, 0, []
        for name, raw in documents:
            document = Document.parse(raw)
            subject = Subject("CR", None, document)
            mine, spent = timed(own_findings, rules, subject)
            _, theirs_spent = timed(other.validate, document.root.getroottree())
            failed = other.validation_report.iter(f"{SVRL}failed-assert")
            theirs = Counter(one.get("id") for one in failed)
            ratios.append(theirs_spent / spent)
            findings += sum(mine.values())
            same += mine == theirs
            if mine != theirs:
                wrong += 1
                print(f"  DIFFERENT {file.name} {name}", dict(mine - theirs), dict(theirs - mine))
        print(
            f"  {file.name:28} {len(rules):4} asserts, {same} of {len(documents)} equal, "
            f"{findings} findings, {statistics.median(ratios):.1f}x"
        )
    return wrong


def own_findings(rules, subject):
    outcomes = [evaluate(rule, subject) for rule in rules]
    return Counter({one.rule.id: len(one.findings) for one in outcomes if one.findings})


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--damaged", type=int, default=2, help="damaged copies of each document")
    parser.add_argument("--schema", action="append", default=[])
    parser.add_argument("--documents", default="*.xml", help="which example documents")
    parser.add_argument("--skip-own", action="store_true", help="not our own files")
    return parser.parse_args()


def parsed(raw):
    root = etree.fromstring(raw, etree.XMLParser(huge_tree=True))
    text = etree.tostring(root, encoding="unicode")
    return root, saxon._processor().parse_xml(xml_text=text)


def main():
    asked = arguments()
    rnd = random.Random(20260101)
    documents = []
    for file in sorted((asked.folder / "ExemplesCDA").glob(asked.documents)):
        raw = file.read_bytes()
        documents.append((file.name, raw))
        documents += [(f"{file.name}, copy {n}", damaged(raw, rnd)) for n in range(asked.damaged)]
    print(f"{len(documents)} documents")
    base = Path(tempfile.mkdtemp())
    wrong = 0
    try:
        publication = Publication(asked.folder)
        chosen = store.choose(publication.root, tuple(asked.schema))
        schemas = [read(publication, path) for path in chosen]
        for path, content in publication.used.items():
            (base / path).parent.mkdir(parents=True, exist_ok=True)
            (base / path).write_bytes(content)
        for repair in publication.repairs.values():
            print(f"repaired, {repair.kind}: {repair.asked} <- {repair.taken}")
        for schema in schemas:
            sides = Sides(base, publication.root / "schematrons" / "moteur", schema)
            gc.collect()
            gc.freeze()  # what is compiled is never garbage; `telerad check` does the same
            for name, raw in documents:
                sides.judge(name, *parsed(raw))
            sides.tell()
            sides.headline([(n, *parsed(raw)) for n, raw in documents if n in HEADLINE])
            wrong += sides.wrong
        if not asked.skip_own:
            wrong += compare_own_files([one for one in documents if "IMG" in one[0]])
    finally:
        shutil.rmtree(base)
    print(f"\n{wrong} differences" if wrong else "\nequal everywhere")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
