"""Three Schematrons of the ANS as published: our engine beside SaxonC, stylesheets compiled once.

Needs a checkout of ansforge/TestContenuCDA-3-0 (`TELERAD_PUBLISHED`, or ../TestContenuCDA-3-0); is
skipped, and says so, without it. SaxonC runs the reference implementation that the checkout ships
(SVRL), and a stylesheet of our own that only says what failed. What fails is compared: assert,
node, error code; with the reference, how many. Every example document: `bench/published.py`.
"""

import shutil
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from lxml import etree

from bench import samples
from bench.house import Goal, Part, Table, alone, number, times
from bench.published import Reference
from bench.turns import Effort, compare
from harness.rules import xsd
from harness.rules.published import saxon, store, xslt
from harness.rules.published.contexts import Index
from harness.rules.published.documents import Folder
from harness.rules.published.native import Native
from harness.rules.published.read import read
from harness.rules.published.repair import Publication

SCHEMAS = (
    "schematrons/CI-SIS_IMG-CR-IMG_2024.01.sch",
    "schematrons/profils/CI-SIS_ModelesDeContenusCDA.sch",
    "schematrons/profils/CI-SIS_Modeles_ANS.sch",
)
DOCUMENTS = ("IMG_CR_IMG_2024.01.xml", "01_Modèles_contenus_CDA.xml")
GOAL = ("trois Schematrons officiels", "three official Schematrons")
WANTED = (
    "≥ 15× moins de CPU que SaxonC, feuilles compilées une fois, mêmes constats",
    "≥ 15× less CPU than SaxonC, stylesheets compiled once, same findings",
)


def measure(effort: Effort) -> Part:
    """Both documents."""
    part = Part("official", ("Schematrons officiels", "Official Schematrons"))
    if not (samples.PUBLISHED / SCHEMAS[0]).is_file() or not saxon.is_there():
        reason = ("non mesuré : dépôt absent (TELERAD_PUBLISHED)", "not measured: no checkout")
        part.goals.append(Goal(GOAL, WANTED, reason, None))
        return part
    base = Path(tempfile.mkdtemp())
    try:
        _measured(part, base, effort)
    finally:
        shutil.rmtree(base)
    return part


def _measured(part: Part, base: Path, effort: Effort) -> None:
    engines = Engines(base)
    head = [("document", "document"), ("éléments", "elements"), ("libxml2, ms", "libxml2, ms")]
    head += [("telerad, ms", "telerad, ms"), ("SaxonC, notre feuille, ms", "SaxonC, ours, ms")]
    head += [("SaxonC, référence, ms", "SaxonC, reference, ms")]
    head += [("référence / telerad", "reference / telerad"), ("échecs", "failures")]
    title = ("Trois Schematrons, document déjà lu", "Three Schematrons, document parsed already")
    table = Table(title, head)
    for name in DOCUMENTS:
        raw = (samples.PUBLISHED / "ExemplesCDA" / name).read_bytes()
        root = etree.fromstring(raw, etree.XMLParser(huge_tree=True))
        node = saxon._processor().parse_xml(xml_text=etree.tostring(root, encoding="unicode"))
        mine, theirs = engines.failures(root, node)
        found = compare(
            {
                "libxml2": lambda n, raw=raw: engines.floor(raw),
                "telerad": lambda n, root=root: engines.natively(root),
                "saxonche": lambda n, node=node: engines.by_saxon(node),
                "reference": lambda n, node=node: engines.by_reference(node),
            },
            effort,
        )
        ratio = found.ratio("reference", "telerad")
        told = sum(sum(Reference.failures(one).values()) for one in engines.by_reference(node))
        same = mine == theirs and told == sum(mine.values())
        count, elements = sum(mine.values()), int(root.xpath("count(//*)"))
        cells = [name, f"{elements}", *(number(found.ms(side)) for side in found.rounds)]
        equal = (f"{count}, les mêmes", f"{count}, the same")
        table.rows.append([*cells, times(ratio), equal if same else ("DIFFÉRENTS", "DIFFERENT")])
        kind = (f"{GOAL[0]}, {elements} éléments", f"{GOAL[1]}, {elements} elements")
        met = same and ratio.low >= 15
        part.goals.append(Goal(kind, WANTED, (f"{times(ratio)}×",) * 2, met))
    part.tables.append(table)


class Engines:
    """The schemas, both ways, compiled once."""

    def __init__(self, base: Path, *, reference: bool = True) -> None:
        publication = Publication(samples.PUBLISHED)
        chosen = store.choose(publication.root, SCHEMAS)
        schemas = [read(publication, path) for path in chosen]
        for path, content in publication.used.items():
            (base / path).parent.mkdir(parents=True, exist_ok=True)
            (base / path).write_bytes(content)
        self.native = [Native(one, Folder(base, one.file)) for one in schemas]
        texts = [xslt.stylesheet(one, (base / one.file).as_uri()) for one in schemas]
        self.saxon = [saxon.Saxon(text).executable for text in texts]
        self.schema = etree.XMLSchema(etree.parse(str(xsd.own())))
        engine = publication.root / "schematrons" / "moteur"
        self.reference = [Reference(engine, base / one.file) for one in schemas if reference]

    def floor(self, raw: bytes) -> bool:
        """Parse and XML schema."""
        return bool(self.schema.validate(etree.fromstring(raw, etree.XMLParser(huge_tree=True))))

    def natively(self, root: Any) -> list[Any]:
        """Every schema by our engine."""
        index = Index(root)
        return [engine.run(index) for engine in self.native]

    def by_saxon(self, node: Any) -> list[str]:
        """Every schema by SaxonC."""
        return [one.transform_to_string(xdm_node=node) or "" for one in self.saxon]

    def by_reference(self, node: Any) -> list[str]:
        """Every schema by the reference implementation."""
        return [one.run(node) for one in self.reference]

    def failures(self, root: Any, node: Any) -> tuple[Counter[Any], Counter[Any]]:
        """What fails on each side: schema, assert, node, error code."""
        mine = self.natively(root)
        theirs = [saxon.read(lines, root) for lines in self.by_saxon(node)]
        first, second = (
            Counter(
                (number, one.number, _path(one.node), one.code)
                for number, result in enumerate(results)
                for one in result.failures
            )
            for results in (mine, theirs)
        )
        return first, second


def _path(node: Any) -> str:
    node = getattr(node, "root", node)
    node = node if isinstance(node, etree._Element) else node.getparent()
    return str(node.getroottree().getpath(node)) if node is not None else ""


if __name__ == "__main__":
    alone(measure)
