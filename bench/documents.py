"""CPU time of judging a CDA report, beside libxml2 alone and beside lxml.isoschematron.

    python bench/documents.py [ROUNDS]

Two tables in one run, the smallest of interleaved rounds, so that a busy machine slows all alike:
read the ratios. What is paid once (imports, compiled rules, the XML schema) is paid before.

1. The whole judgement of a report (base64, parse, XML schema, every rule) beside libxml2's parse
   and XML schema validation alone, on generated reports, on one filled up to 350 KB with narrative,
   one to 350 KB with imaging series, and the official example where its folder is found
   (`TELERAD_CORPUS`, or `../shared/corpus`).
2. Our engine beside `lxml.isoschematron` on our own Schematron files, with their failed asserts
   compared. The official Schematron beside SaxonC: `bench/published.py`.
"""

import os
import sys
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pybase64
from lxml import etree, isoschematron

from harness import data
from harness.rules import profile as profiles
from harness.rules import xsd
from harness.rules.rule import Subject, grouped
from harness.sim.generate import cases, cda_report
from harness.wire.cda import Document

CLOCK = datetime.fromisoformat("2026-01-05T10:00:00+01:00")
SIZE = 350 * 1024
PROFILE = profiles.load()
RULES = tuple(
    rule
    for rule in PROFILE.rules
    if "CR" in rule.kinds and rule.origin.split(":")[0].endswith(".sch")
)
GROUPS = grouped(RULES)
FILES = sorted({rule.origin.split(":")[0] for rule in RULES})


def reports() -> Iterator[tuple[str, bytes]]:
    """The documents that are judged."""
    for name in ("ct-brain", "ct-body"):
        yield f"generated {name}", _report(name)
    body = _report("ct-body")
    yield (
        "with narrative",
        _filled(body, b"</text>", b"<paragraph>Texte du compte rendu.</paragraph>"),
    )
    yield "with series", _with_series(body)
    corpus = Path(os.environ.get("TELERAD_CORPUS", "../shared/corpus"))
    official = corpus / "ans-cda-img" / "IMG_CR_IMG_2024.01.xml"
    if official.is_file():
        yield "official example", official.read_bytes()


def _report(name: str) -> bytes:
    return cda_report.report(cases.make_case(name, 1, CLOCK))


def _filled(document: bytes, before: bytes, part: bytes) -> bytes:
    """More of the same part, before the first place, up to the size."""
    times = (SIZE - len(document)) // len(part)
    return document.replace(before, part * times + before, 1)


def _with_series(document: bytes) -> bytes:
    """The series of the catalogue of images many times over, each with UIDs of its own."""
    tree = etree.fromstring(document)
    series = tree.find(".//{*}act/{*}templateId[@root='1.2.250.1.213.1.1.3.156']/../..")
    number = 0
    while len(etree.tostring(tree)) < SIZE:
        for _ in range(20):
            number += 1
            twin = etree.fromstring(etree.tostring(series, with_tail=False))
            for one in twin.iter("{*}id"):
                one.set("root", f"{one.get('root')}.{number}")
            series.addnext(twin)
    return etree.tostring(tree, encoding="UTF-8", xml_declaration=True)


def smallest(rounds: int, *jobs: Callable[[], object]) -> list[float]:
    """Milliseconds of CPU of each job, the smallest of interleaved rounds."""
    found = [float("inf")] * len(jobs)
    for _ in range(rounds):
        for number, job in enumerate(jobs):
            begun = time.process_time()
            job()
            found[number] = min(found[number], time.process_time() - begun)
    return [seconds * 1000 for seconds in found]


def whole(encoded: bytes) -> int:
    """Judge a document as it comes in a message. Gives the number of findings."""
    document = Document.parse(pybase64.b64decode(encoded))
    outcomes = PROFILE.judge(PROFILE.document_subject("CR", document))
    return sum(len(outcome.findings) for outcome in outcomes)


def floor(raw: bytes, schema: etree.XMLSchema) -> bool:
    """What libxml2 alone does."""
    return schema.validate(etree.fromstring(raw, etree.XMLParser(huge_tree=True)))


def engine(raw: bytes) -> list[str]:
    """Parse, and our Schematron rules by our engine: ids of the failed asserts."""
    subject = Subject("CR", document=Document.parse(raw))
    return sorted(
        outcome.rule.id
        for group in GROUPS
        for outcome in group.outcomes(subject)
        for _ in outcome.findings
    )


def iso(raw: bytes, schemas: list[isoschematron.Schematron]) -> list[str]:
    """Parse, and the same files by lxml.isoschematron: ids of the failed asserts."""
    tree = etree.ElementTree(etree.fromstring(raw, etree.XMLParser(huge_tree=True)))
    failed: list[str] = []
    for schema in schemas:
        schema.validate(tree)
        report = schema.validation_report
        failed += [one.get("id") for one in report.findall(".//{*}failed-assert")]
    return sorted(failed)


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 30
    schema = etree.XMLSchema(etree.parse(str(xsd.own())))
    schemas = [
        isoschematron.Schematron(etree.parse(str(data.path("schematron", name))), store_report=True)
        for name in FILES
    ]
    rules = len([rule for rule in PROFILE.rules if "CR" in rule.kinds])
    documents = [(name, raw, pybase64.b64encode(raw)) for name, raw in reports()]
    print(f"1. Whole judgement, {rules} rules, beside libxml2 (parse and XML schema), ms of CPU")
    print(
        f"{'report':22} {'KB':>5} {'elements':>9} {'libxml2':>8} {'telerad':>8} {'ratio':>6} "
        "findings"
    )
    for name, raw, encoded in documents:
        alone, ours = smallest(
            rounds, lambda raw=raw: floor(raw, schema), lambda encoded=encoded: whole(encoded)
        )
        elements = int(etree.fromstring(raw).xpath("count(//*)"))
        print(
            f"{name:22} {len(raw) // 1024:5} {elements:9} {alone:8.2f} {ours:8.2f} "
            f"{ours / alone:5.1f}x {whole(encoded)}"
        )
    print(f"2. Our {len(RULES)} Schematron rules: our engine beside lxml.isoschematron, ms of CPU")
    print(f"{'report':22} {'iso':>8} {'telerad':>8} {'ratio':>6} failed asserts")
    for name, raw, _ in documents:
        theirs, ours = smallest(
            max(3, rounds // 5), lambda raw=raw: iso(raw, schemas), lambda raw=raw: engine(raw)
        )
        same = iso(raw, schemas) == engine(raw)
        verdict = f"{len(engine(raw))}, {'the same' if same else 'NOT the same'}"
        print(f"{name:22} {theirs:8.1f} {ours:8.2f} {theirs / ours:5.0f}x {verdict}")


if __name__ == "__main__":
    main()
