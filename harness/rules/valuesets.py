"""Value sets (jeux de valeurs): codes with their system and label, in files of our own form.

    # oid: 1.2.250.1.213.1.1.5.618
    # version: 2021-04-19
    # source: JDV_ModaliteAcquisition_CISIS
    [1.2.840.10008.2.16.4]
    CT<tab>Tomodensitométrie

A set is read when it is first asked for: the largest has thousands of codes and most documents need
few of them. Membership compares code and system, never the label.
Source: IHE ITI, Sharing Value Sets (SVS), form of what the ANS publishes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from lxml import etree

from harness import data
from harness.errors import HarnessError
from harness.text import say

_SVS: Final = "{urn:ihe:iti:svs:2008}"
_FACTS: Final = ("oid", "version", "source")


@dataclass(frozen=True, slots=True)
class ValueSet:
    """`labels` by (system OID, code). `version` is the date of the publication."""

    name: str
    oid: str
    version: str
    source: str
    labels: Mapping[tuple[str, str], str]

    def has(self, system: str, code: str) -> bool:
        """True when the code of that system is in the set."""
        return (system, code) in self.labels

    @property
    def codes(self) -> frozenset[str]:
        """The codes alone, for attributes that have no system."""
        return frozenset(code for _, code in self.labels)


def names() -> tuple[str, ...]:
    """Every set that there is."""
    return tuple(sorted(file.stem for file in data.path("schemas", "valuesets").glob("*.tsv")))


@cache
def load(name: str) -> ValueSet:
    """A set by name. Raises HarnessError when its file is not there or does not hold."""
    return read(data.path("schemas", "valuesets", f"{name}.tsv"))


def read(file: Path) -> ValueSet:
    """A file of our own form."""
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as wrong:
        raise HarnessError(say("yaml.unreadable", reason=str(wrong)), file=file) from None
    facts: dict[str, str] = {}
    labels: dict[tuple[str, str], str] = {}
    system = ""
    for number, line in enumerate(lines, 1):
        if line.startswith("# "):
            key, _, value = line[2:].partition(": ")
            facts[key] = value
        elif line.startswith("["):
            system = line.strip("[]")
        elif line:
            code, tab, label = line.partition("\t")
            if not tab or not system or (system, code) in labels:
                raise HarnessError(say("valueset.bad_line"), file=file, line=number)
            labels[system, code] = label
    missing = [key for key in _FACTS if key not in facts]
    if missing or not labels:
        raise HarnessError(say("valueset.facts", keys=", ".join(_FACTS)), file=file, line=1)
    return ValueSet(file.stem, facts["oid"], facts["version"], facts["source"], labels)


def from_svs(file: Path, name: str) -> ValueSet:
    """What the ANS publishes: IHE SVS as XML. Raises HarnessError when it is not that."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        found = etree.parse(str(file), parser).getroot().find(f"{_SVS}ValueSet")
    except (OSError, etree.XMLSyntaxError) as wrong:
        raise HarnessError(say("yaml.unreadable", reason=str(wrong)), file=file) from None
    if found is None:
        raise HarnessError(say("valueset.not_svs"), file=file, line=1)
    labels = {
        (concept.get("codeSystem", ""), concept.get("code", "")): " ".join(
            concept.get("displayName", "").split()
        )
        for concept in found.iter(f"{_SVS}Concept")
    }
    version = (found.get("revisionDate") or found.get("effectiveDate") or "")[:10]
    return ValueSet(name, found.get("id", ""), version, found.get("displayName", ""), labels)


def as_text(found: ValueSet) -> str:
    """The set in our own form: systems in order, codes as they came."""
    lines = [f"# oid: {found.oid}", f"# version: {found.version}", f"# source: {found.source}"]
    for system in dict.fromkeys(system for system, _ in found.labels):
        lines.append(f"[{system}]")
        lines += [f"{code}\t{label}" for (of, code), label in found.labels.items() if of == system]
    return "\n".join(lines) + "\n"
