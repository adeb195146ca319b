"""Proofs of rules about documents: the mutant is searched for, around the rule's own context.

Every small change near a node that the rule is about is tried on the parsed tree and undone; of
those that the rule sees, the one that breaks the fewest other rules is kept. A rule that no such
change breaks says itself how (`tr:break`), or counts as dead.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, Final

from lxml import etree

from harness.rules.profile import Profile
from harness.rules.rule import Rule, Subject, Verdict, evaluate
from harness.sim.selfcheck.bases import Base
from harness.sim.selfcheck.prove import Proof, broken, is_clean
from harness.wire.cda import NAMESPACES, Document
from harness.wire.edit import Edit, apply_to_document

NODES: Final = 6  # context nodes looked at in one document
DEPTH: Final = 3  # how far below them
ENOUGH: Final = 12  # mutants compared for the fewest other rules broken

Undo = Callable[[], None]


def prove(rule: Rule, profile: Profile, bases: Mapping[str, tuple[Base, ...]]) -> Proof:
    """The proof with the fewest other rules broken, over the documents that the rule is about."""
    best = Proof(rule, killed=False, why="applies to no document")
    for base in (base for kind in sorted(rule.kinds) for base in bases.get(kind, ())):
        found = _on(base, rule, profile)
        if (
            found.killed and (not best.killed or len(found.also) < len(best.also))
        ) or not best.killed:
            best = found
        if best.killed and is_clean(best):
            break
    return best


def _on(base: Base, rule: Rule, profile: Profile) -> Proof:
    raw = base.subject.document.raw if base.subject.document else b""
    document = Document.parse(apply_to_document(raw, rule.given) if rule.given else raw)
    subject = replace(base.subject, document=document)
    if evaluate(rule, subject).verdict is not Verdict.PASS:
        return Proof(rule, killed=False, why=f"is not kept by {base.name}", base=base.name)
    as_made = subject if rule.given else base.subject
    known = as_made.once("broken", partial(broken, profile))
    best = Proof(rule, killed=False, why=f"survives every small change of {base.name}")
    tried = 0
    for edit, undo in _changes(document, rule):
        subject = replace(subject)  # nothing remembered of the tree as it was
        if _sees(rule, subject):
            also = broken(profile, subject) - known - {rule.id}
            tried += 1
            if not best.killed or len(also) < len(best.also):
                best = Proof(
                    rule, True, "", base.name, (edit,), base.subject, None, tuple(sorted(also))
                )
        undo()
        if tried >= ENOUGH or (best.killed and is_clean(best)):
            break
    return best


def first_change(rule: Rule, base: Base) -> Edit | None:
    """The first small change that the rule sees, whatever else it breaks; None when none is seen.

    Quick, for an example: no other rule is judged.
    """
    raw = base.subject.document.raw if base.subject.document else b""
    document = Document.parse(apply_to_document(raw, rule.given) if rule.given else raw)
    subject = replace(base.subject, document=document)
    if not rule.at or evaluate(rule, subject).verdict is not Verdict.PASS:
        return None
    for edit, undo in _changes(document, rule):
        seen = _sees(rule, replace(subject))
        undo()
        if seen:
            return edit
    return None


def _sees(rule: Rule, subject: Subject) -> bool:
    outcome = evaluate(rule, subject)
    return bool(outcome.findings) and outcome.verdict is not Verdict.ERROR


def _changes(document: Document, rule: Rule) -> Iterator[tuple[Edit, Undo]]:
    """Changes already made, each with what undoes it."""
    context = " | ".join(
        part if part.strip().startswith("/") else f"//{part.strip()}"
        for part in rule.at.split(" | ")
    )
    if document.root is None:
        return
    nodes = document.root.getroottree().xpath(context, namespaces=dict(NAMESPACES))
    for node in nodes[:NODES]:
        element = node if isinstance(node, etree._Element) else node.getparent()
        yield from _of_element(document, element, 0)
    for node in nodes[:NODES]:
        if isinstance(node, etree._Element) and node.getparent() is not None:
            yield _double(document, node)


def _of_element(document: Document, element: Any, depth: int) -> Iterator[tuple[Edit, Undo]]:
    """Attributes first, then children, then what is inside them."""
    for name in list(element.attrib):
        yield from _of_attribute(document, element, name)
    if element.text and element.text.strip():
        yield _text(document, element)
    children = [child for child in element if isinstance(child.tag, str)]
    for child in children:
        yield _remove(document, child)
        yield _double(document, child)
    if depth < DEPTH:
        for child in children:
            yield from _of_element(document, child, depth + 1)


def _of_attribute(document: Document, element: Any, name: str) -> Iterator[tuple[Edit, Undo]]:
    value = element.get(name)
    place = f"{document.path_of(element)}/@{name.rpartition('}')[2]}"

    def undo() -> None:
        element.set(name, value)

    del element.attrib[name]
    yield Edit("remove", place), undo
    for other in ("ZZ9", "0", ""):
        element.set(name, other)
        yield Edit("set", place, other), undo


def _text(document: Document, element: Any) -> tuple[Edit, Undo]:
    value = element.text

    def undo() -> None:
        element.text = value

    element.text = "  "
    return Edit("set", document.path_of(element), ""), undo


def _remove(document: Document, element: Any) -> tuple[Edit, Undo]:
    place, parent = document.path_of(element), element.getparent()
    position, tail = parent.index(element), element.tail

    def undo() -> None:
        element.tail = tail
        parent.insert(position, element)

    parent.remove(element)
    return Edit("remove", place), undo


def _double(document: Document, element: Any) -> tuple[Edit, Undo]:
    place, parent = document.path_of(element), element.getparent()
    twin = etree.fromstring(etree.tostring(element, with_tail=False))
    element.addnext(twin)
    return Edit("repeat", place), lambda: parent.remove(twin)
