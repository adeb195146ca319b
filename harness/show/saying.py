"""How a verdict, a rule and its finding are said, wherever they are shown."""

from typing import Final

from harness.rules import profile
from harness.rules.rule import Finding, Rule, Verdict
from harness.text import Text, plain

SIGNS: Final = {
    Verdict.PASS: "✓",
    Verdict.WARNING: "!",
    Verdict.CONTESTED: "?",
    Verdict.INCONCLUSIVE: "?",
    Verdict.FAIL: "✗",
    Verdict.ERROR: "‼",
    Verdict.NOT_APPLICABLE: "·",
    Verdict.NOT_TESTED: "·",
}


def source(rule: Rule) -> Text:
    """The guide and the section, as a finding shows them."""
    document = rule.source.document  # of a guide, or the name of a published pack
    title = profile.documents().get(document) or plain(document)
    return Text(f"{title.fr}, {rule.source.section}", f"{title.en}, {rule.source.section}")


def says_the_same(finding: Finding) -> bool:
    """True when what was expected only repeats the rule, as for an assert of a Schematron."""
    return finding.problem.expected == finding.rule.says


def counts(finding: Finding) -> bool:
    """True when what was found in a document is how many there are."""
    return finding.problem.at.xpath is not None and finding.problem.actual.fr.isdigit()


def known_as_text(finding: Finding) -> Text | None:
    """Why a known failure is let be, until when, and who looks after it; None for another one."""
    known = finding.known
    if known is None:
        return None
    more = ", ".join(part for part in (known.owner, known.expires) if part)
    return plain(f"{known.reason} ({more})" if more else known.reason)
